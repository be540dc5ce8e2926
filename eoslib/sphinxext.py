"""What the book's build needs to know about eoslib; nothing else imports this module.

- the directives {eos-lab}, {eos-quadratic}, … put a live widget on a page written in MyST Markdown;
- images from notebooks carry the alternative text given to eos.plots.show, and a missing one is a warning;
- pages with a widget or a quiz, and only those, load its script; every page loads the one that lets the keyboard
  scroll wide formulas, tables and code, and the one that prints in light colours; dead widget state and the unused
  thebe are dropped;
- no line ends inside 2/η, and the words that describe a figure wait for it behind the reader's prediction.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from eoslib.explorables import Landscape2D, Quadratic, SelfStabilisation
from eoslib.lab import Lab
from eoslib.replay import Replay
from eoslib.sketch import Sketch
from eoslib.typeset import hold_together, withhold
from eoslib.widget import STATIC, Key, Widget

__all__ = ["WIDGETS", "Renderer", "WidgetDirective", "setup"]

WIDGETS: tuple[type[Widget], ...] = (Lab, Quadratic, Landscape2D, SelfStabilisation, Sketch, Replay)


def _list_of(kind: type) -> Any:
    return lambda text: [kind(part) for part in text.replace(",", " ").split()]


def _yes_or_no(text: str | None) -> bool:
    return (text or "true").strip().lower() in ("true", "yes")  # a bare `:autoplay:` means yes


def _reader(key: Key) -> Any:
    """How an option is read: by the type of the key's default."""
    kind = key.item if key.default() is None else type(key.default())
    if kind is list:
        return _list_of(key.item)
    return {bool: _yes_or_no, int: int, float: float}.get(kind, directives.unchanged)


class WidgetDirective(SphinxDirective):
    """`{eos-lab}` and its like: a widget on a prose page; the options are the widget's keys."""

    has_content = False
    widget: ClassVar[type[Widget]]

    def run(self) -> list[nodes.Node]:
        """The static twin as raw HTML, or the widget's own error sentence at this line."""
        files = [self.env.relfn2path(file)[1] for file in self.options.get("records", ())]  # as this page names them
        for file in (str(STATIC / f"{self.widget.module}-fallback.svg"), *files):
            self.env.note_dependency(file)
        try:
            text = self.widget.static_html(self.options | ({"records": files} if files else {}))
        except (ValueError, OSError) as error:
            raise self.error(str(error)) from error
        return [nodes.raw("", text, format="html")]


def directive_of(widget: type[Widget]) -> type[WidgetDirective]:
    """The directive of one widget."""
    options = {key: _reader(getattr(widget, key)) for key in widget.DEFAULTS}
    options |= dict.fromkeys(widget.shorthands, directives.unchanged)
    return type(f"{widget.__name__}Directive", (WidgetDirective,), {"widget": widget, "option_spec": options})


class Renderer(NbElementRenderer):  # type: ignore[misc]  # myst-nb ships without types
    """The default renderer of notebook outputs, with alternative texts."""

    def render_image(self, data: MimeData) -> list[nodes.Element]:
        """An image node whose alt comes from the output's metadata, as eos.plots.show stores it."""
        images: list[nodes.Element] = super().render_image(data)
        alt = data.output_metadata.get(data.mime_type, {}).get("alt") or images[0].get("alt")
        if alt:
            images[0]["alt"] = alt
        else:
            self.logger.warning(
                "this figure has no alternative text; end the cell with eos.plots.show(fig, alt='…')",
                subtype="alt",
                line=data.line,
            )
        return images


def module_script(module: str) -> str:
    """A widget's module as a classic script that holds its source as a string."""
    source = (STATIC / f"{module}.js").read_text(encoding="utf-8")
    return f"(window.eosModules ??= {{}}).{module} = {json.dumps(source, ensure_ascii=False)};\n"


def write_modules(app: Sphinx) -> None:
    """Copy the page's own scripts, and write each widget's module."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / "eos"
    folder.mkdir(parents=True, exist_ok=True)
    for script in ("eos-mount.js", "eos-quiz.js", "eos-scroll.js", "eos-print.js"):
        (folder / script).write_bytes((STATIC / script).read_bytes())
    for widget in WIDGETS:
        (folder / f"{widget.module}.js").write_text(module_script(widget.module), encoding="utf-8")


def choose_scripts(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Each widget's script where it is; no dead widget state, no thebe (it is never used and names another host)."""
    scripts = context.get("script_files")
    if scripts is not None:
        scripts[:] = [script for script in scripts if not _unwanted(script)]
    context["body"] = withhold(hold_together(_say_what_is_meant(context.get("body", ""))))
    modules = sorted(set(re.findall(r'class="eos-mount" data-eos-module="(\w+)"', context["body"])))
    quiz = ["eos-quiz"] if 'class="eos-quiz"' in context["body"] else []
    for script in [*modules, *(["eos-mount"] if modules else []), *quiz, "eos-scroll", "eos-print"]:
        app.add_js_file(f"eos/{script}.js", defer="defer")


def _say_what_is_meant(body: str) -> str:
    """Without three attributes that tell a screen reader less than the element itself, or something wrong."""
    for attribute in (
        ' aria-label="Toggle hidden content"',  # it hides the summary's own words
        ' role="list"',  # on a bibliography, whose entries then had to be list items
        ' role="doc-biblioentry"',  # deprecated, and not for this element
    ):
        body = body.replace(attribute, "")
    return body


def _unwanted(script: Any) -> bool:
    attributes = getattr(script, "attributes", {})
    text = f"{getattr(script, 'filename', '')} {attributes.get('body', '')}".lower()
    return "thebe" in text or attributes.get("type") == "application/vnd.jupyter.widget-state+json"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register a directive for each widget, and the two hooks."""
    for widget in WIDGETS:
        app.add_directive(f"eos-{widget.__name__.lower()}", directive_of(widget))
    app.connect("builder-inited", write_modules)
    app.connect("html-page-context", choose_scripts, priority=900)  # after those who add the unwanted ones
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}

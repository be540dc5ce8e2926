"""The chapters' figures for slides: slides.py [--run [--format svg|pdf]] [notebook …]; without names, all chapters.

Takes the figures as the notebooks store them (PNG), with their alternative texts as captions, into _build/slides/:
one folder a chapter and index.html, a contact sheet. With --run the chapters run first, in memory: their files in
book/ stay as they are, and every figure comes as SVG or PDF beside its PNG. Widgets are no pictures: show them live.
"""

import argparse
import base64
import copy
import html
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from chapters import CellFailed, execute
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "_build" / "slides"
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg", "application/pdf": "pdf"}  # first = shown
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Figures for slides: The Edge of Stability</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ max-width: 76rem; margin: 2rem auto; padding: 0 1rem }}
section {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1.5rem }}
h2, nav {{ grid-column: 1 / -1 }}
nav a {{ margin-right: 1.2em; white-space: nowrap }}
h2 {{ margin: 2rem 0 0 }}
figure {{ margin: 0 }}
img {{ width: 100%; height: auto; background: #fff; border-radius: 4px }}
figcaption {{ font-size: .875rem }}
figcaption b {{ display: block }}
</style>
<h1>Figures for slides</h1>
<p>From <i>The Edge of Stability, a live book</i>. Figures and captions: CC BY 4.0; say where they come from and what
you changed. The captions are the figures’ alternative texts: put them into your slides as such.</p>
<nav>{contents}</nav>
{sections}
</html>
"""


def heading_after(cell: NotebookNode, heading: str) -> str:
    """The heading that holds after a cell: its own last one, or the one before."""
    found = HEADING.findall(FENCE.sub("", cell.source)) if cell.cell_type == "markdown" else []
    return found[-1] if found else heading


def figures(notebook: NotebookNode) -> Iterator[tuple[str, str, dict[str, bytes]]]:
    """For every output with a picture: the heading above it, its alternative text, and the bytes by file ending."""
    heading = ""
    for cell in notebook.cells:
        heading = heading_after(cell, heading)
        for output in cell.get("outputs", []):
            stored = output.get("data", {})
            data = {ending: as_bytes(mime, stored[mime]) for mime, ending in ENDINGS.items() if mime in stored}
            if data:
                yield heading, alternative(output), data


def as_bytes(mime: str, text: str) -> bytes:
    return text.encode() if mime == "image/svg+xml" else base64.b64decode(text)


def alternative(output: NotebookNode) -> str:
    """eos.plots.show stores it under image/png, also when the picture came in another format."""
    alts = (entry.get("alt", "") for entry in output.get("metadata", {}).values() if isinstance(entry, dict))
    return next(filter(None, alts), "")


def extract(notebook: NotebookNode, name: str, out: Path) -> int:
    """Write a chapter's figures, numbered, and captions.json into a folder; what an earlier call left there goes."""
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{name}-[0-9][0-9].*"):
        old.unlink()
    titles = HEADING.findall(notebook.cells[0].source) if notebook.cells else []
    entries: list[dict[str, Any]] = []
    for number, (heading, alt, data) in enumerate(figures(notebook), start=1):
        files = {ending: f"{name}-{number:02d}.{ending}" for ending in data}
        for ending, file in files.items():
            (folder / file).write_bytes(data[ending])
        entries.append({"heading": heading, "alt": alt, "files": files})
    text = json.dumps({"title": titles[0] if titles else name, "figures": entries}, indent=1, ensure_ascii=False)
    (folder / "captions.json").write_text(text + "\n", encoding="utf-8")
    return len(entries)


def plain(text: str) -> str:
    """A heading without its Markdown, for HTML."""
    return html.escape(re.sub(r"\$|\*\*|`", "", text).replace(r"\eta", "η").replace(r"\lambda", "λ"))


def card(folder: str, entry: dict[str, Any]) -> str:
    links = " · ".join(f'<a href="{folder}/{file}">{file}</a>' for file in entry["files"].values())
    seen = next((file for ending, file in entry["files"].items() if ending != "pdf"), None)
    alt = html.escape(entry["alt"])
    picture = f'<img src="{folder}/{seen}" alt="{alt}" loading="lazy">' if seen else ""
    return f"<figure>{picture}<figcaption><b>{plain(entry['heading'])}</b>{alt}<br>{links}</figcaption></figure>"


def write_index(out: Path, order: list[str]) -> Path:
    """One contact sheet of all that lies in the folder, in the order of the book."""
    stored = {path.parent.name: json.loads(path.read_text("utf-8")) for path in out.glob("*/captions.json")}
    names = [name for name in order if name in stored] + sorted(set(stored) - set(order))
    names = [name for name in names if stored[name]["figures"]]
    sections = "\n".join(
        f'<section id="{name}"><h2>{plain(stored[name]["title"])}</h2>'
        + "\n".join(card(name, entry) for entry in stored[name]["figures"]) + "</section>"
        for name in names
    )  # fmt: skip
    contents = "\n".join(f'<a href="#{name}">{name}</a>' for name in names)
    index = out / "index.html"
    index.write_text(PAGE.format(contents=contents, sections=sections), encoding="utf-8")
    return index


def run(notebook: NotebookNode, folder: Path, ending: str) -> NotebookNode:
    """The notebook with fresh outputs, its figures as PNG and in the format asked for. The argument stays as it is."""
    copied = copy.deepcopy(notebook)
    first = next((cell for cell in copied.cells if cell.cell_type == "code"), None)
    if first:  # not a cell of its own: an error is to name the chapter's own cell
        first.source = f"%config InlineBackend.figure_formats = {sorted({'png', ending})}\n{first.source}"
    return execute(copied, folder)


def book_order() -> list[str]:
    """The chapters' names as book/_toc.yml lists them."""
    return re.findall(r"file: *(\S+)", (ROOT / "book" / "_toc.yml").read_text("utf-8"))


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="slides.py", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="notebook")
    parser.add_argument("--run", action="store_true", help="run the chapters instead of taking their stored figures")
    parser.add_argument("--format", choices=["png", "svg", "pdf"], default="png", help="with --run: beside PNG")
    parser.add_argument("--out", type=Path, default=OUT, help="the folder to write into (default: _build/slides)")
    options = parser.parse_args(arguments)
    if options.format != "png" and not options.run:
        parser.error(f"the notebooks store PNG; --format {options.format} has to draw them again: add --run.")
    order = book_order()
    options.notebooks = options.notebooks or [
        path for name in order if (path := ROOT / "book" / f"{name}.ipynb").is_file()
    ]
    missing = [str(path) for path in options.notebooks if not path.is_file()]
    if missing:
        parser.error(f"no such notebook: {', '.join(missing)}")
    return options


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    os.environ["OMP_NUM_THREADS"] = os.environ["TQDM_DISABLE"] = "1"  # as scripts/chapters.py runs them
    os.environ.pop("MPLBACKEND", None)  # the kernel's own inline backend
    failed = 0
    for path in options.notebooks:
        notebook = nbformat.read(path, as_version=4)
        try:
            shown = run(notebook, path.resolve().parent, options.format) if options.run else notebook
        except CellFailed as error:
            print(f"{path.stem}: FAILED, its figures were not written. {error}", file=sys.stderr)
            failed += 1
            continue
        print(f"{path.stem}: {extract(shown, path.stem, options.out)} figures", flush=True)
    print(f"Contact sheet: {write_index(options.out, book_order())}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The built pages, read as files: nothing from elsewhere, every image described, every link leads somewhere."""

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from eoslib.sphinxext import WIDGETS
from eoslib.typeset import hold_together

# what makes a browser fetch: a link in the text does not
FETCHES = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src", "embed": "src",
    "object": "data", "link": "href", "image": "href", "use": "href",
}  # fmt: skip
QUIET_RELS = {"canonical", "author", "license", "index", "search", "next", "prev", "copyright", "about"}


@pytest.fixture(scope="module")
def soups(html: Path) -> dict[Path, BeautifulSoup]:
    return {path: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in sorted(html.glob("*.html"))}


def test_every_page_of_the_contents_is_built(html: Path, pages: list[str]) -> None:
    assert [page for page in pages if not (html / f"{page}.html").is_file()] == []


def test_pages_fetch_nothing_from_another_origin(soups: dict[Path, BeautifulSoup]) -> None:
    outside = []
    for path, soup in soups.items():
        for tag, attribute in FETCHES.items():
            for element in soup.find_all(tag):
                if tag == "link" and set(element.get("rel", [])) & QUIET_RELS:
                    continue
                address = urlsplit(str(element.get(attribute, "")))
                if address.netloc or address.scheme not in ("", "data"):
                    outside.append(f"{path.name}: {element}")
        inline = " ".join(str(element) for element in soup.find_all(["script", "style"]) if not element.get("src"))
        outside += re.findall(r"""(?:url\(|import)\s*["'(]?https?:.{40}""", inline)
    assert outside == []


def test_stylesheets_fetch_nothing_from_another_origin(html: Path) -> None:
    pattern = re.compile(r"""(?:url\(|@import)\s*["'(]?\s*(?:https?:)?//[^"')]*""")
    outside = {css.name: pattern.findall(css.read_text("utf-8")) for css in html.rglob("*.css")}
    assert {name: found for name, found in outside.items() if found} == {}


def test_every_image_has_alternative_text(soups: dict[Path, BeautifulSoup]) -> None:
    bare = [f"{path.name}: {img}" for path, soup in soups.items() for img in soup.find_all("img") if not img.get("alt")]
    assert bare == []


def test_inline_figures_are_named_or_hidden(soups: dict[Path, BeautifulSoup]) -> None:
    bare = []
    for path, soup in soups.items():
        for svg in soup.select("article svg"):
            named = svg.get("aria-label") or svg.get("aria-labelledby") or svg.find("title")
            if not named and svg.get("aria-hidden") != "true":
                bare.append(f"{path.name}: {str(svg)[:120]}")
    assert bare == []


def test_every_internal_link_resolves(soups: dict[Path, BeautifulSoup], html: Path) -> None:
    anchors = {path: {str(element["id"]) for element in soup.find_all(id=True)} for path, soup in soups.items()}
    broken = []
    for path, soup in soups.items():
        for link in soup.find_all("a", href=True):
            parts = urlsplit(str(link["href"]))
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = anchors.get(target)
            # a fragment with "=" is the state of a widget, not a place on the page
            lost = known is not None and parts.fragment and "=" not in parts.fragment and parts.fragment not in known
            if not target.exists() or lost:
                broken.append(f"{path.name}: {link['href']}")
    assert broken == []


def test_only_pages_with_a_widget_load_its_scripts(soups: dict[Path, BeautifulSoup]) -> None:
    for path, soup in soups.items():
        scripts = {str(script["src"]).split("?")[0].split("/")[-1] for script in soup.find_all("script", src=True)}
        mounted = {f"{mount['data-eos-module']}.js" for mount in soup.select(".eos-mount")}
        own = {f"{widget.module}.js" for widget in WIDGETS} | {"eos-mount.js"}
        assert scripts & own == mounted | ({"eos-mount.js"} if mounted else set()), path.name
        assert ("eos-quiz.js" in scripts) == bool(soup.select(".eos-quiz")), path.name
        assert "eos-scroll.js" in scripts, path.name
        assert not any("thebe" in script for script in scripts), path.name


def test_every_question_has_one_right_option_and_each_option_a_reason(soups: dict[Path, BeautifulSoup]) -> None:
    asked = 0
    for path, soup in soups.items():
        for block in soup.select(".eos-quiz, .eos-predict"):
            questions: list[list[int]] = []
            for child in block.find_all(True, recursive=False):
                option = "eos-option" in child.get("class", [])
                if option and not (questions and questions[-1]):
                    questions.append([])
                if option:
                    assert child.find("p"), f"{path.name}: {child.summary} has no explanation"
                    questions[-1].append("eos-right" in child["class"])
                elif questions and questions[-1]:
                    questions.append([])
            for options in filter(None, questions):
                asked += 1
                assert (sum(options), len(options) >= 2) == (1, True), f"{path.name}: {block.get_text()[:80]}"
    assert asked >= 9


def test_folded_cells_are_named_by_their_own_words(soups: dict[Path, BeautifulSoup]) -> None:
    labelled = {path.name: soup.select("summary[aria-label]") for path, soup in soups.items()}
    assert {name: found for name, found in labelled.items() if found} == {}


def test_every_page_has_one_heading_and_a_language(soups: dict[Path, BeautifulSoup], pages: list[str]) -> None:
    for path, soup in soups.items():
        if path.stem in pages:
            assert soup.html["lang"], path.name
            assert len(soup.select("article h1")) == 1, path.name  # outside, the theme repeats it for print


@pytest.mark.parametrize("module", [widget.module for widget in WIDGETS])
def test_the_page_carries_the_module_that_the_notebook_uses(html: Path, root: Path, node: str, module: str) -> None:
    script = f"global.window = {{}}; require(process.argv[1]); process.stdout.write(window.eosModules.{module})"
    command = [node, "-e", script, str(html / "_static" / "eos" / f"{module}.js")]
    carried = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    assert carried == (root / "eoslib" / "static" / f"{module}.js").read_bytes()


def test_a_figure_without_alternative_text_fails_the_build(tmp_path: Path, root: Path) -> None:
    image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    output = {"output_type": "display_data", "data": {"image/png": image}, "metadata": {}}
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Title"},
        {"cell_type": "code", "id": "b", "metadata": {}, "source": "1", "execution_count": 1, "outputs": [output]},
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    book = tmp_path / "book"
    shutil.copytree(root / "book" / "_static", book / "_static")
    (tmp_path / "_config.yml").write_text((root / "_config.yml").read_text().replace("[_vendor]", "[]"))
    (book / "_toc.yml").write_text("format: jb-book\nroot: only\n")
    (book / "references.bib").touch()
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "book", "-W", "--keep-going"]

    (book / "only.ipynb").write_text(json.dumps(notebook))
    bare = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert bare.returncode != 0
    assert "no alternative text" in bare.stderr + bare.stdout

    output["metadata"] = {"image/png": {"alt": "One grey point."}}
    (book / "only.ipynb").write_text(json.dumps(notebook))
    described = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert described.returncode == 0, described.stderr
    assert 'alt="One grey point."' in (tmp_path / "_build" / "html" / "only.html").read_text()


def test_no_line_ends_inside_what_belongs_together() -> None:
    page = (
        '<h2 id="2/η">Above 2/η</h2>'
        '<p>At η = 0.2, 15 % above (<span class="math notranslate">\\(S = 1\\)</span>). Up/down.</p>'
        "<details><summary>The run at η = 0.2 passes 2/η</summary></details><pre>2/η = 10</pre>"
    )
    assert hold_together(page) == (
        '<h2 id="2/η">Above <span class="eos-together">2/η</span></h2>'
        '<p>At <span class="eos-together">η = 0.2</span>, <span class="eos-together">15 %</span> above '
        '<span class="eos-together">(<span class="math notranslate">\\(S = 1\\)</span>).</span> Up/down.</p>'
        "<details><summary>The run at η\xa0=\xa00.2 passes 2/\u2060η</summary></details><pre>2/η = 10</pre>"
    )


def test_the_words_of_a_folded_figure_wait_for_it(soups: dict[Path, BeautifulSoup]) -> None:
    cells = [cell for soup in soups.values() for cell in soup.select("div.cell.tag_hide-output")]
    told = [cell for cell in cells if "alt=" in cell.select_one("div.cell_input").text]
    assert len(told) > 30
    for cell in told:
        words = [img["alt"] for img in cell.select(".cell_output img")]
        later = cell.select(".eos-later > span")
        assert len(later) == len(words) > 0
        for alt, span in zip(words, later, strict=True):
            assert "".join(ast.literal_eval(line) for line in [f"({span.text})"]) == alt

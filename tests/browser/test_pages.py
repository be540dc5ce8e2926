"""Every page in a real browser, wide and narrow, light and dark: nothing from outside, no error, no sideways scroll."""

from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page

from tests.browser.conftest import Desk

TOC = yaml.safe_load((Path(__file__).resolve().parents[2] / "book" / "_toc.yml").read_text())
PAGES = [TOC["root"], *(entry["file"] for entry in TOC["chapters"])]

TOO_WIDE = """() => [...document.querySelectorAll("article *")].filter((element) => {
  const box = element.getBoundingClientRect();
  if (box.width === 0 || box.right <= innerWidth + 1 || element.closest("mjx-assistive-mml, .sr-only")) return false;
  for (let up = element.parentElement; up; up = up.parentElement) {
    if (getComputedStyle(up).overflowX !== "visible") return false;  // it scrolls, or is cut, inside its own box
  }
  return true;
}).slice(0, 3).map((element) => element.outerHTML.slice(0, 160))"""


def settle(page: Page) -> None:
    """Wait for the formulas to be typeset and the widgets to stand."""
    page.wait_for_load_state("load")
    page.evaluate("() => window.MathJax?.startup?.promise")
    page.wait_for_function("() => [...document.querySelectorAll('.eos-mount')].every((el) => el.dataset.eosReady)")
    page.wait_for_timeout(250)  # late errors and requests


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", [*PAGES, "search", "genindex"])
def test_page_is_whole(desk: Desk, site: str, name: str, width: int, scheme: str) -> None:
    page, log = desk.open(f"{site}/{name}.html", width=width, height=800, scheme=scheme)
    settle(page)
    page.evaluate("() => document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.evaluate(TOO_WIDE)
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate("[...document.images].filter((i) => i.complete && !i.naturalWidth).map((i) => i.src)") == []
    assert page.locator("mjx-merror").count() == 0
    assert log.outside == []
    assert log.errors == []


@pytest.mark.parametrize("name", PAGES)
def test_page_works_as_a_file(desk: Desk, html: Path, name: str) -> None:
    page, log = desk.open((html / f"{name}.html").as_uri())
    settle(page)
    assert page.locator("mjx-merror").count() == 0
    assert log.outside == []
    assert log.errors == []


def test_the_home_page_shows_the_widget_above_the_fold(desk: Desk, site: str) -> None:
    page, _ = desk.open(f"{site}/index.html", width=1280, height=800)
    settle(page)
    box = page.locator(".eos-mount").first.bounding_box()
    assert box is not None
    assert box["y"] < 320
    chart = page.locator(".eos-mount canvas").last.bounding_box()
    assert chart is not None
    assert chart["y"] + chart["height"] <= 800


def test_search_finds_a_page_without_a_server(desk: Desk, html: Path) -> None:
    page, log = desk.open((html / "search.html").as_uri() + "?q=sharpness")
    page.wait_for_selector("#search-results li a")  # without excerpts: a file may not fetch another
    assert log.outside == []


def test_a_page_is_printed_in_its_light_colours(desk: Desk, site: str) -> None:
    page, _ = desk.open(f"{site}/drop.html", width=1280, height=800, scheme="dark")
    settle(page)
    for media, theme in (("print", "light"), ("screen", "dark")):
        page.emulate_media(media=media)  # type: ignore[arg-type]
        page.wait_for_function(f"document.documentElement.dataset.theme === '{theme}'", timeout=20_000)
        assert page.evaluate("document.documentElement.dataset.theme") == theme


def test_the_words_of_a_figure_come_with_the_result(desk: Desk, site: str) -> None:
    page, _ = desk.open(f"{site}/edge.html", width=1280, height=800)
    settle(page)
    cell = page.locator("div.cell.tag_hide-output").first
    words = cell.locator(".eos-later > span")
    assert not words.is_visible() and "alt=(" in cell.locator("pre").first.inner_text()
    cell.locator("details.hide > summary").click()
    assert words.is_visible() and words.inner_text().startswith('"')


def test_a_formula_a_little_too_wide_is_set_smaller(desk: Desk, site: str) -> None:
    page, _ = desk.open(f"{site}/edge.html", width=390, height=800)
    settle(page)
    sizes = page.evaluate("[...document.querySelectorAll('mjx-math')].map((m) => Number(m.style.zoom || 1))")
    assert min(sizes) < 1 and min(sizes) >= 0.8
    wide = "(b) => b.scrollWidth > b.clientWidth"
    assert page.evaluate(f"[...document.querySelectorAll('article mjx-container[display]')].filter({wide}).length") == 0

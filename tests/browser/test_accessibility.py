"""axe-core on every page of the book and on every widget, light and dark, wide and narrow: no violation of its rules.

A page is loaded once and looked at four times. All rules run once at each width and once in each theme: wide and light,
narrow and dark. In the other two combinations only those run that look at colours: the theme changes nothing else, and
a page of code takes axe many seconds.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from eoslib.sphinxext import WIDGETS, module_script
from eoslib.widget import STATIC, Widget
from tests.browser.conftest import Desk
from tests.browser.test_pages import PAGES, settle

OPENED = "() => document.querySelectorAll('details').forEach((details) => { details.open = true; })"
AXE = """async ([theme, rules]) => {
  document.documentElement.dataset.theme = theme;
  await new Promise((done) => setTimeout(done, 500));  // the theme looks 300 ms after a change of width at what scrolls
  const all = { rules: { "target-size": { enabled: true } } };
  const options = rules.length ? { runOnly: { type: "rule", values: rules } } : all;
  return axe.run(document, { resultTypes: ["violations"], ...options });
}"""
Look = tuple[int, str, list[str]]  # width, theme, the rules to run; none: all
COLOURS = ["color-contrast", "link-in-text-block"]
PAGE: list[Look] = [(1280, "light", []), (1280, "dark", COLOURS), (390, "dark", []), (390, "light", COLOURS)]
PHONE: list[Look] = [(390, "light", []), (390, "dark", [])]
RECORD = Path(__file__).resolve().parents[2] / "book" / "records" / "paper" / "fc-tanh-mse-0.02.json"
STATES: dict[str, Any] = {
    "Lab": {"preset": "adam"},
    "Replay": {"records": [json.loads(RECORD.read_text("utf-8"))]},
    "Sketch": {"y": [1.0, 2.0, 3.0], "level": 2.0},
}
NAMES = ("Formula", "Table")
BOXES = "mjx-container[display=true], .pst-scrollable-table-container"
MARKED = """(boxes) => {
  const all = [...document.querySelectorAll(boxes)], scrolls = (box) => box.scrollWidth > box.clientWidth;
  return all.some(scrolls) && all.every((box) => scrolls(box) === (box.tabIndex === 0 && box.role === "group"));
}"""
Check = Callable[[Page, list[Look]], dict[str, list[str]]]


@pytest.fixture(scope="module")
def violations(axe: Path) -> Check:
    """What axe finds on a page with everything unfolded: each rule with the elements that break it."""
    source = axe.read_text("utf-8")

    def check(page: Page, looks: list[Look]) -> dict[str, list[str]]:
        page.evaluate(OPENED)
        page.add_style_tag(content="* { transition: none !important; animation: none !important; }")
        page.evaluate(source)
        found: dict[str, list[str]] = {}
        for width, theme, rules in looks:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=theme)
            result: dict[str, Any] = page.evaluate(AXE, [theme, rules])
            seen = {rule["id"] for rule in result["passes"] + result["violations"]}
            assert "color-contrast" in seen, "axe saw no text"
            assert len(seen) > 10 or rules, "axe looked at next to nothing"
            for broken in result["violations"]:
                found[f"{width} px, {theme}: {broken['help']}"] = [node["html"][:200] for node in broken["nodes"]]
        return found

    return check


@pytest.mark.parametrize("name", [*PAGES, "search", "genindex"])
def test_page_is_accessible(desk: Desk, site: str, violations: Check, name: str) -> None:
    page, _ = desk.open(f"{site}/{name}.html")
    settle(page)
    assert violations(page, PAGE) == {}


def test_what_scrolls_is_a_tab_stop_with_a_name_only_while_it_scrolls(desk: Desk, site: str) -> None:
    page, _ = desk.open(f"{site}/measuring.html", width=390)
    settle(page)
    page.evaluate(OPENED)
    page.wait_for_function(MARKED, arg=BOXES)
    named = page.locator(BOXES).and_(page.locator("[tabindex='0'][role=group]"))
    assert {box.get_attribute("aria-label") for box in named.all()} == {f"{w}, scrolls sideways" for w in NAMES}
    named.first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_function("boxes => !document.querySelector(`:is(${boxes})[role=group]`)", arg=BOXES)


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget.__name__)
def test_widget_is_accessible_on_a_phone(desk: Desk, violations: Check, tmp_path: Path, widget: type[Widget]) -> None:
    file = tmp_path / "page.html"
    scripts = [module_script(widget.module).replace("</", "<\\/"), (STATIC / "eos-mount.js").read_text("utf-8")]
    file.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>x</title><style>[data-theme=dark] body { background: #121212; color: #ccc; }</style>"
        f"<main><h1>x</h1>{widget.static_html(STATES.get(widget.__name__, {}))}</main>"
        + "".join(f"<script>{script}</script>" for script in scripts),
        encoding="utf-8",
    )
    page, _ = desk.open(file.as_uri(), width=390)
    page.wait_for_selector("[data-eos-ready]")
    assert violations(page, PHONE) == {}


def test_the_check_can_fail_at_each_width_and_in_each_theme(desk: Desk, violations: Check, tmp_path: Path) -> None:
    file = tmp_path / "bad.html"
    style = "div { overflow-x: auto; white-space: nowrap } [data-theme=dark] p { color: #777; background: #333 }"
    text = "".join(f"<p>paragraph {n}, too long for a phone and not too long for a screen</p>" for n in range(3))
    file.write_text(
        f'<!doctype html><html lang="en"><title>x</title><style>{style}</style>'
        f'<main><h1>x</h1><div>{text}</div><p>another</p><img src="data:,"></main>'
    )
    page, _ = desk.open(file.as_uri())
    rules: dict[str, set[str]] = {}
    for broken in violations(page, PAGE):
        look, rule = broken.split(": ")
        rules.setdefault(look, set()).add(rule)
    contrast = "Elements must meet minimum color contrast ratio thresholds"
    picture, region = "Images must have alternative text", "Scrollable region must have keyboard access"
    assert rules == {
        "1280 px, light": {picture},
        "1280 px, dark": {contrast},
        "390 px, dark": {contrast, picture, region},
    }

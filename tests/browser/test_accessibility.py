"""axe-core on every page of the book and on every widget, light and dark: no violation of any of its rules."""

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
AXE = """async (theme) => {
  document.documentElement.dataset.theme = theme;
  await new Promise((done) => setTimeout(done, 300));
  return axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } });
}"""
RECORD = Path(__file__).resolve().parents[2] / "book" / "records" / "paper" / "fc-tanh-mse-0.02.json"
STATES: dict[str, Any] = {
    "Lab": {"preset": "adam"},
    "Replay": {"records": [json.loads(RECORD.read_text("utf-8"))]},
    "Sketch": {"y": [1.0, 2.0, 3.0], "level": 2.0},
}
Check = Callable[[Page], dict[str, list[str]]]


@pytest.fixture(scope="module")
def violations(axe: Path) -> Check:
    """What axe finds on a page with everything unfolded, in both themes: each rule with the elements that break it."""
    source = axe.read_text("utf-8")

    def check(page: Page) -> dict[str, list[str]]:
        page.evaluate(OPENED)
        page.add_style_tag(content="* { transition: none !important; animation: none !important; }")
        page.evaluate(source)
        found: dict[str, list[str]] = {}
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            result: dict[str, Any] = page.evaluate(AXE, theme)
            assert len(result["passes"]) > 10, "axe looked at next to nothing"
            for broken in result["violations"]:
                found[f"{theme}: {broken['help']}"] = [node["html"][:200] for node in broken["nodes"]]
        return found

    return check


@pytest.mark.parametrize("name", [*PAGES, "search", "genindex"])
def test_page_is_accessible(desk: Desk, site: str, violations: Check, name: str) -> None:
    page, _ = desk.open(f"{site}/{name}.html")
    settle(page)
    assert violations(page) == {}


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
    assert violations(page) == {}


def test_the_check_can_fail(desk: Desk, violations: Check, tmp_path: Path) -> None:
    file = tmp_path / "bad.html"
    text = "".join(f"<p>{n}</p>" for n in range(3))
    file.write_text(f'<!doctype html><html lang="en"><title>x</title><main><h1>x</h1>{text}<img src="data:,"></main>')
    page, _ = desk.open(file.as_uri())
    assert any("alternative text" in rule for rule in violations(page))

"""The live view against a kernel that is played by the test: what it draws, what it asks for, what it says."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator

from eoslib.widget import STATIC
from tests.browser.conftest import Desk
from tests.browser.test_explorables import INK

STATE = {"lr": 0.1, "lr_range": [0.01, 1.0], "playing": False, "title": ""}
PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8"><title>live</title>
<meta name="viewport" content="width=device-width"><body><div id="here"></div><script type="module">
const values = {state}, listeners = {{}};
const tell = (name, value) => (listeners[name] ?? []).forEach((call) => call(value));
const model = {{
  get: (key) => values[key], save_changes() {{}}, off() {{}},
  set(key, value) {{ values[key] = value; tell(`change:${{key}}`, value); }},
  send(content) {{ window.asked.push(content.ask); }},
  on(name, call) {{ (listeners[name] ??= []).push(call); }},
}};
Object.assign(window, {{ asked: [], values, tell }});
const url = URL.createObjectURL(new Blob([{source}], {{ type: "text/javascript" }}));
(await import(url)).default.render({{ model, el: document.getElementById("here") }});
</script>"""


def rows(first: int, sharpness: list[float], **more: Any) -> dict[str, Any]:
    steps = list(range(first, first + len(sharpness)))
    return {
        "round": 0, "first": first, "stopped": "", "step": steps, "loss": [1 / (1 + step) for step in steps],
        "lr": [0.1] * len(steps), "threshold": [20] * len(steps), "eigenvalues": [[value] for value in sharpness],
    } | more  # fmt: skip


@pytest.fixture
def kernel(desk: Desk, tmp_path: Any) -> Any:
    def open_page(**options: Any) -> Locator:
        source = json.dumps((STATIC / "live.js").read_text("utf-8")).replace("</", "<\\/")
        page_file = tmp_path / "live.html"
        theme = options.get("scheme", "light")
        page_file.write_text(PAGE.format(theme=theme, state=json.dumps(STATE), source=source), encoding="utf-8")
        page, log = desk.open(page_file.as_uri(), **options)
        page.wait_for_selector("[data-eos-ready]")
        assert (log.outside, log.errors) == ([], [])
        return page.locator("#here")

    return open_page


def tell(el: Locator, message: dict[str, Any]) -> None:
    el.page.evaluate("(message) => window.tell('msg:custom', message)", message)


def said(el: Locator, sentence: str) -> None:
    el.page.wait_for_function(
        "([el, text]) => el.querySelector('[role=status]').textContent.includes(text)",
        arg=[el.element_handle(), sentence],
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_what_the_kernel_tells_is_drawn_and_said(kernel: Any, width: int) -> None:
    el = kernel(width=width, scheme="dark" if width == 390 else "light")
    assert el.page.evaluate("document.documentElement.scrollWidth") <= width
    assert el.page.evaluate("window.asked") == ["rows"]  # a view that opens late asks for what it missed
    assert "Press Run" in el.get_by_role("status").inner_text()
    tell(el, rows(0, [10.0, 12.0, 15.0]))
    said(el, "below 2/η")
    tell(el, rows(3, [19.0, 21.0, 20.0, 20.5]))
    said(el, "")
    assert el.evaluate("(el) => el.eos.state().points") == 7
    el.page.wait_for_function(f"(el) => ({INK})(el).every((drawn) => drawn > 800)", arg=el.element_handle())
    tell(el, rows(7, [20.0 + (-1) ** step for step in range(60)]))
    said(el, "the edge of stability")
    assert "Step 66: the loss is 0.0149" in str(el.get_by_role("img").get_attribute("aria-label"))
    el.get_by_text("Show data").click()
    el.locator("tbody tr").nth(1).wait_for()
    assert el.locator("tbody tr").last.inner_text().split() == ["66", "0.100", "0.0149", "19.0", "20.0"]
    tell(el, rows(90, [20.0]))
    assert el.page.evaluate("window.asked") == ["rows", "rows"]  # some were lost
    tell(el, rows(67, [], stopped="diverged: the loss is 1e9 at step 67"))
    said(el, "The run has ended: diverged")
    assert el.get_by_role("button", name="Run").is_disabled()


def test_what_the_reader_does_reaches_the_kernel(kernel: Any) -> None:
    el = kernel()
    page = el.page
    el.get_by_role("button", name="Run").click()
    assert page.evaluate("window.values.playing") is True
    el.get_by_role("button", name="Pause").click()
    assert page.evaluate("window.values.playing") is False
    el.get_by_role("button", name="Step").click()
    el.get_by_role("button", name="Reset").click()
    assert page.evaluate("window.asked") == ["rows", "step", "reset"]
    el.get_by_role("slider", name="step size η").press("ArrowRight")
    turned = page.evaluate("window.values.lr")
    assert 0.1 < turned < 0.11
    box = el.get_by_label("step size η as a number")
    box.fill("0.3")
    box.press("Enter")
    assert page.evaluate("window.values.lr") == 0.3
    box.fill("-1")
    box.press("Enter")
    el.get_by_role("alert").wait_for()
    assert "The step size η cannot be “-1”" in el.get_by_role("alert").inner_text()
    assert page.evaluate("window.values.lr") == 0.3
    page.evaluate("() => { window.values.lr = 0.2; window.tell('change:lr', 0.2); }")  # from Python
    page.wait_for_function("(box) => box.value === '0.2'", arg=box.element_handle())
    assert el.get_by_role("alert").count() == 0

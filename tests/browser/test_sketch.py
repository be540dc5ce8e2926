"""Sketch your prediction: by pointer, by finger and by keyboard; the run stays hidden until the reader commits."""

import json
import math
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from eoslib.sketch import Sketch
from tests.browser.conftest import Desk, Open

# rises to the level at step 500 and stays there
RUN = {"y": [min(step / 25, 20.0) for step in range(0, 1001, 5)], "x": list(range(0, 1001, 5))}
STATE = {**RUN, "given": 100, "level": 20, "y_range": [0, 40], "id": "demo"}

ORANGE = """(el) => {                                     // the share of the axes' width that the run's colour reaches
  const canvas = el.querySelector('canvas'), { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  let right = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] > 190 && data[i + 1] > 60 && data[i + 1] < 130 && data[i + 2] < 60 && data[i + 3] > 200) {
      right = Math.max(right, (i / 4) % width);
    }
  }
  const pad = el.querySelector('.eos-pad');
  return (right / (width / canvas.clientWidth) - pad.offsetLeft) / pad.offsetWidth;
}"""


def state(el: Locator) -> dict[str, Any]:
    return dict(el.evaluate("(el) => el.eos.state()"))


def draw(el: Locator, *points: tuple[float, float]) -> None:
    """One stroke through points given as shares of the axes."""
    box = el.locator(".eos-pad").bounding_box()
    assert box
    at = [(box["x"] + u * box["width"], box["y"] + (1 - v) * box["height"]) for u, v in points]
    el.page.mouse.move(*at[0])
    el.page.mouse.down()
    for point in at[1:]:
        el.page.mouse.move(*point, steps=8)
    el.page.mouse.up()


def commit(el: Locator) -> str:
    el.get_by_role("button", name="Commit").click()
    el.page.wait_for_function("(el) => el.eos.state().done", arg=el.element_handle())
    return el.get_by_role("status").inner_text()


def hidden(el: Locator) -> bool:
    """Is the run nowhere to be seen or read beyond the given part?"""
    label = el.get_by_role("img").get_attribute("aria-label") or ""
    told = "The run is" in label or el.locator("tbody tr").count() > 0 or el.get_by_text("Show data").is_visible()
    return not told and el.evaluate(ORANGE) < 0.11


@pytest.mark.parametrize("width", [1280, 390])
def test_the_run_appears_after_the_commitment_and_not_before(mount: Open, width: int) -> None:
    el = mount(Sketch, STATE, width=width)
    assert el.page.evaluate("document.documentElement.scrollWidth") <= width
    assert hidden(el)
    assert el.get_by_role("button", name="Commit").is_disabled()
    draw(el, (0.11, 0.1), (0.6, 0.4))
    assert el.get_by_role("status").inner_text() == "Draw on to the right edge."
    draw(el, (0.6, 0.4), (1.0, 0.8))
    assert hidden(el)
    el.get_by_role("button", name="Commit").click()
    assert el.get_by_role("status").inner_text() == "Here comes the run."
    el.page.wait_for_function(f"(el) => ({ORANGE})(el) > 0.3", arg=el.element_handle())
    el.page.wait_for_function("(el) => el.eos.state().done", arg=el.element_handle())
    said = el.get_by_role("status").inner_text()
    assert said.startswith("You expected 32 at the end, 1.6 times 2/η; the run ends at 20, which is 2/η.")
    assert "You and the run part at step " in said
    assert el.evaluate(ORANGE) > 0.98
    el.get_by_text("Show data").click()
    el.locator("tbody tr").nth(1).wait_for()
    assert 2 <= el.locator("tbody tr").count() <= 50
    assert el.locator("tbody tr").last.inner_text().split() == ["1,000", "32", "20.0"]


def test_a_stroke_has_one_value_for_each_x_and_leaves_the_given_part_alone(mount: Open) -> None:
    el = mount(Sketch, STATE)
    draw(el, (0.0, 0.9), (0.99, 0.9))
    heights = state(el)["heights"]
    assert all(math.isnan(height) for height in heights[:17])  # the given part
    assert all(abs(height - 0.9) < 0.01 for height in heights[17:])
    draw(el, (0.9, 0.3), (0.5, 0.3))  # backwards, over the first stroke
    heights = state(el)["heights"]
    assert heights[112] == pytest.approx(0.3, abs=0.01)
    assert heights[40] == pytest.approx(0.9, abs=0.01)


def test_by_finger(mount: Open, desk: Desk) -> None:
    url = mount(Sketch, STATE).page.url
    context = desk.browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    desk.contexts.append(context)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("[data-eos-ready]")
    el = page.locator(".eos-mount")
    box = el.locator(".eos-pad").bounding_box()
    assert box
    touch = context.new_cdp_session(page)
    for k in range(18):
        point = {"x": box["x"] + (0.12 + k / 20) * box["width"], "y": box["y"] + 0.5 * box["height"]}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove" if k else "touchStart", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert state(el)["missing"] == ""
    assert page.evaluate("scrollY") == 0
    assert state(el)["heights"][100] == pytest.approx(0.5, abs=0.02)


def test_by_keyboard_alone(mount: Open) -> None:
    el = mount(Sketch, STATE)
    page = el.page
    page.emulate_media(reduced_motion="reduce")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert state(el)["choice"] == "levels off at 2/η"
    assert "Your curve: levels off at 2/η." in (el.get_by_role("img").get_attribute("aria-label") or "")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Commit: show the run"
    page.keyboard.press("Enter")
    assert state(el)["done"]  # at once, where little motion is wanted
    said = el.get_by_role("status").inner_text()
    assert said.startswith("You expected about 20 at the end, and the run ends at 20, which is 2/η.")
    assert page.evaluate("document.activeElement.textContent") == "Draw again"
    page.keyboard.press("Enter")
    assert hidden(el)
    assert state(el)["missing"] == "all"
    assert page.evaluate("document.activeElement.type") == "radio"


def reload(page: Page) -> Locator:
    page.reload()
    page.wait_for_selector("[data-eos-ready]")
    return page.locator(".eos-mount")


def test_the_curve_is_kept_in_this_browser(mount: Open) -> None:
    el = mount(Sketch, STATE)
    draw(el, (0.11, 0.1), (0.99, 0.8))
    el = reload(el.page)
    assert state(el)["missing"] == ""
    assert hidden(el)
    said = commit(el)
    el = reload(el.page)
    assert (state(el)["done"], el.get_by_role("status").inner_text()) == (True, said)
    el.get_by_role("button", name="Draw again").click()
    assert el.page.evaluate("localStorage.length") == 0
    el = reload(el.page)
    assert state(el)["missing"] == "all"
    assert hidden(el)


@pytest.mark.parametrize("kept", ["{", "3", json.dumps({"axes": "", "heights": [2] * 161, "committed": True})])
def test_what_cannot_be_read_is_forgotten(mount: Open, kept: str) -> None:
    el = mount(Sketch, STATE)
    el.page.evaluate("(kept) => localStorage.setItem(`eos-sketch ${location.pathname} demo`, kept)", kept)
    assert state(reload(el.page))["missing"] == "all"


def test_where_storage_is_blocked_everything_else_works(mount: Open) -> None:
    el = mount(Sketch, STATE)
    el.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    el = reload(el.page)
    el.get_by_role("radio", name="rises on").check()
    assert "38 at the end" in commit(el)


def test_a_state_that_makes_no_sense_is_one_sentence(mount: Open) -> None:
    el = mount(Sketch, STATE, raw='{"y": [1, 2], "x": [0]}')
    assert "The axes cannot be drawn." in el.get_by_role("alert").inner_text()

"""The widget in the static page, without a kernel: dragging η mid-run moves the plateau to the new 2/η."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Locator, Page

from tests.browser.conftest import Desk

START = "task=chebyshev-4&hidden=30-20&act=tanh&loss=mse&seed=0&lr=0.2"  # a setting that reaches the edge soon
LATE = 500  # steps that the mean is taken over
Open = Callable[[str], Page]

LATE_MEAN = """(el, late) => {
  const { step, sharpness, threshold } = el.eos.history();
  const last = Array.from(sharpness).slice(-late);
  return { step: step.at(-1), mean: last.reduce((sum, s) => sum + s, 0) / last.length, threshold: threshold.at(-1) };
}"""


@pytest.fixture(params=["http", "file"])
def start(request: pytest.FixtureRequest, desk: Desk, site: str, html: Path) -> Open:
    """Opens the home page with a setting in its address, over http and as a file."""
    home = html / "index.html"
    mount = BeautifulSoup(home.read_text("utf-8"), "html.parser").select(".eos-mount")[0]
    name = json.loads(str(mount["data-eos-state"]))["id"]
    base = f"{site}/index.html" if request.param == "http" else home.as_uri()

    def open_page(setting: str) -> Page:
        page, log = desk.open(f"{base}#{name}:{setting}")
        page.wait_for_selector(".eos-mount[data-eos-ready=true]")
        assert log.errors == []
        return page

    return open_page


def lab(page: Page) -> Locator:
    return page.locator(".eos-mount").first


def slider(page: Page) -> Locator:
    return lab(page).get_by_role("slider", name="step size η", exact=True)


def state(page: Page) -> dict[str, Any]:
    return lab(page).evaluate("(el) => el.eos.state()")


def wait_for_steps(page: Page, count: int) -> None:
    """Until `count` more steps were taken; a run that ended early fails here and not at a time-out."""
    element, goal = lab(page).element_handle(), state(page)["step"] + count
    done = "([el, goal]) => Number(el.dataset.steps) >= goal || el.eos.state().end"
    page.wait_for_function(done, arg=[element, goal])
    assert state(page)["end"] == ""


def assert_at_the_edge(page: Page, *, lr: float) -> None:
    late = lab(page).evaluate(LATE_MEAN, LATE)
    assert late["threshold"] == pytest.approx(2 / lr)
    assert late["mean"] == pytest.approx(2 / lr, rel=0.05)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def run_fast(page: Page) -> None:
    lab(page).get_by_label("speed").select_option(label="as fast as it can")
    if not state(page)["running"]:
        lab(page).get_by_role("button", name="Run").click()


def drag(page: Page, target: Locator, *, notches: int) -> None:
    """Take the thumb with the mouse and pull it to the right, a little at a time."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None
    value, most = (float(target.evaluate(f"(el) => el.{key}")) for key in ("value", "max"))
    thumb = 8  # half its width: its centre runs between the ends less this
    at = [box["x"] + thumb + (box["width"] - 2 * thumb) * (value + k) / most for k in range(notches + 1)]
    page.mouse.move(at[0], box["y"] + box["height"] / 2)
    page.mouse.down()
    for x in at[1:]:
        page.mouse.move(x, box["y"] + box["height"] / 2)
    page.mouse.up()


def test_dragging_mid_run_moves_the_plateau(start: Open) -> None:
    page = start(START)
    run_fast(page)
    wait_for_steps(page, 3000)
    assert_at_the_edge(page, lr=0.2)

    drag(page, slider(page), notches=12)
    lr = state(page)["lr"]
    assert 0.22 < lr < 0.28
    assert state(page)["running"]
    wait_for_steps(page, 2500)
    assert_at_the_edge(page, lr=lr)
    assert re.search(r"mean of last 500 steps: S = \d", lab(page).inner_text())


def test_keyboard_alone_does_the_same(start: Open) -> None:
    page = start(START)
    if state(page)["running"]:  # a page may start its widget by itself
        lab(page).evaluate("(el) => el.eos.set('running', false)")
    for _ in range(100):
        page.keyboard.press("Tab")
        if slider(page).evaluate("(el) => el === document.activeElement"):
            break
    assert slider(page).evaluate("(el) => el === document.activeElement && el.matches(':focus-visible')")
    press(page, "Tab", "Tab", "Space")  # past the number box to Run
    press(page, "Tab", "Tab", "Tab", "End")  # past Step and Reset to the speed: as fast as it can
    wait_for_steps(page, 3000)
    assert_at_the_edge(page, lr=0.2)

    press(page, *["Shift+Tab"] * 5)
    assert slider(page).evaluate("(el) => el === document.activeElement")
    press(page, *["ArrowRight"] * 12)
    lr = state(page)["lr"]
    assert 0.22 < lr < 0.28
    wait_for_steps(page, 2500)
    assert_at_the_edge(page, lr=lr)

    press(page, "Tab", "Tab", "Space")
    assert not state(page)["running"]
    assert "Paused" in lab(page).get_by_role("status").inner_text()


def test_a_run_can_be_paused_before_its_first_point_is_there(start: Open) -> None:
    page = start(START)
    said = lab(page).evaluate("""(el) => {
      el.eos.set("seed", 5);
      el.eos.set("running", true);
      el.eos.set("running", false);
      return el.querySelector("[role=status]").textContent;
    }""")
    assert "Ready at step 0" in said and not state(page)["running"]
    lab(page).get_by_role("button", name="Run").click()
    wait_for_steps(page, 5)


def test_a_setting_is_restored_from_the_address(start: Open, desk: Desk) -> None:
    page = start(START)
    lab(page).get_by_label("activation").select_option("relu")
    lab(page).get_by_label("seed").fill("7")
    lab(page).get_by_label("seed").press("Enter")
    lab(page).get_by_label("step size η as a number").fill("0.15")
    lab(page).get_by_label("step size η as a number").press("Enter")
    chosen = {key: state(page)[key] for key in ("lr", "task", "activation", "hidden", "seed", "loss")}
    assert (chosen["lr"], chosen["activation"], chosen["seed"]) == (0.15, "relu", 7)

    again, _ = desk.open(page.url)
    again.wait_for_selector(".eos-mount[data-eos-ready=true]")
    assert {key: state(again)[key] for key in chosen} == chosen


def test_a_bad_step_size_is_named_and_stops_the_run(start: Open) -> None:
    page = start(START)
    run_fast(page)
    wait_for_steps(page, 10)
    box = lab(page).get_by_label("step size η as a number")
    box.fill("-1")
    box.press("Enter")
    assert "-1" in lab(page).get_by_role("alert").inner_text()
    assert not state(page)["running"]

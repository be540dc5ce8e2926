"""The small widgets on a page opened as a file, under a policy that allows no network, no worker and no kernel."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from eoslib.explorables import Landscape2D, Quadratic, SelfStabilisation
from eoslib.widget import Widget
from tests.browser.conftest import Desk, Open

SMALL = [Quadratic, Landscape2D, SelfStabilisation]

COUNT_SENTENCES = """(el) => {
  window.spoken = [];
  const status = el.querySelector('[role=status]');
  new MutationObserver(() => window.spoken.push(status.textContent))
    .observe(status, { childList: true, characterData: true, subtree: true });
}"""

INK = """(el) => [...el.querySelectorAll('canvas')].map((canvas) =>
  canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 === 3)
    .reduce((sum, alpha) => sum + (alpha > 0), 0))"""


def state(el: Locator) -> dict[str, Any]:
    return dict(el.evaluate("(el) => el.eos.state()"))


def press(page: Page, key: str, times: int = 1) -> None:
    for _ in range(times):
        page.keyboard.press(key)


def fill(el: Locator, name: str, value: str) -> None:
    box = el.get_by_label(f"{name} as a number")
    box.fill(value)
    box.press("Enter")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("widget", SMALL)
def test_a_widget_stands_without_kernel_or_network(mount: Open, widget: type[Widget], width: int) -> None:
    el = mount(widget, width=width, scheme="dark" if width == 390 else "light")
    assert el.page.evaluate("document.documentElement.scrollWidth") <= width
    el.page.wait_for_function(f"(el) => ({INK})(el).every((drawn) => drawn > 800)", arg=el.element_handle())
    assert el.get_by_role("status").inner_text().endswith(".")
    assert el.get_by_role("alert").count() == 0
    labels = el.get_by_role("img").evaluate_all("(all) => all.map((image) => image.ariaLabel)")
    assert [label for label in labels if len(label) < 20] == []
    el.get_by_text("Show data").click()
    el.locator("tbody tr").nth(1).wait_for()
    assert 2 <= el.locator("tbody tr").count() <= 50


@pytest.mark.parametrize("widget", SMALL)
def test_the_whole_widget_is_reached_by_keyboard(mount: Open, widget: type[Widget]) -> None:
    el = mount(widget)
    seen = set()
    for _ in range(40):
        press(el.page, "Tab")
        seen.add(el.page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent"))
    wanted = {"Play", "Step", "Reset", "step size η", "step size η as a number", "Show data", "Copy link"}
    assert wanted <= seen
    assert ("start point" in seen) == (widget is not SelfStabilisation)


def test_nothing_plays_by_itself_where_little_motion_is_wanted(mount: Open) -> None:
    el = mount(SelfStabilisation, {"autoplay": True})
    el.page.wait_for_function("(el) => el.eos.state().playing", arg=el.element_handle())
    el.page.emulate_media(reduced_motion="reduce")
    el.page.reload()
    el.page.wait_for_selector(".eos-mount[data-eos-ready=true]")
    el.page.wait_for_timeout(400)
    assert (state(el)["playing"], state(el)["step"]) == (False, 1000)  # the whole run at once


@pytest.mark.parametrize("widget", SMALL)
def test_play_step_and_reset(mount: Open, widget: type[Widget]) -> None:
    el = mount(widget)
    last = state(el)["last"]
    assert state(el)["step"] == last > 20
    el.get_by_role("button", name="Reset").click()
    assert state(el)["step"] == 0
    el.get_by_role("button", name="Step").click()
    assert state(el)["step"] == 1
    el.get_by_role("button", name="Play").click()
    el.page.wait_for_function("(el) => Number(el.dataset.step) >= 4", arg=el.element_handle())
    el.get_by_role("button", name="Pause").click()
    assert not state(el)["playing"]


def test_quadratic_by_keyboard_through_its_regimes(mount: Open) -> None:
    el = mount(Quadratic)
    assert "Oscillates and converges" in state(el)["status"]
    el.evaluate(COUNT_SENTENCES)
    el.get_by_role("slider", name="step size η", exact=True).focus()
    press(el.page, "ArrowRight", 10)
    assert state(el)["lr"] == 0.2
    assert "Exact period two" in state(el)["status"]
    press(el.page, "ArrowRight", 5)
    assert "Diverges" in state(el)["status"]
    spoken = el.page.evaluate("window.spoken")
    assert [words.split(":")[0] for words in spoken] == ["Exact period two", "Diverges"]  # not at every notch

    el.get_by_role("slider", name="start point").focus()
    press(el.page, "ArrowLeft", 4)
    assert state(el)["w0"] == [0.8, 1.0]
    assert len(el.page.evaluate("window.spoken")) == 2


def test_quadratic_with_momentum_and_two_directions(mount: Open) -> None:
    el = mount(Quadratic, {"curvature": [10, 1], "lr": 0.2})
    assert "keeps jumping" in state(el)["status"]
    el.get_by_role("radio", name="Polyak").check()
    assert state(el)["regime"] == ["swings", "swings"]
    el.get_by_role("button", name="η at edge").click()
    assert state(el)["lr"] == pytest.approx(0.38)
    assert state(el)["regime"][0] == "period two"
    el.get_by_role("radio", name="1-D").check()
    assert "one root is −1" in state(el)["status"]


def test_quadratic_start_follows_the_pointer(mount: Open) -> None:
    el = mount(Quadratic)
    handle = el.get_by_role("slider", name="start point")
    box = handle.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    el.page.mouse.move(x, y)
    el.page.mouse.down()
    el.page.mouse.move(x - 95, y, steps=3)  # a unit of x is about 95 px
    el.page.mouse.up()
    el.page.mouse.move(x, y)  # let go: nothing follows
    assert state(el)["w0"][0] == pytest.approx(0, abs=0.1)


def test_widgets_on_one_page_leave_each_other_alone(mount: Open) -> None:
    el = mount(Quadratic, beside=(Landscape2D, SelfStabilisation, Quadratic))
    assert el.get_by_role("radio", checked=True).count() == 2
    assert el.page.get_by_role("radio", checked=True).count() == 2 + 2 + 2
    fill(el, "step size η", "0.1")
    assert [state(other)["lr"] for other in el.page.locator(".eos-mount").all()] == [0.1, 0.2, 0.05, 0.18]


def test_landscape_start_by_keyboard_and_both_ends(mount: Open) -> None:
    el = mount(Landscape2D)
    before = state(el)
    assert before["sharpness"] == pytest.approx(9.9274, abs=1e-4)
    assert before["flow"] > 10
    el.get_by_role("slider", name="start point").focus()
    press(el.page, "ArrowRight", 2)
    press(el.page, "Shift+ArrowUp")
    after = state(el)
    assert (after["start"][0] > 2.5, after["start"][1] > 0.5) == (True, True)
    assert after["flow"] != before["flow"]
    el.get_by_label("function").select_option("depth-2")
    assert (state(el)["start"], state(el)["lr"]) == ([2.2, 0.2], 0.5)
    fill(el, "step size η", "1.2")
    assert "diverges" in el.get_by_role("status").inner_text()


def test_landscape_diagram_is_made_in_slices(mount: Open) -> None:
    el = mount(Landscape2D, {"plot": "bifurcation", "function": "depth-5"})
    el.page.wait_for_function("(el) => el.eos.state().columns === 180", arg=el.element_handle())
    el.get_by_role("radio", name="sharpness").check()
    assert state(el)["columns"] == 180  # not made again: the start is the same
    assert el.evaluate("(el) => { el.eos.set('w0', [1.8, 0.5]); return el.eos.state().columns; }") == 0
    el.page.wait_for_function("(el) => el.eos.state().columns === 180", arg=el.element_handle())


def test_self_stabilisation_sliders_stop_and_say_why(mount: Open) -> None:
    el = mount(SelfStabilisation)
    fill(el, "step size η", "0.3")
    kept = state(el)["lr"]
    assert 0.1 < kept < 0.2
    assert f"η stops at {kept}" in el.get_by_role("alert").inner_text()
    assert "√(1 + 2αη²)" in el.get_by_role("alert").inner_text()
    assert el.get_by_label("step size η as a number").input_value() == str(kept)
    fill(el, "step size η", "0.05")
    assert el.get_by_role("alert").count() == 0


def test_self_stabilisation_shows_a_measured_run(mount: Open) -> None:
    el = mount(SelfStabilisation, {"measured": [[0.1, -0.2, 0.3], [0.0, 0.5, -0.1]]})
    assert "measured" in el.inner_text()
    assert state(el)["measured"] == [[0.1, -0.2, 0.3], [0, 0.5, -0.1]]


MALFORMED = [
    (Quadratic, "lr=-1", "“-1”"),
    (Quadratic, "lr=abc&a=10", "“abc”"),
    (Quadratic, "a=1_2_3", "“1_2_3”"),
    (Landscape2D, "f=nowhere", "“nowhere”"),
    (Landscape2D, "w0=99_99", "“99_99”"),
    (SelfStabilisation, "lr=0.9&alpha=9", "below zero"),
]


@pytest.mark.parametrize(("widget", "part", "named"), MALFORMED)
def test_a_malformed_link_is_one_sentence_and_the_default_state(
    mount: Open, widget: type[Widget], part: str, named: str
) -> None:
    el = mount(widget, part=f"#{widget.DEFAULTS['id']}:{part}")
    sentence = el.get_by_role("alert").inner_text()
    assert named in sentence
    assert sentence.endswith("The default setting is shown instead.")
    shown = state(el)
    assert {key: shown[key] for key in widget.DEFAULTS} == widget.DEFAULTS


def test_a_malformed_stored_state_is_one_sentence_and_the_default_state(mount: Open) -> None:
    el = mount(Quadratic, raw='{"lr": 0.1, ')
    assert "cannot be read" in el.page.get_by_role("alert").inner_text()
    assert state(el)["lr"] == Quadratic.DEFAULTS["lr"]
    el = mount(Quadratic, raw='{"lr": 1e999, "curvature": [10]}')
    assert "“Infinity”" in el.get_by_role("alert").inner_text()
    assert state(el)["lr"] == Quadratic.DEFAULTS["lr"]


def test_a_setting_is_restored_from_the_address(mount: Open, desk: Desk) -> None:
    el = mount(Quadratic, {"curvature": [10, 1]})
    fill(el, "step size η", "0.123")
    el.get_by_role("radio", name="Nesterov").check()
    el.get_by_role("slider", name="start point").focus()
    press(el.page, "ArrowDown")
    chosen = {key: state(el)[key] for key in ("curvature", "lr", "method", "beta", "w0")}
    assert (chosen["lr"], chosen["method"], chosen["w0"]) == (0.123, "nesterov", [1, 0.95])
    again, _ = desk.open(el.page.url)
    again.wait_for_selector(".eos-mount[data-eos-ready=true]")
    assert {key: state(again.locator(".eos-mount"))[key] for key in chosen} == chosen


def test_a_refused_number_is_named_and_changes_nothing(mount: Open) -> None:
    el = mount(Quadratic)
    fill(el, "step size η", "-1")
    assert "“-1”" in el.get_by_role("alert").inner_text()
    assert state(el)["lr"] == 0.18
    fill(el, "step size η", "0.1")
    assert el.get_by_role("alert").count() == 0
    assert json.dumps(state(el)["errors"]) == "[]"

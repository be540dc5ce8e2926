"""Replay: scrubbing by keyboard, pointer and finger, playing, choosing; events are told once; bad records."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator

import eoslib as eos
from eoslib.replay import Replay
from tests.browser.conftest import Desk, Open
from tests.browser.test_explorables import COUNT_SENTENCES, INK

STEPS = 60


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Digits at three step sizes, with two eigenvalues, densities, the accuracy and a plane."""
    folder = tmp_path_factory.mktemp("records")
    objective = eos.Objective(eos.mlp(64, 8, 10, seed=0), eos.digits(60))
    plane = eos.top_eigenpairs(objective, objective.w0, k=2, tol=1e-2).vectors
    files = []
    for lr in (0.05, 0.2, 0.4):
        densities: dict[int, eos.SpectralDensity] = {}

        def accuracy(now: eos.Visit, densities: dict[int, eos.SpectralDensity] = densities) -> float:
            if now.step % 30 == 0:
                densities[now.step] = eos.spectral_density(objective, now.w, probes=2, steps=10, points=80)
            return objective.accuracy(now.w)

        run = eos.descend(
            objective, eos.GradientDescent(lr=lr), steps=STEPS, k=2, progress=False,
            measures={"accuracy": accuracy, "plane": lambda now: plane.T @ (now.w - objective.w0)},
        )  # fmt: skip
        files.append(str(eos.save_record(run, folder / f"digits_{lr}", title=f"Digits, {lr}", densities=densities)))
    return files


@pytest.fixture(scope="module")
def rising(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run that crosses at step 30, made up, so that the test knows where it does."""
    path = tmp_path_factory.mktemp("rising") / "a.json"
    bowl = eos.quadratic([1.0])
    run = eos.descend(bowl, eos.GradientDescent(lr=0.1), steps=STEPS, progress=False)
    content = json.loads(eos.save_record(run, path, title="made up").read_text("utf-8"))
    content["eigenvalues"] = [[20.5 * step / 30] for step in range(STEPS + 1)]
    path.write_text(json.dumps(content))
    return str(path)


def state(el: Locator) -> dict[str, Any]:
    return dict(el.evaluate("(el) => el.eos.state()"))


@pytest.mark.parametrize("width", [1280, 390])
def test_it_stands_without_kernel_or_network(mount: Open, records: list[str], width: int) -> None:
    el = mount(Replay, {"records": records}, width=width, scheme="dark" if width == 390 else "light")
    assert el.page.evaluate("document.documentElement.scrollWidth") <= width
    el.page.wait_for_function(f"(el) => ({INK})(el).every((drawn) => drawn > 800)", arg=el.element_handle())
    assert el.get_by_role("alert").count() == 0
    assert el.get_by_role("status").inner_text().startswith(f"The run ends at step {STEPS}.")
    labels = el.get_by_role("img").evaluate_all("(all) => all.map((image) => image.ariaLabel)")
    assert len(labels) == 3
    assert "; dashed, 2/η" in labels[1]
    assert [label for label in labels if len(label) < 20] == []
    run = eos.load_record(records[0])
    assert state(el)["moment"].startswith(f"Step {STEPS}: the loss is {run.loss[-1]:.3g}"[:32])
    el.get_by_text("Show data").click()
    el.locator("tbody tr").nth(1).wait_for()
    assert el.locator("tbody tr").count() == 50
    assert el.locator("thead th").all_inner_texts() == ["step", "loss", "sharpness", "2/η", "eigenvalue 2"]
    first = el.locator("tbody tr").first.inner_text().split()
    assert [float(word) for word in first] == pytest.approx(
        [0, run.loss[0], run.sharpness[0], run.threshold, run.eigenvalues[0, 1]], rel=6e-3
    )


def test_by_keyboard(mount: Open, records: list[str]) -> None:
    el = mount(Replay, {"records": records})
    page, slider = el.page, el.get_by_role("slider", name="moment of the run")
    slider.focus()
    seen = []
    for key in ("Home", "ArrowRight", "ArrowUp", "PageUp", "PageDown", "ArrowLeft", "End"):
        page.keyboard.press(key)
        seen.append(state(el)["at"])
    assert seen[:3] == [0, 1, 2]
    assert seen[3] > 4
    assert seen[4:] == [2, 1, STEPS]
    assert str(slider.get_attribute("aria-valuetext")).startswith(f"Step {STEPS}: the loss is ")
    slider.press("Home")
    page.keyboard.press("Shift+Tab")  # back over Start and Step to Play
    assert page.evaluate("document.activeElement.textContent") == "Start"
    el.get_by_role("radio", name="η = 0.2").focus()
    page.keyboard.press("ArrowRight")
    assert (state(el)["run"], state(el)["at"]) == (2, 0)


def test_dragging_over_the_picture_moves_the_moment(mount: Open, records: list[str]) -> None:
    el = mount(Replay, {"records": records})
    board = el.locator(".eos-main")
    box = board.bounding_box()
    assert box
    left, right = box["x"] + 48, box["x"] + box["width"] - 54
    before = board.locator("canvas").screenshot()
    el.page.mouse.move(left + 0.25 * (right - left), box["y"] + 60)
    el.page.mouse.down()
    assert state(el)["at"] == STEPS / 4
    el.page.mouse.move(left + 0.5 * (right - left), box["y"] + 200, steps=4)
    el.page.mouse.up()
    el.page.mouse.move(left, box["y"] + 200)
    assert state(el)["at"] == STEPS / 2
    assert "at step 30:" in str(el.get_by_role("img").nth(1).get_attribute("aria-label"))
    assert board.locator("canvas").screenshot() != before


def test_by_finger(mount: Open, desk: Desk, records: list[str]) -> None:
    url = mount(Replay, {"records": records}).page.url
    context = desk.browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    desk.contexts.append(context)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("[data-eos-ready]")
    el = page.locator(".eos-mount")
    box = el.locator(".eos-main").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + 40 + 0.5 * (box["width"] - 94), box["y"] + 60)
    assert state(el)["at"] == pytest.approx(STEPS / 2, abs=1)


def test_a_choice_shows_the_other_run_at_the_same_step(mount: Open, records: list[str]) -> None:
    el = mount(Replay, {"records": records, "step": 17, "run": 1})
    assert (state(el)["at"], state(el)["run"]) == (17, 1)
    el.get_by_role("radio", name="η = 0.4").check(force=True)
    assert state(el)["at"] == 17
    run = eos.load_record(records[2])
    assert state(el)["moment"].startswith("Step 17: the loss is ")
    assert "2/η = 5.00" in state(el)["moment"]
    assert el.get_by_text("Digits, 0.4").is_visible()
    assert run.threshold == 5
    el.get_by_label("show this measure").select_option("plane")
    assert "in the plane of its first two components" in str(el.get_by_role("img").nth(2).get_attribute("aria-label"))


def test_playing_tells_the_crossing_and_the_end_and_nothing_else(mount: Open, rising: str) -> None:
    el = mount(Replay, {"records": [rising], "step": 0})
    assert el.get_by_role("status").inner_text() == "The sharpness has not been above 2/η yet."
    el.evaluate(COUNT_SENTENCES)
    el.get_by_role("button", name="Play").click()
    el.page.wait_for_function(f"(el) => el.eos.state().at === {STEPS}", arg=el.element_handle())
    assert el.page.evaluate("window.spoken") == [
        "The sharpness first rose above 2/η at step 30.",
        f"The run ends at step {STEPS}. The sharpness first rose above 2/η at step 30.",
    ]
    assert el.get_by_role("button", name="Play").is_visible()  # it stands still again
    el.get_by_role("button", name="To the start").click()
    assert state(el)["at"] == 0


def test_where_little_motion_is_wanted_it_moves_a_few_times_a_second(mount: Open, rising: str) -> None:
    el = mount(Replay, {"records": [rising], "step": 0, "autoplay": True})
    el.get_by_role("button", name="Start").click()
    el.page.emulate_media(reduced_motion="reduce")
    el.evaluate("""(el) => { window.moves = []; new MutationObserver(() => window.moves.push(performance.now()))
        .observe(el, { attributes: true, attributeFilter: ['data-step'] }); }""")
    el.get_by_role("button", name="Play").click()
    el.page.wait_for_function("() => window.moves.length > 5")
    gaps = el.page.evaluate("window.moves.slice(2).map((time, i) => time - window.moves[i + 1])")
    assert min(gaps) > 200


def test_a_link_leads_to_the_moment(mount: Open, records: list[str]) -> None:
    el = mount(Replay, {"records": records}, part="#replay:run=1&step=23")
    assert (state(el)["run"], state(el)["at"]) == (1, 23)
    el.get_by_role("slider", name="moment of the run").press("ArrowRight")
    el.get_by_role("button", name="Copy link").click()
    assert el.page.evaluate("location.hash") == "#replay:run=1&step=24"


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"records": []}, "There is no record to replay. Give at least one, made with eos.save_record."),
        ({"records": [{"rows": []}]}, "This is no recorded run: its format is “undefined”"),
        ({"records": [{"format": "eoslib-record-1", "title": "η", "step": [0]}]}, "The record “η” is damaged: loss"),
    ],
)
def test_a_bad_record_is_one_sentence(mount: Open, records: list[str], raw: dict[str, Any], sentence: str) -> None:
    el = mount(Replay, {"records": records}, raw=json.dumps(raw))
    assert el.get_by_role("alert").inner_text().startswith(sentence)
    assert el.get_by_role("img").count() == 0


def test_a_run_that_is_not_there_is_named_and_the_first_shown(mount: Open, records: list[str]) -> None:
    el = mount(Replay, {"records": records}, part="#replay:run=7")
    assert "The run cannot be “7”. Use a number below 3" in el.get_by_role("alert").inner_text()
    assert state(el)["run"] == 0


def test_the_figure_before_the_script_runs_is_the_run(desk: Desk, records: list[str], tmp_path: Path) -> None:
    page_file = tmp_path / "print.html"
    page_file.write_text(f"<!doctype html><meta charset=utf-8>{Replay.static_html({'records': records})}", "utf-8")
    page, log = desk.open(page_file.as_uri())
    assert (log.outside, log.errors) == ([], [])
    assert page.get_by_role("img").get_attribute("aria-label").startswith("Digits, 0.05: loss and sharpness")
    assert page.locator("polyline").count() == 3

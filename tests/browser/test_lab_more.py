"""Behind the Lab's "More": an optimizer by keyboard alone, kept runs, files out and in, links that cannot be used."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from eoslib.lab import STATIC, Lab
from tests.browser.conftest import Desk

Open = Callable[..., Locator]


@pytest.fixture
def mount(desk: Desk, tmp_path: Path) -> Open:
    """Opens a page with nothing but one lab."""
    code = json.dumps((STATIC / "lab.js").read_text("utf-8")).replace("</", "<\\/")
    loader = (STATIC / "eos-mount.js").read_text("utf-8")

    def open_page(state: dict[str, Any] | None = None, *, part: str = "", **options: Any) -> Locator:
        page_file = tmp_path / "page.html"
        page_file.write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Lab</title><body>'
            f"{Lab.static_html(state or {})}"
            f"<script>window.eosModules = {{ lab: {code} }};</script><script>{loader}</script>",
            encoding="utf-8",
        )
        page, log = desk.open(page_file.as_uri() + part, **options)
        page.wait_for_selector(".eos-mount[data-eos-ready=true]", state="attached")
        assert (log.outside, log.errors) == ([], [])
        return page.locator(".eos-mount")

    return open_page


def state(el: Locator) -> dict[str, Any]:
    return dict(el.evaluate("(el) => el.eos.state()"))


def more(el: Locator) -> Locator:
    el.get_by_text("More: optimizers").click()
    return el.locator(".eos-more")


def steps(el: Locator, count: int) -> None:
    for _ in range(count):
        el.get_by_role("button", name="Step").click()
    el.page.wait_for_function("([el, n]) => Number(el.dataset.steps) >= n", arg=[el.element_handle(), count])


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("(el) => el === document.activeElement"):
            return
    pytest.fail("Tab does not reach the control")


def test_an_optimizer_is_chosen_by_keyboard_and_the_threshold_is_renamed(mount: Open) -> None:
    el = mount()
    page, threshold = el.page, el.locator("[data-line=threshold]")
    assert threshold.inner_text().startswith("2/η")
    assert el.get_by_role("slider", name="momentum β").count() == 0  # hidden until it matters
    tab_to(page, el.locator(".eos-more summary"))
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Nes")
    assert state(el)["optimizer"] == "nesterov"
    assert threshold.inner_text().split() == ["(2+2β)/((1+2β)η)", "13.6"]
    assert "Nesterov momentum, η = 0.1, β = 0.9" in el.get_by_role("status").inner_text()

    el.get_by_role("slider", name="momentum β").focus()
    page.keyboard.press("Home")
    assert state(el)["momentum"] == 0
    assert "= 20.0" in el.get_by_role("status").inner_text()  # without momentum it is 2/η again
    assert "opt=nesterov&beta=0" in page.url


def test_a_link_restores_the_optimizer_and_what_is_drawn(mount: Open, desk: Desk) -> None:
    el = mount(part="#lab:lr=0.2&opt=sam&rho=0.02&show=eigenvalues&schedule=warmup-500")
    shown = state(el)
    assert [shown[key] for key in ("lr", "optimizer", "rho", "measures", "schedule", "lr_range")] == [
        0.2, "sam", 0.02, ["eigenvalues"], "warmup-500", [0.05, 1],
    ]  # fmt: skip


@pytest.mark.parametrize("part", ["lr=abc&task=digits", "opt=lion", "opt=sgd&batch=99", "nonsense"])
def test_a_link_that_cannot_be_used_leaves_the_page_s_own_setting(mount: Open, part: str) -> None:
    el = mount(part=f"#lab:{part}")
    sentence = el.get_by_role("alert").inner_text()
    assert sentence.startswith("The link to this widget cannot be used")
    assert {key: state(el)[key] for key in Lab.DEFAULTS} == Lab.DEFAULTS
    assert el.get_by_role("button", name="Run").is_enabled()


def test_runs_are_kept_named_tabulated_and_cleared(mount: Open) -> None:
    el = mount()
    panel = more(el)
    steps(el, 3)
    panel.get_by_role("button", name="Keep this run").click()
    el.evaluate("(el) => el.eos.set('lr', 0.2)")
    el.get_by_role("button", name="Reset").click()
    steps(el, 2)
    kept = el.get_by_role("list", name="kept runs").get_by_role("listitem")
    assert [text.split() for text in kept.all_inner_texts()] == [["A", "η", "=", "0.4"]]
    el.get_by_text("Show data").click()
    el.get_by_role("columnheader", name="sharpness of A").wait_for()
    for _ in range(6):
        panel.get_by_role("button", name="Keep this run").click()
    assert kept.count() == 6
    assert "Six runs are kept already" in el.get_by_role("status").inner_text()
    panel.get_by_role("button", name="Clear kept runs").click()
    assert kept.count() == 0


def test_a_run_is_saved_exported_and_loaded_and_a_bad_file_changes_nothing(mount: Open, tmp_path: Path) -> None:
    el = mount({"preset": "momentum"})
    panel = more(el)
    steps(el, 4)

    def saved(name: str) -> bytes:
        with el.page.expect_download() as caught:
            panel.get_by_role("button", name=name).click()
        return Path(caught.value.path()).read_bytes()

    run, table = json.loads(saved("Save run")), list(csv.DictReader(io.StringIO(saved("Export CSV").decode())))
    assert run["settings"]["optimizer"] == "polyak"
    assert [float(row["sharpness"]) for row in table] == run["columns"]["sharpness"]
    assert saved("Export PNG").startswith(b"\x89PNG\r\n")

    before = state(el)
    (tmp_path / "bad.json").write_text('{"format": "eos-lab-run"')
    (tmp_path / "run.json").write_text(json.dumps(run))
    chooser = panel.get_by_label("file of a run")
    chooser.set_input_files(tmp_path / "bad.json")
    alert = el.get_by_role("alert")
    alert.wait_for()
    assert "not JSON" in alert.inner_text()
    assert state(el) == before
    assert el.locator(".eos-kept li").count() == 0
    chooser.set_input_files(tmp_path / "run.json")
    el.locator(".eos-kept li").wait_for()
    assert alert.count() == 0
    assert state(el) == before


def test_the_run_button_can_be_read_in_a_dark_system_theme(mount: Open) -> None:
    el = mount(scheme="dark")
    colours = "(b) => [getComputedStyle(b).color, getComputedStyle(b).backgroundColor]"
    ink, ground = el.get_by_role("button", name="Run").evaluate(colours)
    assert (ink, ground) == ("rgb(20, 24, 29)", "rgb(230, 233, 236)")


def test_flows_and_the_oscillation_are_shown_on_request(mount: Open) -> None:
    el = mount()
    chart, before = el.locator(".eos-plots"), el.locator(".eos-plots").bounding_box()
    el.get_by_text("Also show").click()
    distance = el.get_by_role("checkbox", name="distance to the flow")
    assert not distance.is_visible()  # it needs a flow
    assert not el.get_by_role("checkbox", name="batch sharpness").is_visible()  # it needs batches
    for name in ("gradient flow", "central flow", "oscillation x"):
        el.get_by_role("checkbox", name=name).check()
    distance.check()
    assert state(el)["measures"] == ["gradientFlow", "centralFlow", "distance", "oscillation"]
    after = chart.bounding_box()
    assert before is not None and after is not None and after["height"] == before["height"] + 2 * 94
    steps(el, 3)
    el.get_by_text("Show data").click()
    el.get_by_role("columnheader", name="oscillation x").wait_for()
    assert el.get_by_role("columnheader").all_inner_texts()[-4:] == [
        "loss of central flow", "sharpness of central flow", "distance to central flow", "oscillation x",
    ]  # fmt: skip
    assert "show=gradientFlow-centralFlow-distance-oscillation" in el.page.url
    assert "central flow" in str(chart.get_attribute("aria-label"))
    el.get_by_role("checkbox", name="gradient flow").uncheck()
    el.get_by_role("checkbox", name="central flow").uncheck()
    assert state(el)["measures"] == ["oscillation"]  # the distance goes with the last flow
    assert not distance.is_visible()


def test_the_batch_sharpness_of_sgd_stands_beside_its_threshold(mount: Open) -> None:
    el = mount({"preset": "sgd", "task": "chebyshev-4", "hidden": [20], "batch": 5})
    steps(el, 2)
    shown = el.evaluate(
        "(el) => { const { batchSharpness, threshold } = el.eos.history(); return [batchSharpness, threshold]; }"
    )
    assert len(shown[0]) == len(shown[1]) == 3
    assert all(value > 0 for value in shown[0])


def test_lecture_mode_is_one_lab_one_control_and_nothing_else(mount: Open) -> None:
    el = mount(part="?lecture#lab:lr=0.2", width=1280, height=720)
    page, dialog = el.page, el.page.get_by_role("dialog")
    slider = dialog.get_by_role("slider", name="step size η", exact=True)
    assert state(el)["running"]
    assert state(el)["lr"] == 0.2
    assert [name for name in ("button", "combobox", "checkbox") if dialog.get_by_role(name).count()] == []  # type: ignore[arg-type]
    assert slider.evaluate("(slider) => slider === document.activeElement")
    box = dialog.locator(".eos-chart").bounding_box()
    assert box is not None and 1200 < box["x"] + box["width"] <= 1280 and 600 < box["y"] + box["height"] <= 720
    page.keyboard.press("ArrowRight")
    assert state(el)["lr"] > 0.2
    page.keyboard.press("Space")
    assert not state(el)["running"]
    assert page.url.endswith(
        f"?lecture#lab:lr={state(el)['lr']}&task=chebyshev-6&hidden=30-20&act=tanh&loss=mse&seed=2"
    )
    el.evaluate("(el) => el.eos.set('max_steps', 3)")
    page.keyboard.press("Space")
    page.wait_for_function("(el) => el.eos.state().end", arg=el.element_handle())
    page.keyboard.press("ArrowLeft")  # the one control also starts the next run
    page.wait_for_function("(el) => el.eos.state().running || el.eos.state().end", arg=el.element_handle())
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(el.get_by_role("button", name="Reset")).to_be_visible()  # put back by the "close" event, a task later


def test_of_two_labs_lecture_mode_takes_the_one_it_names(mount: Open) -> None:
    assert mount(part="?lecture=other").page.get_by_role("dialog").count() == 0

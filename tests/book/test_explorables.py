"""The small widgets on the Python side: sentences, static twins, defaults in step with the browser; torch agrees."""

import json
import math
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup

import eoslib as eos
from eoslib.explorables import Landscape2D, Quadratic, SelfStabilisation
from eoslib.record import pack
from eoslib.replay import Replay
from eoslib.sketch import Sketch, _thinned
from eoslib.sphinxext import WIDGETS, choose_scripts, directive_of
from eoslib.widget import Widget

SMALL = [Quadratic, Landscape2D, SelfStabilisation]
BAD: list[tuple[type[Widget], dict[str, Any], str]] = [
    (Quadratic, {"lr": 0}, "lr is 0"),
    (Quadratic, {"lr": math.nan}, "lr is nan"),
    (Quadratic, {"lr": "fast"}, "lr is 'fast'"),
    (Quadratic, {"lr": True}, "lr is True"),
    (Quadratic, {"curvature": []}, r"curvature is \[\]"),
    (Quadratic, {"curvature": [1, 2, 3]}, r"curvature is \[1, 2, 3\]"),
    (Quadratic, {"curvature": -1.0}, "curvature is -1"),
    (Quadratic, {"method": "adam"}, "method is 'adam'"),
    (Quadratic, {"beta": 1.0}, "beta is 1"),
    (Quadratic, {"w0": 7}, "w0 is 7"),
    (Quadratic, {"steps": 2.5}, "steps is 2.5"),
    (Quadratic, {"lr_range": [1.0, 0.1]}, "smaller end first"),
    (Quadratic, {"eta": 0.1}, "Quadratic does not know 'eta'"),
    (Landscape2D, {"function": "rosenbrock"}, "function is 'rosenbrock'"),
    (Landscape2D, {"w0": 1.0}, "two numbers"),
    (Landscape2D, {"w0": [1.0, math.inf]}, "w0 is inf"),
    (Landscape2D, {"steps": 10**9}, "steps is 1000000000"),
    (Landscape2D, {"plot": "none"}, "plot is 'none'"),
    (SelfStabilisation, {"alpha": 0}, "alpha is 0"),
    (SelfStabilisation, {"lr": 0.4}, "below zero at step"),
    (SelfStabilisation, {"measured": 3}, "measured is 3"),
    (SelfStabilisation, {"measured": [[1.0], [1.0, 2.0]]}, "equally many"),
    (SelfStabilisation, {"measured": [[1.0], [math.nan]]}, "nan or inf"),
    (Sketch, {}, "fewer than two measured points"),
    (Sketch, {"y": "abc"}, "y is 'abc'"),
    (Sketch, {"y": [1.0, math.nan]}, "fewer than two measured points"),
    (Sketch, {"y": [1.0, math.inf]}, "y holds inf"),
    (Sketch, {"y": [1.0, 2.0], "x": [0.0]}, "x has 1 numbers and y 2"),
    (Sketch, {"y": [1.0, 2.0], "x": [1.0, 1.0]}, "x does not rise"),
    (Sketch, {"y": [1.0, 0.0], "y_log": True}, "y reaches 0 or below"),
    (Sketch, {"y": [1.0, 2.0], "x_log": True}, "x reaches 0 or below"),
    (Sketch, {"y": [1.0, 2.0], "level": math.nan}, "level is nan"),
    (Sketch, {"y": [1.0, 2.0], "given": "some"}, "given is 'some'"),
    (Sketch, {"y": [1.0, 2.0], "y_range": [2.0, 1.0]}, "smaller first"),
    (Sketch, {"y": [1.0, 2.0], "curves": {"up": [1, 2]}}, "two to six curves"),
    (Sketch, {"y": [1.0, 2.0], "curves": {"up": [1, 2], "down": [1]}}, r"curves\['down'\] is not a curve"),
]


@pytest.mark.parametrize(("widget", "state", "sentence"), BAD, ids=[f"{w.__name__} {s}" for w, s, _ in BAD])
def test_bad_settings_are_refused_with_a_sentence(widget: type[Widget], state: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        widget(**state)
    assert "; " in str(caught.value) or ". " in str(caught.value)  # what is wrong, then what to do


@pytest.mark.parametrize("widget", SMALL)
def test_an_assignment_is_checked_too_and_lists_are_not_shared(widget: type[Widget]) -> None:
    first, second = widget(), widget()
    with pytest.raises(ValueError, match="lr is -1"):
        first.lr = -1.0
    assert first.state() == second.state() == widget.DEFAULTS
    first.w0 = [0.5, 0.5] if "w0" in widget.DEFAULTS else None
    assert second.state() == widget.DEFAULTS


def descended() -> eos.Trajectory:
    bowl = eos.quadratic([10.0, 1.0], w0=[1.0, 1.0])
    return eos.descend(bowl, eos.GradientDescent(lr=0.1), steps=8, progress=False)


@pytest.mark.parametrize("widget", WIDGETS)
def test_the_output_is_live_and_static_and_the_same_on_every_run(widget: type[Widget]) -> None:
    sketch = {"y": [1.0, 3.0], "x": [0.0, 1.0], "x_range": [0.0, 1.0], "y_range": [0.0, 4.0]}
    changed = {Sketch: sketch, Replay: {"records": [pack(descended(), title="a run")]}}.get(widget, {"lr": 0.1})
    one, two = (widget(**changed, title='η & "2/η" <b>')._repr_mimebundle_()[0] for _ in range(2))
    assert "application/vnd.jupyter.widget-view+json" in one
    assert (one["text/plain"], one["text/html"]) == (two["text/plain"], two["text/html"])
    mount = BeautifulSoup(one["text/html"], "html.parser").find(class_="eos-mount")
    assert mount["data-eos-module"] == widget.module
    stored = json.loads(str(mount["data-eos-state"]))  # quiet keys at their default are left out
    assert {**widget.DEFAULTS, **stored} == {**widget.DEFAULTS, **changed, "title": 'η & "2/η" <b>'}
    assert {*changed, "title"} <= set(stored)
    figure = mount.find("svg")
    assert figure.get("aria-label") or figure.find("title")
    assert len(one["text/html"]) < 30_000  # it is stored in the notebook


def test_numbers_reach_the_browser_as_plain_types() -> None:
    x, y = np.array([0.1, -0.2]), np.array([0.0, 0.5])
    assert Quadratic.check_state({"curvature": 5, "w0": 1}) == {"curvature": [5.0], "w0": [1.0, 1.0]}
    assert SelfStabilisation(measured=(x, y)).measured == [[0.1, -0.2], [0.0, 0.5]]
    assert "[[0.1,-0.2],[0.0,0.5]]" in SelfStabilisation.static_html({"measured": (x, y)})


def test_a_run_is_thinned_to_what_a_screen_shows_and_keeps_its_height() -> None:
    y = np.sin(np.arange(5000.0)) * np.linspace(1, 2, 5000)
    y[7] = math.nan  # not measured
    heights, steps = _thinned(y.tolist(), [])
    assert len(heights) == len(steps) == 400
    assert (steps[0], steps[-1]) == (0, 4999)
    assert heights == pytest.approx(y[np.array(steps, int)], rel=1e-3, abs=1e-12)
    assert (max(heights), min(heights)) == pytest.approx((np.nanmax(y), np.nanmin(y)), rel=1e-3)
    assert _thinned([1.0, math.nan, 3.0], [5.0, 6.0, 7.0]) == ([1.0, 3.0], [5.0, 7.0])


def test_a_sketch_takes_a_run_as_it_is() -> None:
    run = descended()
    sketch = Sketch(y=run.sharpness, x=run.step, level=run.threshold, given=run.step[2], y_range=(0, 40))
    assert (sketch.y, sketch.x) == (run.sharpness.round(3).tolist(), run.step.tolist())
    assert (sketch.level, sketch.given, sketch.x_range) == (20.0, 2.0, [0.0, 8.0])
    assert len(repr(Sketch(y=range(400)))) < 200


def test_the_printed_axes_show_the_given_part_and_nothing_of_the_run() -> None:
    y = [1.0, 2.0, 30.0, 31.0]
    state = {"y": y, "given": 1, "level": 20.0, "level_name": "<2/η>"}
    figure = BeautifulSoup(Sketch.static_html(state), "html.parser").svg
    assert figure
    assert len(figure.polyline["points"].split()) == 2
    assert "<2/η>" in figure.text
    hidden = BeautifulSoup(Sketch.static_html({"y": y}), "html.parser").svg
    assert hidden
    assert hidden.polyline["points"] == ""
    assert hidden.find("path", attrs={"stroke-dasharray": True}) is None


def test_the_names_are_at_the_front_door() -> None:
    assert (eos.Quadratic, eos.Landscape2D, eos.SelfStabilisation) == tuple(SMALL)
    assert eos.Sketch is Sketch
    assert eos.Landscape is not eos.Landscape2D


def test_a_directive_reads_its_options_by_the_types_of_the_keys() -> None:
    options = directive_of(Quadratic).option_spec
    assert options.keys() == Quadratic.DEFAULTS.keys()
    assert (options["curvature"]("10, 1"), options["lr"]("0.2"), options["steps"]("9")) == ([10.0, 1.0], 0.2, 9)
    assert options["autoplay"](None) is True


def test_a_page_loads_the_scripts_of_its_own_widgets_only() -> None:
    class App:
        scripts: ClassVar[list[str]] = []

        def add_js_file(self, name: str, defer: str) -> None:
            self.scripts.append(name)

    body = Quadratic.static_html({}) + Landscape2D.static_html({}) + Quadratic.static_html({"lr": 0.1})
    choose_scripts(App(), "page", "page.html", {"body": body}, None)  # type: ignore[arg-type]
    assert App.scripts == ["eos/landscape.js", "eos/quadratic.js", "eos/eos-mount.js", "eos/eos-scroll.js",
                           "eos/eos-print.js"]


def node_says(node: str, source: Path, expression: str) -> Any:
    script = f"import(process.argv[1]).then((m) => console.log(JSON.stringify({expression})))"
    done = subprocess.run([node, "-e", script, source.as_uri()], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def test_the_sketchs_defaults_are_the_modules(root: Path, node: str) -> None:
    said = node_says(node, root / "widgets" / "src" / "sketch" / "settings.mjs", "[m.DEFAULTS, Object.keys(m.CHECKS)]")
    assert said == [Sketch.DEFAULTS, list(Sketch.DEFAULTS)]


@pytest.mark.parametrize("widget", SMALL)
def test_defaults_and_limits_agree_with_the_module(root: Path, node: str, widget: type[Widget]) -> None:
    source = root / "widgets" / "src" / widget.module / "settings.mjs"
    defaults, limits = node_says(node, source, "[m.DEFAULTS, m.LIMITS]")
    assert defaults == widget.DEFAULTS
    for key, ends in limits.items():
        if key == "measured":
            continue
        many = isinstance(defaults[key], list)
        for end, step in zip(ends, (-1, 1), strict=True):
            value = [end, end] if many else end
            getattr(widget, key).check(value, key)  # the end itself is fine
            with pytest.raises(ValueError, match=key):
                getattr(widget, key).check([end + step] * 2 if many else end + step, key)


@pytest.mark.parametrize("method", ["gd", "polyak", "nesterov"])
def test_paths_on_the_quadratic_are_torchs(root: Path, node: str, method: str) -> None:
    lr, beta, curvature, start = 0.11, 0.7, [9.0, 2.0], [1.0, -0.5]
    call = f"m.path({{ method: '{method}', lr: {lr}, beta: {beta} }}, {curvature}, {start}, 30).at.map((x) => [...x])"
    path = np.array(node_says(node, root / "widgets" / "src" / "quadratic" / "quadratic.mjs", call)).T
    w, a = torch.tensor(start, dtype=torch.float64, requires_grad=True), torch.tensor(curvature, dtype=torch.float64)
    momentum = 0.0 if method == "gd" else beta
    optimizer = torch.optim.SGD([w], lr=lr, momentum=momentum, nesterov=method == "nesterov")
    for step in range(31):
        here = path[step]
        if method == "nesterov" and step:  # torch keeps the point it looks ahead to
            here = here + beta * (path[step] - path[step - 1])
        assert w.detach().numpy() == pytest.approx(here, rel=1e-12, abs=1e-14)
        optimizer.zero_grad()
        (0.5 * a * w**2).sum().backward()
        optimizer.step()


def test_sharpness_and_steps_on_the_landscapes_are_the_librarys(root: Path, node: str) -> None:
    """The four-factor loss as eoslib sees it, all four parameters apart, from the same start."""
    call = (
        "(() => { const l = m.landscapeOf('depth-4'), w = m.descend(l, 0.2, [2.5, 0.5], 1500);"
        " return [w.x.at(-1), w.y.at(-1), w.sharpness.at(-1), w.steps]; })()"
    )
    x, y, sharpness, steps = node_says(node, root / "widgets" / "src" / "landscape" / "landscapes.mjs", call)
    start = torch.tensor([2.5, 2.5, 0.5, 0.5], dtype=torch.float64)
    landscape = eos.Landscape(lambda w: 0.5 * (1 - w.prod()) ** 2, start)
    w = landscape.w0
    for _ in range(steps):
        w = w - 0.2 * landscape.gradient(w)
    assert w.tolist() == pytest.approx([x, x, y, y], rel=1e-6)
    assert torch.linalg.eigvalsh(eos.dense_hessian(landscape, w))[-1].item() == pytest.approx(sharpness, rel=1e-6)
    assert 10 - 20 / 3 * 0.2 < sharpness < 10

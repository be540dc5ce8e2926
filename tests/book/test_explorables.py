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


@pytest.mark.parametrize("widget", WIDGETS)
def test_the_output_is_live_and_static_and_the_same_on_every_run(widget: type[Widget]) -> None:
    one, two = (widget(lr=0.1, title='η & "2/η" <b>')._repr_mimebundle_()[0] for _ in range(2))
    assert "application/vnd.jupyter.widget-view+json" in one
    assert (one["text/plain"], one["text/html"]) == (two["text/plain"], two["text/html"])
    mount = BeautifulSoup(one["text/html"], "html.parser").find(class_="eos-mount")
    assert mount["data-eos-module"] == widget.module
    assert json.loads(str(mount["data-eos-state"])) == {**widget.DEFAULTS, "lr": 0.1, "title": 'η & "2/η" <b>'}
    figure = mount.find("svg")
    assert figure.get("aria-label") or figure.find("title")
    assert len(one["text/html"]) < 30_000  # it is stored in the notebook


def test_numbers_reach_the_browser_as_plain_types() -> None:
    x, y = np.array([0.1, -0.2]), np.array([0.0, 0.5])
    assert Quadratic.check_state({"curvature": 5, "w0": 1}) == {"curvature": [5.0], "w0": [1.0, 1.0]}
    assert SelfStabilisation(measured=(x, y)).measured == [[0.1, -0.2], [0.0, 0.5]]
    assert "[[0.1,-0.2],[0.0,0.5]]" in SelfStabilisation.static_html({"measured": (x, y)})


def test_the_names_are_at_the_front_door() -> None:
    assert (eos.Quadratic, eos.Landscape2D, eos.SelfStabilisation) == tuple(SMALL)
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
    assert App.scripts == ["eos/landscape.js", "eos/quadratic.js", "eos/eos-mount.js"]


def node_says(node: str, source: Path, expression: str) -> Any:
    script = f"import(process.argv[1]).then((m) => console.log(JSON.stringify({expression})))"
    done = subprocess.run([node, "-e", script, source.as_uri()], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


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

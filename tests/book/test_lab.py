"""eos.Lab on the Python side: its sentences, its static twin, its defaults in step with the browser module's."""

import json
import math
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from eoslib.lab import BROUGHT, DEFAULTS, MEASURES, MOST, PRESETS, STATIC, Lab, check_state, static_html
from eoslib.sphinxext import directive_of

OLD = ("task", "loss", "lr", "activation", "hidden", "seed", "autoplay", "id", "lr_range", "title", "max_steps")
BAD = [
    ({"lr": 0}, "lr is 0"),
    ({"lr": -0.1}, "lr is -0.1"),
    ({"lr": math.nan}, "lr is nan"),
    ({"lr": math.inf}, "lr is inf"),
    ({"lr": "fast"}, "lr is 'fast'"),
    ({"lr": True}, "lr is True"),
    ({"task": "chebyshev"}, "task 'chebyshev'"),
    ({"task": "chebyshev-21"}, "task 'chebyshev-21'"),
    ({"loss": "hinge"}, "loss 'hinge'"),
    ({"loss": "cross-entropy"}, "no classes"),
    ({"activation": "sine"}, "activation 'sine'"),
    ({"hidden": []}, r"hidden is \[\]"),
    ({"hidden": [30, 0]}, "width in hidden is 0"),
    ({"hidden": [2.5]}, "width in hidden is 2.5"),
    ({"hidden": [256, 256]}, "66,561 parameters"),
    ({"seed": -1}, "seed is -1"),
    ({"max_steps": 0}, "max_steps is 0"),
    ({"lr_range": [1.0]}, "lr_range"),
    ({"lr_range": [2.0, 1.0]}, "smaller than its second"),
    ({"lr_range": [0.0, 1.0]}, "end of lr_range is 0"),
    ({"id": "7 labs"}, "id is '7 labs'"),
    ({"title": 3}, "title is 3"),
    ({"eta": 0.1}, "does not know 'eta'"),
    ({"optimizer": "lion"}, "optimizer 'lion'"),
    ({"momentum": 1}, "momentum is 1"),
    ({"beta1": -0.1}, "beta1 is -0.1"),
    ({"beta2": math.nan}, "beta2 is nan"),
    ({"rho": -1}, "rho is -1"),
    ({"batch": 2.5}, "batch is 2.5"),
    ({"optimizer": "sgd", "batch": 21}, "batch is 21, more than the 20"),
    ({"schedule": "cosine"}, "schedule is 'cosine'"),
    ({"schedule": "drop-0-0.5"}, "schedule is 'drop-0-0.5'"),
    ({"measures": ["loss"]}, "measure 'loss'"),
    ({"measures": ["distance", "eigenvalues"]}, "'distance' needs a flow"),
    ({"preset": "edges"}, "preset 'edges'"),
]


@pytest.mark.parametrize(("state", "sentence"), BAD, ids=[str(state) for state, _ in BAD])
def test_bad_settings_are_refused_with_a_sentence(state: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        Lab(**state)
    assert "; " in str(caught.value) or ". " in str(caught.value)  # what is wrong, then what to do


def test_a_later_assignment_is_checked_too() -> None:
    lab = Lab()
    with pytest.raises(ValueError, match="lr is -1"):
        lab.lr = -1.0
    assert lab.lr == DEFAULTS["lr"]
    lab.lr = 0.5
    assert lab.state()["lr"] == 0.5


def test_task_and_loss_may_change_together() -> None:
    lab = Lab(task="digits", loss="cross-entropy", hidden=32)
    assert lab.hidden == [32]
    with lab.hold_trait_notifications():
        lab.loss, lab.task = "mse", "chebyshev-3"
    assert lab.state()["task"] == "chebyshev-3"


def test_the_output_is_the_same_on_every_run() -> None:
    first, second = (Lab(task="digits", lr=0.1, title="η & 2/η")._repr_mimebundle_()[0] for _ in range(2))
    assert "application/vnd.jupyter.widget-view+json" in first
    for kind in ("text/plain", "text/html"):
        assert first[kind] == second[kind]
    assert first["text/plain"] == "Lab(task='digits', lr=0.1, title='η & 2/η')"


def test_the_static_twin_carries_the_state_and_a_figure() -> None:
    mount = BeautifulSoup(static_html({"lr": 0.25, "title": '"quoted" <b>'}), "html.parser").find(class_="eos-mount")
    assert mount["data-eos-module"] == "lab"
    shown = {key: value for key, value in DEFAULTS.items() if key in OLD}
    assert json.loads(str(mount["data-eos-state"])) == {**shown, "lr": 0.25, "title": '"quoted" <b>'}
    assert mount.find("svg")
    assert not mount.find("b")


def test_the_twin_adds_what_differs_from_the_defaults() -> None:
    mount = BeautifulSoup(static_html({"preset": "sgd", "momentum": 0.9}), "html.parser").find(class_="eos-mount")
    shown = json.loads(str(mount["data-eos-state"]))
    assert (shown["optimizer"], shown["batch"], shown["measures"]) == ("sgd", 30, ["batchSharpness"])
    assert "momentum" not in shown


def test_measures_are_named_alike_in_python_in_the_directive_and_in_the_module() -> None:
    option = directive_of(Lab).option_spec["measures"]
    assert option("distance, centralFlow") == ["distance", "centralFlow"]
    assert Lab(measures=option("distance centralFlow")).measures == ["centralFlow", "distance"]
    assert directive_of(Lab).option_spec["hidden"]("30, 20") == [30, 20]  # other lists keep their own kinds of items
    module = (STATIC / "lab.js").read_text("utf-8")
    assert all(re.search(rf"\b{name}:\{{", module) for name in MEASURES)


def test_an_optimizer_brings_its_step_size_unless_one_is_given() -> None:
    adam = Lab(optimizer="adam")
    assert (adam.lr, adam.lr_range) == (BROUGHT["adam"]["lr"], BROUGHT["adam"]["lr_range"])
    assert Lab(optimizer="adam", lr=0.01).lr == 0.01
    assert Lab(preset="adam", lr=0.01).state() == Lab(optimizer="adam", lr=0.01).state()


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_used(name: str) -> None:
    state = Lab(preset=name).state()
    assert state == {**DEFAULTS, **BROUGHT[state["optimizer"]], **PRESETS[name]}
    assert state["lr_range"][0] < state["lr"] < state["lr_range"][1]


def test_numbers_reach_the_browser_as_plain_types() -> None:
    assert check_state({"lr": 1, "hidden": (8, 4), "lr_range": (1, 2)}) == {
        "lr": 1.0, "hidden": [8, 4], "lr_range": [1.0, 2.0],
    }  # fmt: skip


def test_defaults_and_limits_agree_with_the_module(root: Path, node: str) -> None:
    script = "import(process.argv[1]).then((m) => console.log(JSON.stringify([m.DEFAULTS, m.LIMITS])))"
    source = root / "widgets" / "src" / "settings.mjs"
    done = subprocess.run([node, "-e", script, source.as_uri()], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [DEFAULTS, MOST]

"""The live lab: a network trains in the reader's browser while the reader drags its step size."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from eoslib.widget import STATIC, Key, Widget, flag, identifier, number, positive, text, whole

__all__ = ["BROUGHT", "DEFAULTS", "PRESETS", "STATIC", "Lab", "check_state", "static_html"]

# What the page can train while it stays fluent; the module refuses the same.
ACTIVATIONS = ("tanh", "relu", "elu", "softplus", "gelu", "silu")
MOST = {"width": 256, "layers": 5, "parameters": 20_000, "degree": 20, "seed": 2**32 - 1, "max_steps": 100_000,
        "rho": 10, "batch": 300}  # fmt: skip
MEASURES = ("eigenvalues", "gradientFlow", "centralFlow", "distance", "oscillation", "batchSharpness")
# One table for Python and the browser: what each optimizer brings with it unless told otherwise, and named settings.
_TABLE = json.loads((STATIC / "lab-presets.json").read_text(encoding="utf-8"))
BROUGHT: dict[str, dict[str, Any]] = _TABLE["optimizers"]
PRESETS: dict[str, dict[str, Any]] = _TABLE["presets"]


def _task(value: Any, name: str) -> str:
    degree = re.fullmatch(r"chebyshev-(\d{1,3})", str(value))
    if value != "digits" and not (degree and int(degree[1]) <= MOST["degree"]):
        raise ValueError(f"Lab does not know the task {value!r}; use 'digits' or 'chebyshev-4' (degree 0 to 20).")
    return str(value)


def _loss(value: Any, name: str) -> str:
    if value not in ("mse", "cross-entropy"):
        raise ValueError(f"Lab does not know the loss {value!r}; use 'mse' or 'cross-entropy'.")
    return str(value)


def _activation(value: Any, name: str) -> str:
    if value not in ACTIVATIONS:
        raise ValueError(f"Lab does not know the activation {value!r}; use one of {', '.join(ACTIVATIONS)}.")
    return str(value)


def _widths(hidden: Any, name: str) -> list[int]:
    widths = [hidden] if isinstance(hidden, int) else hidden
    if not isinstance(widths, (list, tuple)) or not 1 <= len(widths) <= MOST["layers"]:
        raise ValueError(f"hidden is {hidden!r}; give the widths of one to five hidden layers, for example [30, 20].")
    return [whole(1, MOST["width"])(width, "A width in hidden") for width in widths]


def _range(ends: Any, name: str) -> list[float]:
    if not isinstance(ends, (list, tuple)) or len(ends) != 2:
        raise ValueError(f"{name} is {ends!r}; give the two ends of the η slider, for example [0.05, 2.0].")
    low, high = (positive("each end of the η slider")(end, f"An end of {name}") for end in ends)
    if not low < high:
        raise ValueError(f"{name} is {ends!r}; its first end must be smaller than its second.")
    return [low, high]


def _optimizer(value: Any, name: str) -> str:
    if value not in BROUGHT:
        raise ValueError(f"Lab does not know the optimizer {value!r}; use one of {', '.join(BROUGHT)}.")
    return str(value)


def _fraction(value: Any, name: str) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < 1:
        raise ValueError(f"{name} is {value!r}; give a number from 0 to below 1, for example 0.9.")
    return float(value)


def _schedule(value: Any, name: str) -> str:
    parts = re.fullmatch(r"drop-(\d{1,6})-(\d*\.?\d+)|warmup-(\d{1,6})", str(value))
    if value != "" and not (parts and (int(parts[3] or 0) >= 1 or (int(parts[1] or 0) >= 1 and float(parts[2]) > 0))):
        raise ValueError(
            f"{name} is {value!r}; use '' for a constant η, 'drop-1500-0.5' (at step 1500, times 0.5) or 'warmup-500'."
        )
    return str(value)


def _measures(value: Any, name: str) -> list[str]:
    names = value if isinstance(value, (list, tuple)) else [value]
    for one in names:
        if one not in MEASURES:
            raise ValueError(f"Lab does not know the measure {one!r}; use any of {', '.join(MEASURES)}.")
    if "distance" in names and not {"gradientFlow", "centralFlow"} & set(names):
        raise ValueError("The measure 'distance' needs a flow; use it with 'gradientFlow' or 'centralFlow'.")
    return [one for one in MEASURES if one in names]


class Lab(Widget):
    """A live network, its loss, its sharpness and the dashed line 2/η that the reader can drag.

    Takes any of the keys of DEFAULTS by name; each is a synced trait of the same name afterwards. `preset` names a row
    of PRESETS to start from; an optimizer brings the step size and the parameters of its row of BROUGHT; what is given
    by name goes before both. Raises ValueError, with what to do, on a value that cannot be used.

    >>> Lab(task="chebyshev-5", lr=0.3)
    Lab(task='chebyshev-5', lr=0.3)
    >>> Lab(preset="nesterov", momentum=0.8)
    Lab(lr=0.1, lr_range=[0.02, 0.4], optimizer='nesterov', momentum=0.8)
    """

    module, shorthands = "lab", ("preset",)

    task = Key("chebyshev-6", _task)  # chebyshev-<degree> on 20 points, or digits
    loss = Key("mse", _loss)  # mse, or cross-entropy with digits
    lr = Key(0.4, positive("the step size η"))
    activation = Key("tanh", _activation)
    hidden = Key([30, 20], _widths)  # widths of the hidden layers
    seed = Key(2, whole(0, MOST["seed"]))
    autoplay = Key(False, flag)  # start when the widget scrolls into view
    id = Key("lab", identifier)  # names this widget's state in the page's address
    lr_range = Key([0.05, 1.0], _range)  # ends of the η slider
    title = Key("", text)  # a heading above the widget
    max_steps = Key(20000, whole(1, MOST["max_steps"]))  # the run pauses here
    optimizer = Key("gd", _optimizer, quiet=True)
    momentum = Key(0.9, _fraction, quiet=True)  # β of Polyak and Nesterov
    beta1 = Key(0.9, _fraction, quiet=True)  # Adam
    beta2 = Key(0.999, _fraction, quiet=True)  # Adam, RMSProp
    rho = Key(0.05, number(0, MOST["rho"]), quiet=True)  # SAM's radius
    batch = Key(0, whole(0, MOST["batch"]), quiet=True)  # examples a step of SGD, 0 for all
    schedule = Key("", _schedule, quiet=True)  # drop-<step>-<factor>, or warmup-<steps>
    measures = Key([], _measures, quiet=True, item=str)  # what is drawn besides: any of MEASURES

    @classmethod
    def complete(cls, state: dict[str, Any]) -> dict[str, Any]:
        """What these few keys stand for: the optimizer's values, over them the preset's, over them the given ones."""
        preset = state.get("preset", "edge")
        if preset not in PRESETS:
            raise ValueError(f"Lab does not know the preset {preset!r}; use one of {', '.join(PRESETS)}.")
        given = {**PRESETS[preset], **{key: value for key, value in state.items() if key != "preset"}}
        if "optimizer" not in given:
            return given
        return {**BROUGHT[_optimizer(given["optimizer"], "optimizer")], **given}

    @classmethod
    def check_together(cls, state: dict[str, Any]) -> None:
        """Cross-entropy needs classes, and a network must be small enough to train in the page."""
        digits, hidden = state["task"] == "digits", state["hidden"]
        if state["optimizer"] == "sgd" and state["batch"] > (examples := 300 if digits else 20):
            raise ValueError(
                f"batch is {state['batch']}, more than the {examples} examples of {state['task']!r}; use a smaller one."
            )
        if state["loss"] == "cross-entropy" and not digits:
            raise ValueError(
                f"{state['task']!r} has no classes for the loss 'cross-entropy'; use task='digits' or loss='mse'."
            )
        sizes = [64, *hidden, 10] if digits else [1, *hidden, 1]
        parameters = sum((m + 1) * n for m, n in itertools.pairwise(sizes))
        if parameters > MOST["parameters"]:
            raise ValueError(
                f"hidden is {hidden!r}, a network of {parameters:,} parameters; the page trains at most "
                f"{MOST['parameters']:,}. Use narrower layers."
            )


DEFAULTS, check_state, static_html = Lab.DEFAULTS, Lab.check_state, Lab.static_html

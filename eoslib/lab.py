"""The live lab: a network trains in the reader's browser while the reader drags its step size.

In JupyterLab a cell that ends in `Lab(...)` shows the widget. The same output carries a static twin, a piece of
HTML that needs no kernel: the page built from the notebook mounts the same JavaScript module on it.
"""

from __future__ import annotations

import html
import itertools
import json
import math
import re
from pathlib import Path
from typing import Any

import anywidget
import traitlets

__all__ = ["DEFAULTS", "Lab", "check_state", "static_html"]

STATIC = Path(__file__).parent / "static"

DEFAULTS: dict[str, Any] = {
    "task": "chebyshev-6",  # chebyshev-<degree> on 20 points, or digits
    "loss": "mse",  # mse, or cross-entropy with digits
    "lr": 0.4,  # the step size η
    "activation": "tanh",
    "hidden": [30, 20],  # widths of the hidden layers
    "seed": 2,
    "autoplay": False,  # start when the widget scrolls into view
    "id": "lab",  # names this widget's state in the page's address
    "lr_range": [0.05, 1.0],  # ends of the η slider
    "title": "",  # a heading above the widget
    "max_steps": 20000,  # the run pauses here
}


# What the page can train while it stays fluent; the module refuses the same.
ACTIVATIONS = ("tanh", "relu", "elu", "softplus", "gelu", "silu")
MOST = {"width": 256, "layers": 5, "parameters": 20_000, "degree": 20, "seed": 2**32 - 1, "max_steps": 100_000}


class Lab(anywidget.AnyWidget):
    """A live network, its loss, its sharpness and the dashed line 2/η that the reader can drag.

    Takes any of the keys of DEFAULTS by name; each is a synced trait of the same name afterwards.
    Raises ValueError on an η that is not a positive number, an unknown task, loss or activation, a width below 1.

    >>> Lab(task="chebyshev-5", lr=0.3)
    Lab(task='chebyshev-5', lr=0.3)
    """

    _esm = STATIC / "lab.js"

    task = traitlets.Unicode(DEFAULTS["task"]).tag(sync=True)
    loss = traitlets.Unicode(DEFAULTS["loss"]).tag(sync=True)
    lr = traitlets.Float(DEFAULTS["lr"]).tag(sync=True)
    activation = traitlets.Unicode(DEFAULTS["activation"]).tag(sync=True)
    hidden = traitlets.List(traitlets.Int(), DEFAULTS["hidden"]).tag(sync=True)
    seed = traitlets.Int(DEFAULTS["seed"]).tag(sync=True)
    autoplay = traitlets.Bool(DEFAULTS["autoplay"]).tag(sync=True)
    id = traitlets.Unicode(DEFAULTS["id"]).tag(sync=True)
    lr_range = traitlets.List(traitlets.Float(), DEFAULTS["lr_range"]).tag(sync=True)
    title = traitlets.Unicode(DEFAULTS["title"]).tag(sync=True)
    max_steps = traitlets.Int(DEFAULTS["max_steps"]).tag(sync=True)

    def __init__(self, **state: Any) -> None:
        super().__init__(**check_state(state))

    @traitlets.validate(*DEFAULTS)
    def _validate(self, proposal: dict[str, Any]) -> Any:
        """An assignment such as lab.lr = -1 is refused with the same sentence as the constructor's."""
        name = proposal["trait"].name
        return check_state({**self.state(), name: proposal["value"]})[name]

    def state(self) -> dict[str, Any]:
        """The model keys and their values, in the order of DEFAULTS."""
        return {key: getattr(self, key) for key in DEFAULTS}

    def __repr__(self) -> str:
        changed = {key: value for key, value in self.state().items() if value != DEFAULTS[key]}
        return f"Lab({', '.join(f'{key}={value!r}' for key, value in changed.items())})"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live view, and beside it the twin; neither text depends on the run, so stored outputs stay equal."""
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/plain": repr(self), "text/html": static_html(self.state())}, metadata


def check_state(state: dict[str, Any]) -> dict[str, Any]:
    """The same state with its numbers in plain types, or a ValueError that names the bad value and what to do."""
    unknown = [key for key in state if key not in DEFAULTS]
    if unknown:
        raise ValueError(f"Lab does not know {unknown[0]!r}; use one of {', '.join(DEFAULTS)}.")
    full = {**DEFAULTS, **state}
    _check_words(full)
    full["hidden"] = _widths(full["hidden"], digits=full["task"] == "digits")
    full["lr_range"] = _range(full["lr_range"])
    full["lr"] = _positive(full["lr"], "lr", "the step size η")
    full["seed"] = _whole(full["seed"], "seed", 0, MOST["seed"])
    full["max_steps"] = _whole(full["max_steps"], "max_steps", 1, MOST["max_steps"])
    full["autoplay"] = bool(full["autoplay"])
    return {key: full[key] for key in state}


def static_html(state: dict[str, Any]) -> str:
    """The static twin: a place to mount the module, its state, and a figure that stands there until it runs."""
    full = {**DEFAULTS, **check_state(state)}
    text = html.escape(json.dumps(full, ensure_ascii=False, separators=(",", ":")), quote=True)
    return f'<div class="eos-mount" data-eos-module="lab" data-eos-state="{text}">\n{_fallback()}\n</div>'


def _fallback() -> str:
    figure = STATIC / "lab-fallback.svg"
    return figure.read_text(encoding="utf-8").strip() if figure.exists() else "<p>This figure needs JavaScript.</p>"


def _check_words(state: dict[str, Any]) -> None:
    task, loss, activation = state["task"], state["loss"], state["activation"]
    degree = re.fullmatch(r"chebyshev-(\d{1,3})", str(task))
    if task != "digits" and not (degree and int(degree[1]) <= MOST["degree"]):
        raise ValueError(f"Lab does not know the task {task!r}; use 'digits' or 'chebyshev-4' (degree 0 to 20).")
    if loss not in ("mse", "cross-entropy"):
        raise ValueError(f"Lab does not know the loss {loss!r}; use 'mse' or 'cross-entropy'.")
    if loss == "cross-entropy" and task != "digits":
        raise ValueError(f"{task!r} has no classes for the loss 'cross-entropy'; use task='digits' or loss='mse'.")
    if activation not in ACTIVATIONS:
        raise ValueError(f"Lab does not know the activation {activation!r}; use one of {', '.join(ACTIVATIONS)}.")
    if not re.fullmatch(r"[A-Za-z][\w-]*", str(state["id"])):
        raise ValueError(f"id is {state['id']!r}; use a letter, then letters, digits or '-': it stands in the address.")
    if not isinstance(state["title"], str):
        raise ValueError(f"title is {state['title']!r}; give a string, or '' for none.")


def _positive(value: Any, name: str, meaning: str) -> float:
    number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name} is {value!r}; {meaning} must be a positive finite number, for example 0.2.")
    return number


def _whole(value: Any, name: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name} is {value!r}; give a whole number from {least} to {most:,}.")
    return value


def _widths(hidden: Any, *, digits: bool) -> list[int]:
    widths = [hidden] if isinstance(hidden, int) else hidden
    if not isinstance(widths, (list, tuple)) or not 1 <= len(widths) <= MOST["layers"]:
        raise ValueError(f"hidden is {hidden!r}; give the widths of one to five hidden layers, for example [30, 20].")
    widths = [_whole(width, "A width in hidden", 1, MOST["width"]) for width in widths]
    sizes = [64, *widths, 10] if digits else [1, *widths, 1]
    parameters = sum((m + 1) * n for m, n in itertools.pairwise(sizes))
    if parameters > MOST["parameters"]:
        raise ValueError(
            f"hidden is {hidden!r}, a network of {parameters:,} parameters; the page trains at most "
            f"{MOST['parameters']:,}. Use narrower layers."
        )
    return widths


def _range(ends: Any) -> list[float]:
    if not isinstance(ends, (list, tuple)) or len(ends) != 2:
        raise ValueError(f"lr_range is {ends!r}; give the two ends of the η slider, for example [0.05, 2.0].")
    low, high = (_positive(end, "An end of lr_range", "each end of the η slider") for end in ends)
    if not low < high:
        raise ValueError(f"lr_range is {ends!r}; its first end must be smaller than its second.")
    return [low, high]

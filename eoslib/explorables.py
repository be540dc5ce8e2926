"""Three small live widgets: a quadratic, a landscape of two variables, and the self-stabilisation map.

Each is computed in the reader's browser from closed forms; see eoslib.widget for how it is shown and stored.
"""

from __future__ import annotations

import math
from typing import Any

from eoslib.widget import Key, Widget, flag, identifier, number, one_of, text, whole

__all__ = ["Landscape2D", "Quadratic", "SelfStabilisation"]


def _numbers(least: int, most: int, low: float, high: float) -> Any:
    """A check: `least` to `most` numbers from low to high; a single number counts as a list of one."""

    def check(value: Any, name: str) -> list[float]:
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        if not least <= len(values) <= most:
            count = least if least == most else f"{least} to {most}"
            raise ValueError(f"{name} is {value!r}; give {count} numbers from {low:g} to {high:g}.")
        return [number(low, high)(entry, name) for entry in values]

    return check


def _range(low: float, high: float) -> Any:
    """A check: the two ends of a slider, from low to high."""

    def check(value: Any, name: str) -> list[float]:
        ends: list[float] = _numbers(2, 2, low, high)(value, name)
        if not ends[0] < ends[1]:
            raise ValueError(f"{name} is {value!r}; give the smaller end first.")
        return ends

    return check


def _start(value: Any, name: str) -> list[float]:
    values: list[float] = _numbers(1, 2, -1.8, 1.8)(value, name)
    return values if len(values) == 2 else [*values, 1.0]


def _point(value: Any, name: str) -> list[float]:
    values: list[float] = _numbers(0, 2, -6, 6)(value, name)
    if len(values) == 1:
        raise ValueError(f"{name} is {value!r}; give two numbers from -6 to 6, or [] for the function's own start.")
    return values


def _measured(value: Any, name: str) -> list[list[float]]:
    try:
        columns = [[float(entry) for entry in column] for column in value]
    except (TypeError, ValueError):
        columns = [[]]
    lengths = {len(column) for column in columns}
    if columns and not (len(columns) == 2 and len(lengths) == 1 and 1 <= max(lengths) <= 5000):
        raise ValueError(f"{name} is {value!r:.60}; give (x, y), two lists of equally many numbers (at most 5000).")
    if not all(math.isfinite(entry) for column in columns for entry in column):
        raise ValueError(f"{name} holds nan or inf; give finite numbers only.")
    return columns


class Quadratic(Widget):
    """Gradient descent on ½ Σ λᵢ xᵢ², with its multipliers 1 − ηλ, or with momentum the two roots for each direction.

    One curvature shows the parabola, two the contours of a bowl. Raises ValueError with a sentence on a bad value.
    Source: Cohen et al. 2021, section 2, and appendix B for momentum.

    >>> Quadratic(curvature=[10, 1], lr=0.2)
    Quadratic(curvature=[10.0, 1.0], lr=0.2)
    """

    module = "quadratic"

    curvature = Key([10.0], _numbers(1, 2, 0.1, 100))  # λ₁, or λ₁ and λ₂
    lr = Key(0.18, number(1e-4, 10))  # the step size η
    method = Key("gd", one_of("gd", "polyak", "nesterov"))
    beta = Key(0.9, number(0, 0.99))  # momentum β; "gd" has none
    w0 = Key([1.0, 1.0], _start)  # where the run starts; with one curvature only the first number counts
    steps = Key(30, whole(1, 400))
    lr_range = Key([0.01, 0.5], _range(1e-4, 10))  # ends of the η slider
    autoplay = Key(False, flag)  # play when the widget scrolls into view
    id = Key("quadratic", identifier)  # names this widget's state in the page's address
    title = Key("", text)  # a heading above the widget


class Landscape2D(Widget):
    """Gradient descent and gradient flow on a loss of two variables, with the set where the sharpness is 2/η dashed.

    "depth-L" is ½(1 − w₁ ⋯ w_L)² where half of the factors equal x and half y ("depth-4": Zhu et al.'s minimalist
    example, ½(1 − x²y²)²); "log-cosh" is ln cosh(xy). Beside the map: the run over its steps, or what is left of it at
    every η. Raises ValueError with a sentence on a bad value.

    >>> Landscape2D(function="log-cosh", w0=(0.3, 4.2))
    Landscape2D(function='log-cosh', w0=[0.3, 4.2])
    """

    module = "landscape"

    function = Key("depth-4", one_of("depth-2", "depth-4", "depth-3", "depth-5", "log-cosh"))
    lr = Key(0.2, number(0.001, 2))  # the step size η
    w0 = Key([], _point)  # where both paths start; [] for the function's own start
    steps = Key(2000, whole(1, 20000))  # at most; the run ends where it stands still
    contours = Key("loss", one_of("loss", "sharpness"))
    plot = Key("run", one_of("run", "bifurcation"))  # beside the map
    autoplay = Key(False, flag)
    id = Key("landscape", identifier)
    title = Key("", text)


class SelfStabilisation(Widget):
    """The map x' = −(1 + ηy)x, y' = y + η(β/2)(δ² − x²) with y = sharpness − 2/η and δ = √(2α/β), live.

    x is the displacement along the top eigenvector, α how fast the sharpness would rise by itself, β how strongly a
    displacement lowers it. `measured=(x, y)` draws a measured run beside it. Raises ValueError with a sentence on a bad
    value, also where the sharpness would fall below zero (y < −2/η) within `steps`: there the map runs away.
    Source: Damian, Nichani & Lee 2022, arXiv 2209.15594.

    >>> SelfStabilisation(alpha=0.1, x0=0.05)
    SelfStabilisation(alpha=0.1, x0=0.05)
    """

    module = "stabilisation"

    lr = Key(0.05, number(0.001, 1))  # the step size η
    alpha = Key(0.2, number(0.001, 10))
    beta = Key(20.0, number(0.01, 1000))
    x0 = Key(0.02, number(0.0001, 5))  # the run starts at (x0, 0)
    steps = Key(1000, whole(10, 5000))
    measured = Key([], _measured)  # (x, y) of a measured run, or []
    autoplay = Key(False, flag)
    id = Key("self-stabilisation", identifier)
    title = Key("", text)

    @classmethod
    def check_together(cls, state: dict[str, Any]) -> None:
        """The sharpness y + 2/η must not fall below zero: from there, with |x| ≥ δ, the map runs to infinity."""
        lr, alpha, beta, x, y = (*(state[key] for key in ("lr", "alpha", "beta", "x0")), 0.0)
        for step in range(state["steps"] + 1):
            if lr * y < -2:
                raise ValueError(
                    f"lr is {lr!r} and alpha {alpha!r}: the sharpness falls below zero at step {step}, and the map "
                    "runs away. Use a smaller lr or alpha, or fewer steps."
                )
            x, y = -(1 + lr * y) * x, y + lr * (alpha - 0.5 * beta * x * x)

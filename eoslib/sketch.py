"""A prediction drawn by hand: empty axes, the reader's curve, and only then the run itself."""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np

from eoslib.widget import Key, Widget, flag, identifier, text

__all__ = ["Sketch"]

MOST = 400  # points kept of a run: no screen shows more
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760.0, 330.0, 60.0, 690.0, 30.0, 284.0  # of the printed axes, px


def _numbers(value: Any, name: str) -> list[float]:
    try:
        numbers = [float(entry) for entry in value]
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {value!r:.60}; give numbers, for example y=run.sharpness.") from None
    if any(map(math.isinf, numbers)):
        raise ValueError(f"{name} holds inf; end the run before it overflows.")
    return numbers


def _ends(value: Any, name: str) -> list[float]:
    ends = _numbers(value, name)
    if ends and not (len(ends) == 2 and ends[0] < ends[1]):
        raise ValueError(f"{name} is {value!r}; give the two ends of the axis, the smaller first, or [].")
    return ends


def _maybe(value: Any, name: str) -> float | None:
    if value is None or (isinstance(value, Real) and math.isfinite(value)):  # NumPy's numbers are Real, too
        return None if value is None else float(value)
    raise ValueError(f"{name} is {value!r}; give a finite number, or None for none.")


def _curves(value: Any, name: str) -> dict[str, list[float]]:
    if not isinstance(value, dict) or len(value) not in (0, 2, 3, 4, 5, 6):
        raise ValueError(f"{name} is {value!r:.60}; give two to six curves by their names, or {{}} for four made ones.")
    curves = {str(key): _numbers(heights, f"{name}[{key!r}]") for key, heights in value.items()}
    for key, heights in curves.items():
        if not (2 <= len(heights) <= MOST and all(map(math.isfinite, heights))):
            raise ValueError(f"{name}[{key!r}] is not a curve; give its 2 to {MOST} heights, at even distances.")
    return curves


def _thinned(y: list[float], x: list[float]) -> tuple[list[float], list[float]]:
    """The measured points, at most MOST: of each stretch the lowest and the highest, so that swings keep their height.

    >>> _thinned([3.0, math.nan, 4.00001], [])
    ([3.0, 4.0], [0.0, 2.0])
    """
    heights, kept = np.array(y), np.flatnonzero(~np.isnan(y))
    if len(kept) > MOST:
        stretches = np.array_split(kept[1:-1], MOST // 2 - 1)
        peaks = {int(part[pick]) for part in stretches for pick in (heights[part].argmin(), heights[part].argmax())}
        kept = np.array(sorted(peaks | {int(kept[0]), int(kept[-1])}))
    where = [x[i] if x else float(i) for i in kept]
    return [float(f"{y[i]:.4g}") for i in kept], [float(f"{v:.6g}") for v in where]


def _range(values: list[float], log: bool) -> list[float]:
    """The ends of an axis that holds the values and leaves room above them."""
    low, high = min(values), max(values)
    ends = (low / 2, 2 * high) if log else (min(0.0, low), high + 0.3 * (high - min(0.0, low)))
    return [float(f"{end:.3g}") for end in (ends if ends[0] < ends[1] else (low, low + 1))]


class Sketch(Widget):
    """Empty axes on which the reader draws the curve they expect; once they commit, the run draws itself over it.

    `y` over `x` is the run, `x` the steps 0, 1, 2, … if left out; entries that are nan were not measured. It is thinned
    to 400 points, stored in the page and shown up to x = `given` only, until the reader commits. `curves` are the
    choices for readers who do not draw: heights at even distances from the left end of the axis to the right.
    Raises ValueError with a sentence on a bad value.

    >>> Sketch(y=[3, 8, 21, 20], level=20, x_range=[0, 3], y_range=[0, 40])
    Sketch(y=[3.0, 8.0, 21.0, 20.0], x=[0.0, 1.0, 2.0, 3.0], level=20.0, x_range=[0.0, 3.0], y_range=[0.0, 40.0])
    """

    module = "sketch"

    y = Key([], _numbers)  # the run
    x = Key([], _numbers)
    given = Key(None, _maybe)  # up to this x the run is shown from the start
    level = Key(None, _maybe)  # a dashed line, such as 2/η
    level_name = Key("2/η", text)
    x_range = Key([], _ends)  # ends of the axes; [] for what holds the run and the level
    y_range = Key([], _ends)
    x_log = Key(False, flag)  # logarithmic axes
    y_log = Key(False, flag)
    x_name = Key("step", text)
    y_name = Key("sharpness", text)
    curves = Key({}, _curves)  # by name, in place of the four that are made
    id = Key("sketch", identifier)  # the reader's curve is kept in the browser under this name
    title = Key("", text)  # a heading above the axes

    @classmethod
    def check_state(cls, state: dict[str, Any]) -> dict[str, Any]:
        """The state with the run thinned and the axes' ends filled in."""
        full = {**cls.DEFAULTS, **super().check_state(state)}
        full["y"], full["x"] = _thinned(full["y"], full["x"])
        levels = [] if full["level"] is None else [full["level"]]
        full["x_range"] = full["x_range"] or [full["x"][0], full["x"][-1]]
        full["y_range"] = full["y_range"] or _range([*full["y"], *levels], full["y_log"])
        return full

    @classmethod
    def check_together(cls, state: dict[str, Any]) -> None:
        """One x for each y, rising; on a logarithmic axis nothing at or below 0."""
        y, x = state["y"], state["x"]
        if sum(not math.isnan(value) for value in y) < 2:
            raise ValueError("y has fewer than two measured points; give the run to predict: y=run.sharpness.")
        if x and len(x) != len(y):
            raise ValueError(f"x has {len(x)} numbers and y {len(y)}; give one x for each y, or no x at all.")
        if any(not b > a for a, b in pairwise(x)):
            raise ValueError("x does not rise; give the steps in their order, each once.")
        for axis in ("x", "y"):
            values = [*(state[axis] or [0.0]), *state[f"{axis}_range"]]
            if state[f"{axis}_log"] and any(value <= 0 for value in values):
                raise ValueError(f"{axis} reaches 0 or below; set {axis}_log=False, or give positive numbers.")

    @classmethod
    def _fallback(cls, state: dict[str, Any]) -> str:
        """The empty axes, for paper and for readers without JavaScript. The run stays hidden here, too."""
        x = _scale(state["x_range"], state["x_log"], LEFT, RIGHT)
        y = _scale(state["y_range"], state["y_log"], BOTTOM, TOP)
        names = [html.escape(state[key]) for key in ("x_name", "y_name", "level_name")]
        given = -math.inf if state["given"] is None else state["given"]
        known = [f"{x(a):.1f},{y(b):.1f}" for a, b in zip(state["x"], state["y"], strict=True) if a <= given]
        marks = [f'<path d="M{LEFT:g} {TOP:g}V{BOTTOM:g}H{RIGHT:g}"/>', f'<polyline points="{" ".join(known)}"/>']
        words = [(LEFT, TOP - 12, "start", names[1]), (RIGHT, BOTTOM + 36, "end", names[0])]
        words += [(x(end), BOTTOM + 18, "middle", f"{end:g}") for end in state["x_range"]]
        words += [(LEFT - 8, y(end) + 4, "end", f"{end:g}") for end in state["y_range"]]
        if state["level"] is not None:
            marks.append(f'<path stroke-dasharray="7 4" d="M{LEFT:g} {y(state["level"]):.1f}H{RIGHT:g}"/>')
            words.append((RIGHT + 8, y(state["level"]) + 4, "start", names[2]))
        label = f"Empty axes: {names[1]} over {names[0]}, to draw on with a pencil."
        texts = "".join(f'<text x="{a:.1f}" y="{b:.1f}" text-anchor="{to}">{word}</text>' for a, b, to, word in words)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" '
            f'aria-label="{label}" style="max-width:100%;height:auto;font:13px system-ui,sans-serif">'
            f'<g fill="none" stroke="currentColor" stroke-width="1.5">{"".join(marks)}</g>'
            f'<g fill="currentColor">{texts}</g></svg>'
        )


def _scale(ends: list[float], log: bool, start: float, end: float) -> Callable[[float], float]:
    """The px of a value on an axis from start to end."""
    low, high = (math.log(value) if log else value for value in ends)
    return lambda value: start + ((math.log(value) if log else value) - low) / (high - low) * (end - start)

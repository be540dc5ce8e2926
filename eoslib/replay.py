"""Recorded runs on a page: the reader moves through a run that took hours, with every number at hand."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from eoslib.record import Record, load_record, pack, unpack
from eoslib.trajectory import Trajectory
from eoslib.widget import Key, Widget, flag, identifier, text, whole

__all__ = ["Replay"]

MOST = 12  # runs
WIDTH, LEFT, RIGHT = 760.0, 60.0, 690.0  # of the printed figure, px
UPPER, LOWER = (128.0, 28.0), (320.0, 166.0)  # bottom and top of its panels, px
Scale = Callable[[float], float]


class _Read(list[Any]):
    """Records that were read and found sound: reading them again would find the same."""


def _records(value: Any, name: str) -> list[Any]:
    if isinstance(value, _Read):
        return value
    given = [value] if isinstance(value, (str, Path, Trajectory, dict)) else value
    if not isinstance(given, (list, tuple)) or len(given) > MOST:
        raise ValueError(f"{name} is {value!r:.60}; give 1 to {MOST} files that eos.save_record wrote, or runs.")
    return _Read(_record(entry, f"{name}[{i}]") for i, entry in enumerate(given))


def _record(value: Any, name: str) -> dict[str, Any]:
    """What a record's file holds, of a file, a run, or what a file held."""
    run = load_record(value) if isinstance(value, (str, Path)) else value
    if isinstance(run, Record):
        return pack(run, title=run.title, experiment=run.experiment, densities=run.densities)
    if isinstance(run, Trajectory):
        return pack(run, title=str(run.provenance.get("objective", "a run")))
    try:
        unpack(value)
    except ValueError as error:
        raise ValueError(f"{name} is not a recorded run: {error} Give a file that eos.save_record wrote.") from error
    return dict(value)


def _step(value: Any, name: str) -> int | None:
    return None if value is None else int(whole(0, 10**9)(int(value) if isinstance(value, np.integer) else value, name))


class Replay(Widget):
    """Recorded runs to scrub through: loss, eigenvalues with the threshold, spectral density, and other measures.

    `records` are files that `eos.save_record` wrote, records, or runs; with several, the reader chooses. The page holds
    them, so it needs neither kernel nor network. A play shows point after point: a thinned record slows down around
    the crossing, where it has more of them. A measure with two components is drawn as a path in their plane.
    Raises ValueError with a sentence on a bad value or a file that holds no record.
    """

    module = "replay"

    records = Key([], _records, item=str)
    run = Key(0, whole(0, MOST - 1))  # which of them is shown first
    step = Key(None, _step, item=int)  # shown first; None for the end of the run
    measure = Key("", text)  # the name of the measure shown first; "" for the first there is
    autoplay = Key(False, flag)
    id = Key("replay", identifier)
    title = Key("", text)  # a heading; "" for the record's

    def __init__(self, records: Any = (), **state: Any) -> None:
        super().__init__(records=records, **state)

    @classmethod
    def check_together(cls, state: dict[str, Any]) -> None:
        """At least one record, and the run and the measure are among them."""
        records, run, measure = state["records"], state["run"], state["measure"]
        if not records:
            raise ValueError("records is empty; give at least one file that eos.save_record wrote.")
        if run >= len(records):
            raise ValueError(f"run is {run}; there are {len(records)} records, and the first has the number 0.")
        names = {name for record in records for name in record["measures"]}
        if measure and measure not in names:
            raise ValueError(f"measure is {measure!r}; the records have {', '.join(sorted(names)) or 'none'}.")

    def __repr__(self) -> str:
        titles = ", ".join(repr(record["title"]) for record in self.records)
        return f"Replay({titles})"

    @classmethod
    def _fallback(cls, state: dict[str, Any]) -> str:
        """The whole run, for paper and for readers without JavaScript."""
        run = unpack(state["records"][state["run"]])
        with np.errstate(divide="ignore", invalid="ignore"):
            loss = np.log10(run.loss)
        span = loss[np.isfinite(loss)] if np.isfinite(loss).any() else np.zeros(1)
        tallest = max([1e-9, *_finite(run.sharpness), *_finite(run.thresholds)])
        flows = not run.lrs.any() and bool((np.diff(run.time) > 0).all())  # the solver chose its steps: time tells more
        clock, word, at = ("time", "time", run.time) if flows else ("step", "steps", run.step)
        x = _scale(float(at[0]), float(at[-1]), LEFT, RIGHT)
        up, low = _scale(span.min(), span.max(), *UPPER), _scale(0.0, 1.08 * tallest, *LOWER)
        edge = "2/η" if run.threshold == 2 / (run.lr or 1) else "threshold"
        names = [(LEFT, UPPER[1] - 10, "start", "training loss (logarithmic)"), (RIGHT, LOWER[0] + 36, "end", clock)]
        names += [(LEFT, LOWER[1] - 10, "start", "sharpness")]
        names += [(x(t), LOWER[0] + 18, "middle", f"{t:,g}" if flows else f"{t:,}") for t in (at[0], at[-1])]
        names += [(LEFT - 8, up(e) + 4, "end", f"{10.0**e:.2g}") for e in (span.min(), span.max())]
        names += [(LEFT - 8, low(v) + 4, "end", f"{v:.3g}") for v in (0.0, tallest)]
        names += [(RIGHT + 8, low(v) + 4, "start", edge) for v in _finite(run.thresholds[-1:])]
        lines = [_line(at, loss, x, up), _line(at, run.sharpness, x, low)]
        lines.append(_line(at, run.thresholds, x, low, ' stroke-dasharray="7 4"'))
        return _figure(lines, names, f"{run.title}: loss and sharpness over the {word}. {run}.")


def _finite(values: np.ndarray) -> list[float]:
    kept: list[float] = values[np.isfinite(values)].tolist()
    return kept


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    """The px of a value on an axis from start to end."""
    return lambda value: start + (value - low) / ((high - low) or 1.0) * (end - start)


def _line(x: np.ndarray, y: np.ndarray, px: Scale, py: Scale, dash: str = "") -> str:
    """A line through the measured points; of many, two for each of 300 stretches: the lowest and the highest."""
    known = np.flatnonzero(np.isfinite(y))
    if len(set(y[known])) == 1:
        known = known[[0, -1]]
    if len(known) > 600:
        parts = np.array_split(known, 300)
        known = np.array(sorted({int(part[pick]) for part in parts for pick in (y[part].argmin(), y[part].argmax())}))
    points = " ".join(f"{px(float(x[i])):.1f},{py(float(y[i])):.1f}" for i in known)
    return f'<polyline{dash} points="{points}"/>'


def _figure(lines: list[str], names: list[tuple[float, float, str, str]], label: str) -> str:
    axes = "".join(f'<path d="M{LEFT:g} {top:g}V{bottom:g}H{RIGHT:g}"/>' for bottom, top in (UPPER, LOWER))
    texts = "".join(
        f'<text x="{a:.1f}" y="{b:.1f}" text-anchor="{to}">{html.escape(word)}</text>' for a, b, to, word in names
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} 360" role="img" '
        f'aria-label="{html.escape(label)}" style="max-width:100%;height:auto;font:13px system-ui,sans-serif">'
        f'<g fill="none" stroke="currentColor" stroke-width="1.2">{axes}{"".join(lines)}</g>'
        f'<g fill="currentColor">{texts}</g></svg>'
    )

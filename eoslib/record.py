"""Recorded runs: one small JSON file a run, to plot and to replay without running it again.

It keeps what was measured, rounded, not the parameters. nan is null, an infinity "inf", a still column one number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from eoslib.checkpoint import whole
from eoslib.spectrum import SpectralDensity
from eoslib.thinning import thin
from eoslib.trajectory import Trajectory

__all__ = ["Record", "load_record", "pack", "plain", "save_record", "unpack"]

FORMAT, LIMIT = "eoslib-record-1", 300_000  # bytes of one file: a page may hold several
HEAD = ("title", "experiment", "thinned", "stopped")
COLUMNS = ("step", "hvps", "time", "loss", "lrs", "thresholds", "eigenvalues")
GRIDS = ("grid", "density", "standard_error")  # of a spectral density


@dataclass(frozen=True, eq=False, repr=False)
class Record(Trajectory):
    """A Trajectory read from a record: w0 and w are empty, its numbers rounded, points perhaps left out."""

    title: str  # what the run is, for readers
    experiment: str  # the name under which it can be run again; "" for none
    thinned: str  # which points were kept, in a sentence; "" where all were
    whole: float  # late() of the run before points were left out; nan where not measured
    densities: dict[int, SpectralDensity]  # by step

    def late(self, share: float = 0.3) -> float:
        """As Trajectory.late. Where points were left out, that of the whole run, which is known for share=0.3 only."""
        if self.thinned and share != 0.3:
            raise ValueError(f"share is {share}; points were left out of this record, which knows late(0.3) only.")
        return self.whole if self.thinned else super().late(share)


def save_record(
    run: Trajectory,
    path: str | Path,
    *,
    title: str,
    experiment: str = "",
    points: int | None = None,
    measures: Sequence[str] | None = None,
    densities: Mapping[int, SpectralDensity] | None = None,
) -> Path:
    """Write a run to one .json file of at most 300 KB, whole or not at all. Returns the path written.

    At most `points` points are kept (None: all), see eoslib.thinning, and six significant digits, five of a density.
    `measures` names the measures to keep (None: all); `densities` are spectral densities by step.
    Raises ValueError on points < 20, an unknown measure, a density outside the run, or a record above 300 KB.
    """
    data = pack(run, title=title, experiment=experiment, points=points, measures=measures, densities=densities)
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
    if (size := len(text.encode())) > LIMIT:
        raise ValueError(f"The record takes {size / 1000:.0f} KB of 300; keep fewer points, measures or densities.")
    path = Path(path if str(path).endswith(".json") else f"{path}.json")
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")
    return path


def load_record(path: str | Path) -> Record:
    """Read a record that `save_record` wrote. Raises ValueError when the file is damaged or something else."""
    try:
        return unpack(json.loads(Path(path).read_text(encoding="utf-8")))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a recorded run, or it is damaged: {error}") from error


def pack(
    run: Trajectory, *, title: str, experiment: str = "", points: int | None = None,
    measures: Sequence[str] | None = None, densities: Mapping[int, SpectralDensity] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What the file of a record holds; see save_record."""
    names, spectra = run.measures if measures is None else measures, densities or {}
    if unknown := set(names) - set(run.measures):
        raise ValueError(f"The run has no measure {min(unknown)!r}; it has {', '.join(run.measures) or 'none'}.")
    if outside := [step for step in spectra if not run.step[0] <= step <= run.step[-1]]:
        raise ValueError(f"A density is of step {outside[0]}; the run goes from {run.step[0]} to {run.step[-1]}.")
    kept, said = thin(run, points)
    measured = np.isfinite(run.sharpness[-max(1, round(0.3 * len(run.step))) :]).any()
    late = run.whole if isinstance(run, Record) else run.late() if measured else np.nan  # rounded once, not twice
    return {
        "format": FORMAT, "title": title, "experiment": experiment, "stopped": run.stopped,
        "thinned": f"{run.thinned if isinstance(run, Record) else ''} {said}".strip(), "provenance": run.provenance,
        "late": plain(late), **{name: _column(getattr(run, name)[kept]) for name in COLUMNS},
        "measures": {name: _column(run.measures[name][kept]) for name in names},
        "densities": [_spectrum(step, spectra[step]) for step in sorted(spectra)],
    }  # fmt: skip


def unpack(data: Any) -> Record:
    """The record in what a file held. Raises ValueError with a sentence when it does not hold one."""
    if (tag := data.get("format") if isinstance(data, dict) else None) != FORMAT:
        raise ValueError(f"its format is {tag!r}, and this version of eoslib reads {FORMAT!r}.")
    try:
        n, fields = len(data["step"]), {name: data[name] for name in (*HEAD, "provenance")}
        fields |= {name: _array(data[name], n, name) for name in COLUMNS}
        fields |= {name: fields[name].astype(np.int64) for name in ("step", "hvps")}
        fields["measures"] = {name: _array(column, n, name) for name, column in data["measures"].items()}
        fields["densities"] = {int(found["step"]): _density(found) for found in data["densities"]}
        fields["whole"] = _array(data["late"], 1, "late").item()
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a part is missing or of another kind ({error!r}).") from error
    named = all(isinstance(fields[name], str) for name in HEAD)
    if not (n and named and (np.diff(fields["step"]) > 0).all() and fields["eigenvalues"].ndim == 2):
        raise ValueError("its steps do not rise, its eigenvalues are not a table, or its title is not text.")
    return Record(**fields, w0=torch.empty(0), w=torch.empty(0))


def _spectrum(step: int, found: SpectralDensity) -> dict[str, Any]:
    grids = {name: plain(getattr(found, name).tolist(), 5) for name in GRIDS}
    return {"step": int(step), **grids, "width": plain(found.width), "hvps": found.hvps}


def _density(found: dict[str, Any]) -> SpectralDensity:
    grids = {name: torch.from_numpy(_array(found[name], len(found["grid"]), name)) for name in GRIDS}
    return SpectralDensity(**grids, width=float(found["width"]), hvps=int(found["hvps"]))


def _column(values: np.ndarray) -> Any:
    """One number, exact, where several are all the same; else a list, rounded."""
    still = values.ndim == 1 and len(values) > 1 and (values == values[0]).all()
    return plain(values[0], 17) if still else plain(values.tolist())


def plain(value: Any, digits: int = 6) -> Any:
    """Numbers as JSON has them, to some significant digits; nan is null, infinities are words."""
    if isinstance(value, list):
        return [plain(entry, digits) for entry in value]
    if not np.isfinite(value):
        return None if np.isnan(value) else str(float(value))
    short = value if isinstance(value, int) else float(f"{value:.{digits}g}")
    return int(short) if short == short // 1 and abs(short) < 1e15 else short


def _array(values: Any, length: int, name: str) -> np.ndarray:
    """The inverse of _column, of `length` points."""
    array = np.array(values, dtype=np.float64)  # null becomes nan
    if array.ndim and len(array) != length:
        raise ValueError(f"{name} has {len(array)} entries for {length} points.")
    return array if array.ndim else np.full(length, array)

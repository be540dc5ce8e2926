"""What an experiment of the paper is: its claim, how it is run here, and how the outcome is judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import cuda

from eoslib.cifar import cifar10
from eoslib.data import Dataset
from eoslib.descent import descend
from eoslib.flows import flow
from eoslib.landscape import Landscape
from eoslib.optimizers import GradientDescent
from eoslib.record import save_record
from eoslib.trajectory import Trajectory

__all__ = ["SOURCES", "Desk", "Experiment", "Finding"]

SOURCES = {  # how the paper's side of a comparison is known
    "text": "read in the paper's text",
    "code": "read in the authors' code",
    "readme": "read off the plots in the authors' README",
    "others": "as others restate it",
    "derived": "derived, and checked here",
    "unconfirmed": "not confirmed against the PDF",
}


@dataclass(frozen=True)
class Finding:
    """One number that an experiment measured, and the interval in which the claim holds."""

    what: str  # the quantity, with its unit
    value: float
    low: float = -math.inf
    high: float = math.inf

    @property
    def holds(self) -> bool:
        """Whether the number is in its interval; nan never is."""
        return self.low <= self.value <= self.high

    def __str__(self) -> str:
        return f"{self.what} {self.value:.3g}"


NARROW = 8  # numbers a measure may have at a point to be kept in a record
Run = Callable[["Desk"], Sequence[Finding]]


@dataclass(frozen=True)
class Experiment:
    """A figure or numbered claim: what it says, what we run for it, and what would contradict it."""

    name: str  # as `eoslib reproduce` takes it
    place: str  # where it stands, "" where that is not known
    claim: str  # in our words
    source: str  # how the paper's side is known: a key of SOURCES
    paper: str = ""  # the configuration and the outcome reported, as far as they are known
    setup: str = ""  # our configuration at small scale; "" where nothing is run
    small: Run | None = None  # the run on two cores, in seconds
    same: bool = False  # the small configuration is the paper's own
    full_setup: str = ""  # our configuration at the paper's scale
    full: Run | None = None  # the run at that scale
    why: str = ""  # why nothing is run, or why the outcome differs
    chapter: str = ""  # the page of the book that teaches it

    def verdict(self, findings: Sequence[Finding], scale: str) -> str:
        """matched: it holds with the paper's own network, data and loss; qualitatively: with others; differs: not."""
        if not all(found.holds for found in findings):
            return "differs"
        return "matched" if self.same or scale == "paper" else "qualitatively"


@dataclass
class Desk:
    """Where an experiment is run: it keeps every run on disk, takes up interrupted ones, and counts what it wrote."""

    folder: Path  # of checkpoints and records
    experiment: str = ""
    scale: str = "small"
    data: Path | None = None  # CIFAR-10, for the paper's scale
    device: str = "cpu"
    progress: bool = True
    written: list[Path] = field(default_factory=list)  # records, in the order in which they ended

    def __post_init__(self) -> None:
        if self.scale == "small" and self.device != "cpu":
            raise ValueError(f"The small scale runs on the CPU alone; leave out the device {self.device!r}.")
        if self.device.partition(":")[0] not in ("cpu", "cuda") or (self.device != "cpu" and not cuda.is_available()):
            raise ValueError(f"There is no device {self.device!r} here; use cpu, or cuda on a machine with a GPU and a "
                             "torch built for it.")  # fmt: skip

    def descend(
        self, name: str, landscape: Landscape, optimizer: GradientDescent, *, title: str = "", points: int = 400,
        **options: Any,
    ) -> Trajectory:  # fmt: skip
        """`eoslib.descend` with a checkpoint; recorded under this name, by which another experiment gets it too."""
        kept = self.folder / "runs" / f"{name}.pt"
        run = descend(landscape, optimizer, **options, progress=self.progress, checkpoint=kept)
        return self._record(run, name, title or f"{landscape}, {optimizer}", points)

    def flow(
        self, name: str, landscape: Landscape, times: Sequence[float] | np.ndarray, *, title: str = "",
        points: int = 400, **options: Any,
    ) -> Trajectory:  # fmt: skip
        """`eoslib.flow`, kept and recorded likewise."""
        kept = self.folder / "runs" / f"{name}.pt"
        run = flow(landscape, times, **options, progress=self.progress, checkpoint=kept)
        return self._record(run, name, title or f"{landscape}, gradient flow", points)

    def cifar(self, n: int, dtype: torch.dtype = torch.float32) -> Dataset:
        """The first n images of the file named. Raises ValueError when none was."""
        if self.data is None:
            raise ValueError(f"{self.experiment} at the paper's scale needs CIFAR-10: give its file with --data.")
        return cifar10(self.data, n, dtype=dtype)

    def _record(self, run: Trajectory, name: str, title: str, points: int) -> Trajectory:
        path = self.folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        narrow = [n for n, values in run.measures.items() if values.ndim == 1 or values.shape[1] <= NARROW]
        kept = save_record(run, path, title=title, experiment=self.experiment, points=points, measures=narrow)
        self.written.append(kept)
        return run


def plain(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings as JSON has them: four digits, an infinity null."""
    rows = [asdict(found) for found in findings]
    return [{n: _short(x) if isinstance(x, float) else x for n, x in row.items()} for row in rows]


def _short(x: float) -> float | None:
    return float(f"{x:.4g}") if math.isfinite(x) else None

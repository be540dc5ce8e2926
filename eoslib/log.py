"""The pen of a run, shared by descent and flow: what is known at one w_t, and the rows written so far."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eoslib.curvature import Eigenpairs
from eoslib.trajectory import Trajectory

__all__ = ["Log", "Measure", "Visit", "cut_short", "diverged"]


@dataclass(frozen=True, eq=False)
class Visit:
    """Everything a run knows at w_t before it steps on: the argument of every measure."""

    step: int  # t
    time: float  # the sum of all step sizes so far
    w: Tensor  # (p,)
    loss: float  # L(w_t)
    gradient: Tensor  # (p,) of the full batch
    lr: float = 0.0  # step size η of the step to come; 0 in a flow
    pairs: Eigenpairs | None = None  # largest eigenpairs; None where not measured


Measure = Callable[[Visit], float | Tensor | np.ndarray]  # a number, or a vector of shape (d,): always the same


class Log:
    """What has been recorded so far. One append writes a whole point, so an interrupt cannot tear one."""

    def __init__(self, k: int, measures: Mapping[str, Measure] | None) -> None:
        self.k, self.measures = k, dict(measures or {})
        self.rows: list[dict[str, Any]] = []
        self.sharpness = math.nan  # the last one measured and settled
        self.w = torch.empty(0)  # (p,) where the last recorded point stands

    def note(self, pairs: Eigenpairs | None) -> float:
        """Remember the sharpness if it was measured, and tell the last one that was."""
        if pairs is not None and pairs.converged:
            self.sharpness = float(pairs.values[0])
        return self.sharpness

    def write(self, now: Visit, *, threshold: float, lost: bool = False) -> None:
        """Record this point; where the run is lost, no measure is taken."""
        pairs, first = now.pairs, self.rows[0]["measures"] if self.rows else {}
        values = {n: np.full_like(first[n], math.nan) if lost else _array(f(now)) for n, f in self.measures.items()}
        if odd := [n for n, x in values.items() if first and x.shape != first[n].shape]:
            raise ValueError(f"The measure {odd[0]!r} has shape {values[odd[0]].shape} at step {now.step} and had "
                             f"{first[odd[0]].shape}; return one shape, nan where there is nothing.")  # fmt: skip
        self.rows.append({
            "step": now.step, "time": now.time, "loss": now.loss, "lrs": now.lr, "thresholds": threshold,
            "eigenvalues": pairs.values.tolist() if pairs and pairs.converged else [math.nan] * self.k,
            "hvps": pairs.hvps if pairs else 0, "measures": values,
        })  # fmt: skip
        self.w = now.w

    def state_dict(self) -> dict[str, Any]:
        """All rows, as tensors and plain numbers."""
        return {"rows": [_plain(row) for row in self.rows], "sharpness": self.sharpness, "w": self.w}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take the rows that `state_dict` gave."""
        self.sharpness, self.w = state["sharpness"], state["w"]
        self.rows = [row | {"measures": {n: x.cpu().numpy() for n, x in row["measures"].items()}}
                     for row in state["rows"]]  # fmt: skip

    def trajectory(self, **rest: Any) -> Trajectory:
        """The record of the run, with w0, stopped and provenance given. Raises ValueError before its first point."""
        if not self.rows:
            raise ValueError("Nothing is recorded yet; visit a point first.")
        columns = {name: [row[name] for row in self.rows] for name in self.rows[0]}
        taken = {name: np.stack([row[name] for row in columns["measures"]]) for name in self.measures}
        return Trajectory(**{n: np.array(c) for n, c in columns.items()} | rest
                          | {"measures": taken, "w": self.w.clone()})  # fmt: skip


def diverged(loss: float, step: int, limit: float) -> str:
    """Why a run ended whose loss left the allowed range."""
    return f"diverged: the loss is {loss:.3g} at step {step}, not within {limit:.3g}; use a smaller lr"


def cut_short(reason: str, step: int) -> str:
    """Why a run ended that was interrupted, or could not be measured."""
    return f"stopped at step {step} ({reason or 'interrupted'}); the points before it are kept"


def _array(value: float | Tensor | np.ndarray) -> np.ndarray:
    return value.detach().cpu().numpy().copy() if isinstance(value, Tensor) else np.array(value, dtype=float)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    numbers = {name: float(x) if isinstance(x, float) else x for name, x in row.items()}  # a numpy float is a float too
    return numbers | {"measures": {name: torch.from_numpy(x) for name, x in row["measures"].items()}}

"""The record of one run: what was measured at each w_t, and where the run came from."""

from __future__ import annotations

import json
import math
import platform
import subprocess
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eoslib.checkpoint import whole

__all__ = ["Trajectory", "provenance"]

FORMAT = "eoslib-trajectory-2"  # 2: time, lrs, thresholds and measures at every point
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Trajectory:
    """A run of T recorded points. Entries at index t all belong to the same w_t; not measured = nan."""

    step: Array  # (T,) int, the t of w_t; of a flow: steps of the integrator so far
    time: Array  # (T,) the sum of all step sizes before w_t; of a flow: its time
    loss: Array  # (T,) training loss
    eigenvalues: Array  # (T, k) largest algebraic eigenvalues of H, of P⁻¹H with a preconditioner; curvature
    hvps: Array  # (T,) int, Hessian-vector products spent at this point
    lrs: Array  # (T,) step size η of the step from w_t; of a flow: 0
    thresholds: Array  # (T,) sharpness at which the optimizer turns unstable there (2/η for gradient descent)
    measures: dict[str, Array]  # whatever else was asked for: (T,) or (T, d) each
    w0: Tensor  # (p,) parameters at the start
    w: Tensor  # (p,) parameters at the last recorded point
    stopped: str  # why the run ended early, in a sentence; "" when it took all its steps
    provenance: dict[str, Any]  # configuration, seeds, versions, revision, hardware

    def __post_init__(self) -> None:
        for array in (*(getattr(self, name) for name in _POINTS), *self.measures.values()):
            array.setflags(write=False)

    @property
    def lr(self) -> float:
        """The step size at the last recorded point: of the whole run, unless it followed a schedule."""
        return float(self.lrs[-1])

    @property
    def threshold(self) -> float:
        """The threshold at the last recorded point: of the whole run, unless it moved."""
        return float(self.thresholds[-1])

    @property
    def sharpness(self) -> Array:
        """(T,) the largest eigenvalue at each recorded point."""
        values: Array = self.eigenvalues[:, 0]
        return values

    def late(self, share: float = 0.3) -> float:
        """Mean sharpness over the last `share` of the recorded points, each in units of its threshold.

        nan where none was measured. Raises ValueError when share is not in (0, 1].
        """
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}; give a part of the run in (0, 1], for example 0.3.")
        tail = slice(-max(1, round(share * len(self.step))), None)
        ratio = self.sharpness[tail] / self.thresholds[tail]
        return float(ratio[~np.isnan(ratio)].mean()) if not np.isnan(ratio).all() else math.nan

    def crossing(self) -> int | None:
        """The first recorded step at which the sharpness is above the threshold; None when it never is."""
        above = np.flatnonzero(self.sharpness > self.thresholds)
        return int(self.step[above[0]]) if len(above) else None

    def __repr__(self) -> str:
        end = f"; {self.stopped}" if self.stopped else ""
        measured = np.flatnonzero(np.isfinite(self.sharpness))
        sharp = f", sharpness {self.sharpness[measured[-1]]:.4g}" if len(measured) else ""
        return (
            f"{len(self.step)} points to step {self.step[-1]}: loss {self.loss[0]:.4g} → {self.loss[-1]:.4g}"
            f"{sharp} (threshold {self.threshold:.4g}){end}"
        )

    def save(self, path: str | Path) -> Path:
        """Write the run to one .npz file, whole or not at all. Returns the path written."""
        path = Path(path)
        if path.suffix != ".npz":  # not with_suffix, which would make edge_0.npz of both edge_0.1 and edge_0.2
            path = path.with_name(path.name + ".npz")
        arrays = {name: np.asarray(getattr(self, name)) for name in _ARRAYS}
        arrays |= {_MEASURE + name: values for name, values in self.measures.items()}
        head = {"format": FORMAT} | {n: getattr(self, n) for n in _HEAD}
        with whole(path) as part, part.open("wb") as file:
            np.savez_compressed(file, head=np.array(json.dumps(head)), **arrays)  # type: ignore[arg-type]
        return path

    @classmethod
    def load(cls, path: str | Path) -> Trajectory:
        """Read a run that `save` wrote. Raises ValueError when the file is damaged or something else."""
        try:
            with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
                head = json.loads(str(file["head"]))
                if head.pop("format") != FORMAT:
                    raise KeyError("format")
                arrays = {n: file[n] for n in _ARRAYS}
                measures = {n.removeprefix(_MEASURE): file[n] for n in file.files if n.startswith(_MEASURE)}
            arrays |= {n: torch.from_numpy(arrays[n]) for n in ("w0", "w")}
            return cls(**arrays, measures=measures, **head)
        except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(
                f"{path} is not a run that this version of eoslib saved, or it is damaged ({error!r}). "
                "Save it again with run.save(path)."
            ) from error


_POINTS = ("step", "time", "loss", "eigenvalues", "hvps", "lrs", "thresholds")  # one entry a recorded point
_ARRAYS = (*_POINTS, "w0", "w")
_HEAD = ("stopped", "provenance")
_MEASURE = "measure: "  # before the name of a measure in a saved file


def provenance(**configuration: Any) -> dict[str, Any]:
    """Where a result came from: the configuration given, package versions, git revision, hardware."""
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_initialized() else ""  # type: ignore[no-untyped-call]
    return configuration | {
        "versions": {"python": platform.python_version()} | {n: _version(n) for n in ("eoslib", "torch", "numpy")},
        "revision": _revision(),
        "hardware": f"{_processor()}, {torch.get_num_threads()} thread(s)" + gpu,
        "platform": platform.platform(),
    }


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


@cache
def _revision() -> str:
    """The git revision of the source this library runs from, with '+' when files differ from it; '' outside git.

    Installed into an environment inside somebody's repository, it is not of their revision: git must know the file.
    """
    ours, describe = ["ls-files", __file__], ["describe", "--always", "--dirty=+", "--exclude=*", "--abbrev=12"]
    try:
        said = [subprocess.run(["git", *command], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10,
                               check=False).stdout.strip() for command in (ours, describe)]  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said[1] if said[0] else ""


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()

"""Figures in one picture language: loss above, sharpness and its dashed threshold below, one time axis.

Every function takes and returns its axes and never shows anything; `show` does, and demands alt text.
Colours are Okabe and Ito's, told apart by dash pattern and direct labels as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eoslib.trajectory import Trajectory

__all__ = ["COLOURS", "edge", "figure", "loss", "sharpness", "show", "spectrum"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe & Ito 2008, darkest first

STYLE: dict[Any, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.6,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": "#222222",
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "font.size": 10,  # at 6.2 inches wide: 16 px in a desktop column, 8 px on a phone
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "figure.dpi": 140,
    "savefig.dpi": 140,
    "figure.constrained_layout.use": True,
}


def figure(rows: int = 1, columns: int = 1, *, height: float = 3.0, **options: Any) -> tuple[Figure, np.ndarray]:
    """A figure in the book's style, and its axes as an array of shape (rows, columns). `height` is inches a row."""
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(rows, columns, figsize=(6.2, height * rows), squeeze=False, **options)
    return fig, axes


def edge(
    runs: Trajectory | Sequence[Trajectory],
    *,
    time: Literal["step", "eta t"] = "step",
    axes: tuple[Axes, Axes] | None = None,
) -> tuple[Axes, Axes]:
    """Loss (log) above, sharpness with its dashed threshold below, one shared time axis.

    `time="eta t"` uses the sum of the step sizes so far (η · step, where η stands still): the time axis on which runs
    of different step size follow the same flow.
    """
    runs = _list(runs)
    if axes is None:
        _, grid = figure(2, height=2.3, sharex=True)
        axes = (grid[0, 0], grid[1, 0])
    loss(runs, time=time, ax=axes[0])
    sharpness(runs, time=time, ax=axes[1])
    axes[0].set_xlabel("")
    return axes


def loss(runs: Trajectory | Sequence[Trajectory], *, time: str = "step", ax: Axes | None = None) -> Axes:
    """The training loss of each run on a logarithmic axis."""
    runs = _list(runs)
    ax = figure()[1][0, 0] if ax is None else ax
    for run, colour in zip(runs, _cycle(len(runs)), strict=True):
        ax.semilogy(_time(run, time), run.loss, color=colour, label=_name(run))
    ax.set(ylabel="training loss", xlabel=_time_label(time))
    if len(runs) > 1:
        ax.legend(loc="upper right")
    return ax


def sharpness(runs: Trajectory | Sequence[Trajectory], *, time: str = "step", ax: Axes | None = None) -> Axes:
    """The sharpness of each run, with its threshold dashed in the same colour and named at the right."""
    runs = _list(runs)
    ax = figure()[1][0, 0] if ax is None else ax
    for run, colour in zip(runs, _cycle(len(runs)), strict=True):
        t, measured = _time(run, time), np.isfinite(run.sharpness)
        ax.plot(t[measured], run.sharpness[measured], color=colour)
        if not np.isfinite(run.thresholds).all():
            continue  # a flow has no threshold
        if np.ptp(run.thresholds) == 0:
            ax.axhline(run.threshold, color=colour, linestyle=(0, (5, 3)), linewidth=1.1)
        else:
            ax.plot(t, run.thresholds, color=colour, linestyle=(0, (5, 3)), linewidth=1.1)
        word = "2/η" if run.threshold == 2 / run.lr else "threshold"
        ax.annotate(
            f"{word} = {run.threshold:.3g}", (1, run.threshold), xycoords=("axes fraction", "data"),
            xytext=(4, 0), textcoords="offset points", va="center", color=colour, fontsize=9.5,
        )  # fmt: skip
    ax.set(ylabel="sharpness", xlabel=_time_label(time))
    ax.set_ylim(bottom=0)
    return ax


def spectrum(values: np.ndarray, *, ax: Axes | None = None) -> Axes:
    """Eigenvalues sorted from the largest down, against their rank (logarithmic)."""
    ax = figure()[1][0, 0] if ax is None else ax
    ordered = np.sort(np.asarray(values))[::-1]
    ax.plot(np.arange(1, len(ordered) + 1), ordered, "o", markersize=3, color=COLOURS[0])
    ax.axhline(0, color="#555555", linewidth=0.8)
    ax.set(xscale="log", xlabel="rank", ylabel="Hessian eigenvalue")
    return ax


def show(fig: Figure, *, alt: str) -> None:
    """Display a figure in a notebook with its alternative text, and close it.

    The text says what a reader who cannot see the figure needs: what is plotted and what it shows.
    Raises ValueError when alt is shorter than 20 characters.
    """
    from IPython.display import display  # only notebooks need it

    if len(alt.strip()) < 20:
        raise ValueError(f"alt is {alt!r}; say in a sentence what the figure plots and what it shows.")
    display(fig, metadata={"image/png": {"alt": alt}})  # type: ignore[no-untyped-call]
    plt.close(fig)


def _list(runs: Trajectory | Sequence[Trajectory]) -> list[Trajectory]:
    return [runs] if isinstance(runs, Trajectory) else list(runs)


def _name(run: Trajectory) -> str:
    if run.lr == 0:
        return "gradient flow"
    return f"η = {run.lr:g}" if np.ptp(run.lrs) == 0 else f"η = {run.lrs[0]:g} → {run.lr:g}"


def _cycle(n: int) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(n)]


def _time(run: Trajectory, time: str) -> np.ndarray:
    if time not in ("step", "eta t"):
        raise ValueError(f"time is {time!r}; use 'step' or 'eta t'.")
    return run.time if time == "eta t" else run.step


def _time_label(time: str) -> str:
    return "time η · step" if time == "eta t" else "step"

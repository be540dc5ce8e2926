"""The descent loop: steps of an optimizer, with the loss and the sharpness measured at the same w_t."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import trange

from eoslib.curvature import SharpnessTracker
from eoslib.landscape import Landscape
from eoslib.optimizers import GradientDescent
from eoslib.trajectory import Trajectory, provenance

__all__ = ["descend"]


def descend(
    landscape: Landscape,
    optimizer: GradientDescent,
    *,
    steps: int,
    w: Tensor | None = None,
    every: int = 1,
    k: int = 1,
    tol: float = 1e-3,
    blowup: float = 1e6,
    seed: int = 0,
    progress: bool = True,
) -> Trajectory:
    """Take `steps` steps from w (default: landscape.w0) and record w_0 … w_steps: steps + 1 points.

    The loss is recorded at every point; the k largest Hessian eigenvalues at every `every`-th (0: never), to a
    relative error of about `tol`, nan elsewhere. `seed` is the eigensolver's.
    Stops early, keeping everything recorded so far, when the loss is not finite or above `blowup` × the size of
    its first value (of 1, where that is 0), or on Ctrl-C; `stopped` then says so. An eigenvalue the solver could
    not settle is nan.
    Raises ValueError on steps < 1, every < 0, blowup ≤ 1, k out of range, or a loss that is not finite at the start.

    >>> from eoslib import GradientDescent, quadratic
    >>> run = descend(quadratic([10.0]), GradientDescent(lr=0.2), steps=3, progress=False)
    >>> run.loss.tolist(), run.threshold            # curvature = 2/η: x alternates, the loss stays
    ([5.0, 5.0, 5.0, 5.0], 10.0)
    """
    if steps < 1 or every < 0 or not blowup > 1:
        raise ValueError(f"descend got steps={steps}, every={every}, blowup={blowup}; use steps ≥ 1, every ≥ 0 and "
                         "blowup > 1.")  # fmt: skip
    w = (landscape.w0 if w is None else w).detach().clone()
    first = landscape.loss(w)
    if not math.isfinite(first):
        raise ValueError(f"The loss at the start is {first}; begin from parameters where it is finite.")
    tracker = SharpnessTracker(k=k, tol=tol, seed=seed)
    log = _Log(k, limit=blowup * (abs(first) or 1.0))
    start, state, stopped = w, optimizer.init(w), ""
    quiet = not progress or bool(os.environ.get("TQDM_DISABLE"))  # tqdm's notebook bar does not look there itself
    bar = trange(steps + 1, desc="descend", unit="step", leave=False, delay=2, disable=quiet)
    try:
        for t in bar:
            measure = every > 0 and t % every == 0
            gradient, stopped = _visit(landscape, w, t, tracker if measure else None, log)
            if stopped or t == steps:
                break
            w, state = optimizer.step(w, state, gradient)
    except (KeyboardInterrupt, FloatingPointError) as reason:
        if not log.rows:
            raise
        stopped = f"stopped at step {len(log.rows)} ({str(reason) or 'interrupted'}); the points before it are kept"
    finally:
        bar.close()
    return Trajectory(
        **log.arrays(), w0=start, w=log.w, lr=optimizer.lr, threshold=optimizer.threshold, stopped=stopped,
        provenance=provenance(objective=str(landscape), optimizer=repr(optimizer), steps=steps, every=every, k=k,
                              tol=tol, blowup=blowup, seed=seed),
    )  # fmt: skip


class _Log:
    """What has been measured so far. One append writes a whole point, so an interrupt cannot tear one."""

    def __init__(self, k: int, limit: float) -> None:
        self.k, self.limit = k, limit  # limit: the loss above which the run counts as diverged
        self.rows: list[tuple[float, list[float], int]] = []  # loss, eigenvalues, hvps
        self.w = torch.empty(0)  # (p,) where the last recorded point stands

    def write(self, w: Tensor, loss: float, eigenvalues: list[float] | None = None, hvps: int = 0) -> None:
        self.rows.append((loss, eigenvalues or [math.nan] * self.k, hvps))
        self.w = w

    def arrays(self) -> dict[str, Any]:
        loss, eigenvalues, hvps = zip(*self.rows, strict=True)
        return {
            "step": np.arange(len(loss)),
            "loss": np.array(loss),
            "eigenvalues": np.array(eigenvalues),
            "hvps": np.array(hvps),
        }


def _visit(landscape: Landscape, w: Tensor, t: int, tracker: SharpnessTracker | None, log: _Log) -> tuple[Tensor, str]:
    """Measure at w_t and record it. Returns the gradient, and why to stop ('' to go on)."""
    if tracker is None:
        loss, gradient = landscape.loss_and_gradient(w)
        log.write(w, loss)
    else:
        point = landscape.at(w)
        loss, gradient = point.loss, point.gradient
        if loss <= log.limit:
            pairs = tracker(point)
            log.write(w, loss, pairs.values.tolist() if pairs.converged else None, pairs.hvps)
        else:
            log.write(w, loss)
    if loss <= log.limit:
        return gradient, ""
    return gradient, f"diverged: the loss is {loss:.3g} at step {t}, not within {log.limit:.3g}; use a smaller lr"

"""Gradient flow: what gradient descent would do with an infinitely small step."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from scipy.integrate import RK45
from torch import Tensor
from tqdm.auto import tqdm

from eoslib.curvature import SharpnessTracker
from eoslib.landscape import Landscape
from eoslib.log import Log, Measure, Visit
from eoslib.objective import Objective
from eoslib.trajectory import Trajectory, provenance

__all__ = ["flow"]


def flow(
    landscape: Landscape,
    times: Sequence[float] | np.ndarray,
    *,
    w: Tensor | None = None,
    rtol: float = 1e-6,
    every: int = 1,
    k: int = 1,
    tol: float = 1e-3,
    measures: Mapping[str, Measure] | None = None,
    loss_goal: float = -math.inf,
    accuracy_goal: float = math.inf,
    seed: int = 0,
    progress: bool = True,
) -> Trajectory:
    """Follow dw/dt = −∇L(w) from w (default: landscape.w0) and record it at `times`, which begin at 0.

    Dormand and Prince's pair of orders 5 and 4 chooses its steps, so that each adds an error of about `rtol` × the size
    of w at most; between them w is interpolated to 4th order. No step is longer than about 3.3 / sharpness.
    The record is a descent's: `time` is the flow's, η is 0, the threshold infinite, `step` counts steps of the
    integrator. `every`, `k`, `tol`, `seed` and `measures` are as in `descend`, counted in recorded points.
    Stops at the first recorded point where the loss is ≤ loss_goal or the accuracy ≥ accuracy_goal, when the flow is
    no longer finite, or on Ctrl-C; `stopped` then says so.
    Raises ValueError when times do not increase from 0, rtol is not in (0, 1), every < 0, the loss is not finite at
    the start, or an accuracy is asked for where there is none.
    Source: Cohen et al. 2021, on gradient flow (there by the classical Runge–Kutta method).

    >>> from eoslib import quadratic
    >>> round(flow(quadratic([2.0]), [0.0, 1.0], progress=False).w.item(), 6)      # e⁻²
    0.135335
    """
    t = np.asarray(times, dtype=float)
    if t.ndim != 1 or len(t) < 2 or t[0] != 0 or not (np.diff(t) > 0).all() or not np.isfinite(t[-1]):
        raise ValueError(f"times are {times}; give at least two, increasing from 0, for example [0, 1, 2].")
    if not 0 < rtol < 1 or every < 0:
        raise ValueError(f"flow got rtol={rtol}, every={every}; use 0 < rtol < 1 and every ≥ 0.")
    start = (landscape.w0 if w is None else w).detach().clone()
    if not math.isfinite(landscape.loss(start)):
        raise ValueError(f"The loss at the start is {landscape.loss(start)}; begin where it is finite.")
    judge = landscape if accuracy_goal < math.inf and isinstance(landscape, Objective) else None
    if accuracy_goal < math.inf and (judge is None or math.isnan(judge.accuracy(start))):
        raise ValueError("accuracy_goal needs an Objective with classes; use loss_goal.")

    def velocity(_: float, y: np.ndarray) -> np.ndarray:
        return -landscape.gradient(torch.as_tensor(y).to(start)).cpu().double().numpy()

    y0 = start.cpu().double().numpy()
    size = float(np.sqrt(np.mean(y0 * y0))) or 1.0
    solver = RK45(velocity, 0.0, y0, t[-1], rtol=rtol, atol=rtol * size)
    log, stopped, steps = Log(k, measures), "", 0
    # recorded points may lie far apart, so each is an audit: nothing of the last one is taken on trust
    tracker = SharpnessTracker(k=k, tol=tol, seed=seed, audit_every=1)
    quiet = not progress or bool(os.environ.get("TQDM_DISABLE"))
    try:
        for i, now in enumerate(tqdm(t, desc="flow", unit="point", leave=False, delay=2, disable=quiet)):
            while solver.t < now and solver.status == "running":
                solver.step()
                steps += 1
            if solver.status == "failed":
                stopped = f"stopped before time {now:g}: the flow is not finite there; the points before it are kept"
                break
            point = landscape.at(torch.as_tensor(y0 if now == 0 else solver.dense_output()(now)).to(start))
            pairs = tracker(point) if every and i % every == 0 else None
            log.note(pairs)
            visit = Visit(steps, float(now), point.w.detach(), point.loss, point.gradient, pairs=pairs)
            log.write(visit, threshold=math.inf)
            if point.loss <= loss_goal:
                stopped = f"reached a loss of {loss_goal:g} at time {now:g}"
            elif judge is not None and judge.accuracy(visit.w) >= accuracy_goal:
                stopped = f"reached an accuracy of {accuracy_goal:g} at time {now:g}"
            if stopped:
                break
    except (KeyboardInterrupt, FloatingPointError) as reason:
        if not log.rows:
            raise
        stopped = f"stopped before time {now:g} ({str(reason) or 'interrupted'}); the points before it are kept"
    return log.trajectory(
        w0=start, stopped=stopped,
        provenance=provenance(objective=str(landscape), optimizer="gradient flow, Dormand–Prince 5(4)", rtol=rtol,
                              until=float(t[-1]), every=every, k=k, tol=tol, seed=seed),
    )  # fmt: skip

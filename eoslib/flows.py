"""Gradient flow: what gradient descent would do with an infinitely small step."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from scipy.integrate import RK45
from torch import Tensor
from tqdm.auto import tqdm

from eoslib.checkpoint import Keeper, identity
from eoslib.landscape import Landscape
from eoslib.log import Log, Measure, Visit
from eoslib.objective import Objective
from eoslib.tracker import SharpnessTracker
from eoslib.trajectory import Trajectory, provenance

__all__ = ["flow"]


def flow(
    landscape: Landscape, times: Sequence[float] | np.ndarray, *, w: Tensor | None = None, rtol: float = 1e-6,
    every: int = 1, k: int = 1, tol: float = 1e-3, measures: Mapping[str, Measure] | None = None,
    loss_goal: float = -math.inf, accuracy_goal: float = math.inf, seed: int = 0, progress: bool = True,
    checkpoint: str | Path | None = None,
) -> Trajectory:  # fmt: skip
    """Follow dw/dt = −∇L(w) from w (default: landscape.w0) and record it at `times`, which begin at 0.

    Dormand and Prince's pair of orders 5 and 4 chooses its steps, so that each adds an error of about `rtol` × the size
    of w at most; between them w is interpolated to 4th order. No step is longer than about 3.3 / sharpness.
    The record is a descent's: `time` is the flow's, η is 0, the threshold infinite, `step` counts steps of the
    integrator. `every`, `k`, `tol`, `seed` and `measures` are as in `descend`, counted in recorded points.
    Stops at the first recorded point where the loss is ≤ loss_goal or the accuracy ≥ accuracy_goal, when the flow is
    no longer finite, or on Ctrl-C; `stopped` then says so. `checkpoint` is as in `descend`.
    Raises ValueError when times do not increase from 0, rtol is not in (0, 1), every < 0, the loss is not finite at
    the start, an accuracy is asked for where there is none, or the checkpoint is of another run.
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
    if not math.isfinite(first := landscape.loss(start)):
        raise ValueError(f"The loss at the start is {first}; begin where it is finite.")
    if accuracy_goal < math.inf and not (isinstance(landscape, Objective) and landscape.accuracy(start) >= 0):
        raise ValueError("accuracy_goal needs an Objective with classes; use loss_goal.")
    goals = {"loss_goal": loss_goal, "accuracy_goal": accuracy_goal}
    options = {"rtol": rtol, "every": every, "k": k, "tol": tol, "seed": seed}
    options |= {name: goal for name, goal in goals.items() if math.isfinite(goal)}  # JSON has no infinity
    run = _Flow(landscape, start, t, Log(k, measures), options)
    facts = identity(start, objective=landscape, loss_at_w0=first, times=t.tolist(), measures=list(run.log.measures),
                     **options)  # fmt: skip
    keeper = Keeper(checkpoint, facts, run, start.device)
    quiet = not progress or bool(os.environ.get("TQDM_DISABLE"))
    bar = tqdm(total=len(t), initial=run.i, desc="flow", unit="point", leave=False, delay=2, disable=quiet)
    try:
        while run.i < len(t) and not run.stopped and not keeper.done and run.reach(t[run.i], keeper):
            run.write(t[run.i], track=every > 0 and run.i % every == 0)
            bar.update()
            keeper.glance()
        keeper.keep(done=True)
    except (KeyboardInterrupt, FloatingPointError) as reason:
        if not run.log.rows:
            raise
        run.stopped = run.cut(str(reason) or "interrupted")
    finally:
        bar.close()
    source = provenance(objective=str(landscape), optimizer="gradient flow, Dormand–Prince 5(4)", until=float(t[-1]),
                        **options)  # fmt: skip
    return run.log.trajectory(w0=start, stopped=run.stopped, provenance=source)


class _Flow:
    """A flow on its way: the integrator, and the points recorded so far."""

    KEPT = ("t", "y", "f", "h_abs", "t_old", "y_old", "h_previous", "K")  # what RK45 steps on from, and interpolates by

    def __init__(self, landscape: Landscape, start: Tensor, times: np.ndarray, log: Log, options: Mapping[str, Any]):
        self.landscape, self.start, self.times, self.log, self.options = landscape, start, times, log, options
        self.i, self.steps, self.stopped = 0, 0, ""  # i: the next point to record
        y0, rtol = start.cpu().double().numpy(), options["rtol"]
        size = float(np.sqrt(np.mean(y0 * y0))) or 1.0
        self.solver = RK45(self._velocity, 0.0, y0, times[-1], rtol=rtol, atol=rtol * size)
        # recorded points may lie far apart, so each is an audit: nothing of the last one is taken on trust
        self.tracker = SharpnessTracker(k=log.k, tol=options["tol"], seed=options["seed"], audit_every=1)

    def _velocity(self, _: float, y: np.ndarray) -> np.ndarray:
        return -self.landscape.gradient(self._tensor(y)).cpu().double().numpy()

    def _tensor(self, y: np.ndarray) -> Tensor:
        return torch.as_tensor(y).to(self.start)

    def reach(self, time: float, keeper: Keeper) -> bool:
        """Step until this time lies behind. False when the flow is lost on the way."""
        while self.solver.t < time and self.solver.status == "running":
            self.solver.step()
            self.steps += 1
            keeper.glance()
        if self.solver.status == "failed":
            self.stopped = self.cut("the flow is not finite there")
        return not self.stopped

    def write(self, time: float, *, track: bool) -> None:
        """Measure and record the point at this time."""
        point = self.landscape.at(self._tensor(self.solver.dense_output()(time) if time else self.solver.y))
        pairs = self.tracker(point) if track else None
        self.log.note(pairs)
        visit = Visit(self.steps, float(time), point.w.detach(), point.loss, point.gradient, pairs=pairs)
        self.log.write(visit, threshold=math.inf)
        self.i += 1
        loss_goal = self.options.get("loss_goal", -math.inf)
        accuracy_goal = self.options.get("accuracy_goal", math.inf)
        if point.loss <= loss_goal:
            self.stopped = f"reached a loss of {loss_goal:g} at time {time:g}"
        elif accuracy_goal < math.inf and cast(Objective, self.landscape).accuracy(visit.w) >= accuracy_goal:
            self.stopped = f"reached an accuracy of {accuracy_goal:g} at time {time:g}"

    def cut(self, reason: str) -> str:
        """Why it ends before all points are recorded."""
        return f"stopped before time {self.times[self.i]:g}: {reason}; the points before it are kept"

    def state_dict(self) -> dict[str, Any]:
        """Everything the rest depends on and all that was recorded, as tensors and plain numbers."""
        known = {n: x for n in self.KEPT if (x := getattr(self.solver, n)) is not None}
        return {"i": self.i, "steps": self.steps, "stopped": self.stopped, "log": self.log.state_dict(),
                "solver": {n: torch.from_numpy(np.array(x, dtype=float)) for n, x in known.items()},
                "tracker": self.tracker.state_dict()}  # fmt: skip

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where `state_dict` was taken, on the CPU to the last bit."""
        self.i, self.steps, self.stopped = state["i"], state["steps"], state["stopped"]
        self.log.load_state_dict(state["log"])
        self.tracker.load_state_dict(state["tracker"])
        for name, x in state["solver"].items():
            setattr(self.solver, name, x.cpu().numpy() if x.ndim else x.item())

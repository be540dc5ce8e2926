"""The descent loop: steps of an optimizer, with the loss and the sharpness measured at the same w_t."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from tqdm.auto import tqdm

from eoslib.checkpoint import Keeper, identity
from eoslib.curvature import Eigenpairs
from eoslib.landscape import Landscape
from eoslib.log import Log, Measure, Visit, cut_short, diverged
from eoslib.operators import preconditioned
from eoslib.optimizers import GradientDescent
from eoslib.tracker import SharpnessTracker
from eoslib.trajectory import Trajectory, provenance

__all__ = ["Descent", "descend"]


class Descent:
    """A descent one step at a time: `visit` measures and records w_t, `advance` goes to w_{t+1}.

    `descend` is a loop around it, with a progress bar and checkpoints. Take it apart to do something between the steps:
    `optimizer` may be replaced there, by one that keeps the same state. A point that is visited again is recorded once.
    Raises ValueError when the optimizer is not eoslib's, the loss is not finite at the start, every < 0, record < 1
    or blowup ≤ 1.

    >>> from eoslib import GradientDescent, quadratic
    >>> run = Descent(quadratic([10.0]), GradientDescent(lr=0.2))
    >>> while run.visit() and run.t < 3:
    ...     run.advance()
    >>> run.trajectory().loss.tolist()
    [5.0, 5.0, 5.0, 5.0]
    """

    def __init__(
        self, landscape: Landscape, optimizer: GradientDescent, *, w: Tensor | None = None, every: int = 1,
        record: int = 1, k: int = 1, tol: float = 1e-3, measures: Mapping[str, Measure] | None = None,
        blowup: float = 1e6, seed: int = 0,
    ) -> None:  # fmt: skip
        if not isinstance(landscape, Landscape) or not isinstance(optimizer, GradientDescent):
            raise ValueError("A run takes a landscape, as eos.Objective(network, data), and an optimizer of eoslib, as "
                             f"eos.Polyak(lr=0.1); it got {type(landscape).__name__} and {optimizer!r:.60}. For lists "
                             "of them there is sweep.")  # fmt: skip
        if every < 0 or record < 1 or not blowup > 1:
            raise ValueError(f"A run got every={every}, record={record}, blowup={blowup}; use every ≥ 0, record ≥ 1 "
                             "and blowup > 1.")  # fmt: skip
        self.landscape, self.optimizer, self.every, self.record = landscape, optimizer, every, record
        self.w0 = (landscape.w0 if w is None else w).detach().clone()  # (p,)
        self.first = landscape.loss(self.w0)
        if not math.isfinite(self.first):
            raise ValueError(f"The loss at the start is {self.first}; begin from parameters where it is finite.")
        self.limit = blowup * (abs(self.first) or 1.0)
        self.tracker, self.log = SharpnessTracker(k=k, tol=tol, seed=seed), Log(k, measures)
        self.t, self.time, self.stopped = 0, 0.0, ""
        self.w, self.state, self.now, self.gradient = self.w0, optimizer.init(self.w0), optimizer, self.w0
        self._visited = -1  # the t at which `gradient` was taken
        self.options = {"every": every, "record": record, "k": k, "tol": tol, "blowup": blowup, "seed": seed}

    def visit(self, *, last: bool = False) -> bool:
        """Measure at w_t, and record it when its turn has come or it is the `last`. False when the run is lost there.

        Raises FloatingPointError when a Hessian-vector product is not finite, or a schedule gives no step size.
        """
        if self.stopped:
            return False
        seen = bool(self.log.rows) and self.log.rows[-1]["step"] == self.t
        kept = (self.t % self.record == 0 or last) and not seen
        track = kept and self.every > 0 and self.t % self.every == 0
        loss, self.gradient, pairs = self.first, self.w, None  # where nothing is recorded, SGD needs none of them
        if kept or self.optimizer.full_batch:
            loss, self.gradient, pairs = self._look(track)
        return self.note(loss, self.gradient, pairs, kept)

    def note(self, loss: float, gradient: Tensor, pairs: Eigenpairs | None, kept: bool) -> bool:
        """Record what was measured at w_t, if it is to be kept or lost. False when it is lost, which ends the run."""
        self.now, lost = self.optimizer.at(self.t, self.log.note(pairs)), not self.allows(loss)
        if kept or lost:
            visit = Visit(self.t, self.time, self.w, loss, gradient, self.now.eta, pairs)
            self.log.write(visit, threshold=self.now.edge(gradient), lost=lost)
        if lost:
            self.stopped = diverged(loss, self.t, self.limit)
        self._visited = self.t
        return not lost

    def allows(self, loss: float) -> bool:
        """Whether a run goes on at this loss: it is finite and within the limit."""
        return math.isfinite(loss) and loss <= self.limit

    def advance(self) -> None:
        """One step from the point that was visited last. Raises ValueError where that is not the present one."""
        if self._visited != self.t:
            raise ValueError(f"advance() has no gradient at step {self.t}; call visit() there first.")
        sensed = self.now.sense(self.landscape, self.w, self.t, self.gradient)
        self.w, self.state = self.now.step(self.w, self.state, sensed)
        self.time += self.now.eta
        self.t += 1

    def trajectory(self, **configuration: object) -> Trajectory:
        """The record so far. Raises ValueError before the first point."""
        source = {"objective": str(self.landscape), "optimizer": repr(self.optimizer)} | self.options | configuration
        return self.log.trajectory(w0=self.w0, stopped=self.stopped, provenance=provenance(**source))

    def state_dict(self) -> dict[str, Any]:
        """Everything the next step depends on and all that was recorded, as tensors and plain numbers."""
        return {"t": self.t, "time": float(self.time), "stopped": self.stopped, "w": self.w, "state": self.state,
                "log": self.log.state_dict(), "tracker": self.tracker.state_dict()}  # fmt: skip

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where `state_dict` was taken, on the CPU to the last bit (if the measures keep no state)."""
        self.t, self.time, self.stopped, self.w = (state[name] for name in ("t", "time", "stopped", "w"))
        self.state, self._visited = tuple(state["state"]), -1
        self.log.load_state_dict(state["log"])
        self.tracker.load_state_dict(state["tracker"])

    def _look(self, track: bool) -> tuple[float, Tensor, Eigenpairs | None]:
        """Loss, gradient and, where they are to be tracked and the loss is within its limit, eigenpairs at w_t."""
        if not track:
            return *self.landscape.loss_and_gradient(self.w), None
        point = self.landscape.at(self.w)
        if not self.allows(point.loss):
            return point.loss, point.gradient, None
        diagonal = self.optimizer.preconditioner(self.state, point.gradient)
        pairs = self.tracker(point if diagonal is None else preconditioned(point, diagonal))
        return point.loss, point.gradient, pairs


def descend(
    landscape: Landscape, optimizer: GradientDescent, *, steps: int, w: Tensor | None = None, every: int = 1,
    record: int = 1, k: int = 1, tol: float = 1e-3, measures: Mapping[str, Measure] | None = None,
    blowup: float = 1e6, seed: int = 0, progress: bool = True, checkpoint: str | Path | None = None,
) -> Trajectory:  # fmt: skip
    """Take `steps` steps from w (default: landscape.w0) and record w_0 … w_steps: steps + 1 points.

    The loss is recorded at every point; the k largest Hessian eigenvalues at every `every`-th (0: never), to a
    relative error of about `tol`, nan elsewhere. (Of P⁻¹H, where the optimizer has a preconditioner P: its threshold
    is for them.) `seed` is the eigensolver's. `measures` are taken at every point, see eoslib.measures.
    With `record` > 1 only every record-th point and the last are recorded, and SGD then computes no loss between.
    Stops early, keeping everything recorded so far, when the loss is not finite or above `blowup` × the size of
    its first value (of 1, where that is 0), when a schedule gives no step size, or on Ctrl-C; `stopped` then says so.
    An eigenvalue the solver could not settle is nan.
    `checkpoint` names a file that is written at the start, once a minute and at the end. Where it exists, the run goes
    on from there, and on the CPU ends with the same bits as one that was never interrupted (if its measures keep no
    state). Functions, as schedules and measures are, it knows by their names alone.
    Raises ValueError on an optimizer that is not one of eoslib, steps < 1, every < 0, record < 1, blowup ≤ 1, k out of
    range, a loss that is not finite at the start, or a checkpoint of another run.

    >>> from eoslib import GradientDescent, quadratic
    >>> run = descend(quadratic([10.0]), GradientDescent(lr=0.2), steps=3, progress=False)
    >>> run.loss.tolist(), run.threshold            # curvature = 2/η: x alternates, the loss stays
    ([5.0, 5.0, 5.0, 5.0], 10.0)
    """
    if steps < 1:
        raise ValueError(f"A run got steps={steps}; use steps ≥ 1.")
    run = Descent(landscape, optimizer, w=w, every=every, record=record, k=k, tol=tol, measures=measures,
                  blowup=blowup, seed=seed)  # fmt: skip
    facts = identity(run.w0, objective=landscape, optimizer=optimizer, loss_at_w0=run.first,
                     measures=list(run.log.measures), **run.options, steps=steps)  # fmt: skip
    keeper = Keeper(checkpoint, facts, run, run.w.device)
    if keeper.done:
        return run.trajectory(steps=steps)
    quiet = not progress or bool(os.environ.get("TQDM_DISABLE"))  # tqdm's notebook bar does not look there itself
    bar = tqdm(total=steps, initial=run.t, desc="descend", unit="step", leave=False, delay=2, disable=quiet)
    try:
        while run.visit(last=run.t == steps) and run.t < steps:
            run.advance()
            bar.update()
            keeper.glance()
        keeper.keep(done=True)
    except (KeyboardInterrupt, FloatingPointError) as reason:
        if not run.log.rows:
            raise
        run.stopped = cut_short(str(reason), run.t)
    finally:
        bar.close()
    return run.trajectory(steps=steps)

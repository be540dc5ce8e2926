"""The descent loop: steps of an optimizer, with the loss and the sharpness measured at the same w_t."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence

from torch import Tensor
from tqdm.auto import trange

from eoslib.curvature import Eigenpairs, SharpnessTracker
from eoslib.landscape import Landscape
from eoslib.log import Log, Measure, Visit, cut_short, diverged
from eoslib.operators import preconditioned
from eoslib.optimizers import GradientDescent, State
from eoslib.trajectory import Trajectory, provenance

__all__ = ["descend"]


def descend(
    landscape: Landscape,
    optimizer: GradientDescent,
    *,
    steps: int,
    w: Tensor | None = None,
    every: int = 1,
    record: int = 1,
    k: int = 1,
    tol: float = 1e-3,
    measures: Mapping[str, Measure] | None = None,
    blowup: float = 1e6,
    seed: int = 0,
    progress: bool = True,
) -> Trajectory:
    """Take `steps` steps from w (default: landscape.w0) and record w_0 … w_steps: steps + 1 points.

    The loss is recorded at every point; the k largest Hessian eigenvalues at every `every`-th (0: never), to a
    relative error of about `tol`, nan elsewhere. (Of P⁻¹H, where the optimizer has a preconditioner P: its threshold
    is for them.) `seed` is the eigensolver's. `measures` are taken at every point, see eoslib.measures.
    With `record` > 1 only every record-th point and the last are recorded, and SGD then computes no loss between.
    Stops early, keeping everything recorded so far, when the loss is not finite or above `blowup` × the size of
    its first value (of 1, where that is 0), or on Ctrl-C; `stopped` then says so. An eigenvalue the solver could
    not settle is nan.
    Raises ValueError on steps < 1, every < 0, record < 1, blowup ≤ 1, k out of range, or a loss that is not finite at
    the start.

    >>> from eoslib import GradientDescent, quadratic
    >>> run = descend(quadratic([10.0]), GradientDescent(lr=0.2), steps=3, progress=False)
    >>> run.loss.tolist(), run.threshold            # curvature = 2/η: x alternates, the loss stays
    ([5.0, 5.0, 5.0, 5.0], 10.0)
    """
    if isinstance(optimizer, Sequence):
        raise ValueError(f"descend takes one optimizer and got {len(optimizer)}; sweep runs a list in one batch.")
    check_options(steps=steps, every=every, record=record, blowup=blowup)
    w = (landscape.w0 if w is None else w).detach().clone()
    first = landscape.loss(w)
    if not math.isfinite(first):
        raise ValueError(f"The loss at the start is {first}; begin from parameters where it is finite.")
    limit = blowup * (abs(first) or 1.0)
    tracker, log = SharpnessTracker(k=k, tol=tol, seed=seed), Log(k, measures)
    start, state, time, stopped = w, optimizer.init(w), 0.0, ""
    quiet = not progress or bool(os.environ.get("TQDM_DISABLE"))  # tqdm's notebook bar does not look there itself
    bar = trange(steps + 1, desc="descend", unit="step", leave=False, delay=2, disable=quiet)
    try:
        for t in bar:
            kept = t % record == 0 or t == steps
            track = tracker if kept and every > 0 and t % every == 0 else None
            loss, gradient, pairs = first, w, None  # where nothing is recorded, SGD needs none of them
            if kept or optimizer.full_batch:
                loss, gradient, pairs = _look(landscape, optimizer, w, state, track, limit)
            lost = not loss <= limit
            now = optimizer.at(t, log.note(pairs))
            if kept or lost:
                visit = Visit(t, time, w, loss, gradient, now.eta, pairs)
                log.write(visit, threshold=now.edge(gradient), lost=lost)
            if lost:
                stopped = diverged(loss, t, limit)
            if lost or t == steps:
                break
            w, state = now.step(w, state, now.sense(landscape, w, t, gradient))
            time += now.eta
    except (KeyboardInterrupt, FloatingPointError) as reason:
        if not log.rows:
            raise
        stopped = cut_short(str(reason), t)
    finally:
        bar.close()
    return log.trajectory(
        w0=start, stopped=stopped,
        provenance=provenance(objective=str(landscape), optimizer=repr(optimizer), steps=steps, every=every,
                              record=record, k=k, tol=tol, blowup=blowup, seed=seed),
    )  # fmt: skip


def check_options(*, steps: int, every: int, record: int, blowup: float) -> None:
    """Raise ValueError when no run could be what these say."""
    if steps < 1 or every < 0 or record < 1 or not blowup > 1:
        raise ValueError(f"A run got steps={steps}, every={every}, record={record}, blowup={blowup}; use steps ≥ 1, "
                         "every ≥ 0, record ≥ 1 and blowup > 1.")  # fmt: skip


def _look(
    landscape: Landscape, optimizer: GradientDescent, w: Tensor, state: State,
    track: SharpnessTracker | None, limit: float,
) -> tuple[float, Tensor, Eigenpairs | None]:  # fmt: skip
    """Loss, gradient and, where they are to be tracked and the loss is within its limit, eigenpairs at w."""
    if track is None:
        return *landscape.loss_and_gradient(w), None
    point = landscape.at(w)
    if not point.loss <= limit:
        return point.loss, point.gradient, None
    diagonal = optimizer.preconditioner(state, point.gradient)
    pairs = track(point if diagonal is None else preconditioned(point, diagonal))
    return point.loss, point.gradient, pairs

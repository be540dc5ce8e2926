"""Many descents at once: they share every graph while they run, and leave it when they diverge."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from tqdm.auto import trange

from eoslib.curvature import Eigenpairs
from eoslib.descent import Descent, descend
from eoslib.eigensolver import NOT_SMOOTH
from eoslib.landscape import Function, Landscape
from eoslib.log import Measure, cut_short
from eoslib.objective import Objective
from eoslib.optimizers import SGD, GradientDescent
from eoslib.stack import Stack, StackTracker
from eoslib.trajectory import Trajectory

__all__ = ["sweep"]

SMALL = 200_000  # numbers that one graph keeps; where it keeps more, arithmetic costs more than starting it


def sweep(
    landscape: Landscape | Sequence[Landscape], optimizer: GradientDescent | Sequence[GradientDescent], *, steps: int,
    w: Tensor | None = None, every: int = 1, record: int = 1, k: int = 1, tol: float = 1e-3,
    measures: Mapping[str, Measure] | None = None, blowup: float = 1e6, seed: int = 0, progress: bool = True,
) -> list[Trajectory]:  # fmt: skip
    """Descend m times, with a list of optimizers, of landscapes, or of starts w (m, p); one of a kind serves all.

    Each record is as `descend` makes it, with the same options; a run that diverges ends alone. Runs on one function
    of w (landscapes that differ in nothing but w0 are) go as one batch: a small network then costs little more than
    one run (SGD's too, where no other optimizer is in the list). All spend the Hessian-vector products that the slowest
    needs, and `hvps` counts them.
    Runs that cannot be batched go one after another; `provenance["sweep"]` says which, and why.
    Losses and points are those of separate runs but for rounding, which the edge of stability amplifies.
    Raises ValueError on lists that differ in length or are empty, and where `descend` does.

    >>> from eoslib import quadratic
    >>> runs = sweep(quadratic([10.0]), [GradientDescent(lr=0.1), GradientDescent(lr=0.2)], steps=3, progress=False)
    >>> [run.loss[-1].item() for run in runs]       # curvature = 1/η is solved in one step, 2/η never
    [0.0, 5.0]
    """
    if steps < 1:
        raise ValueError(f"A sweep got steps={steps}; use steps ≥ 1.")
    kept: dict[str, Any] = {"every": every, "record": record, "k": k, "tol": tol, "blowup": blowup, "seed": seed}
    lists = _line_up(landscape, optimizer, w)
    runs = [Descent(one, rule, w=start, measures=measures, **kept) for one, rule, start in zip(*lists, strict=True)]
    reason = _obstacle(runs)
    if reason:
        records = [
            descend(run.landscape, run.optimizer, w=run.w0, measures=measures, progress=progress, steps=steps, **kept)
            for run in runs
        ]
    else:
        _descend_together(runs, steps, every, record, StackTracker(k=k, tol=tol, seed=seed), progress)
        records = [run.trajectory(steps=steps) for run in runs]
    how = f"one after another: {reason}" if reason else "batched"
    return [
        replace(record, provenance=record.provenance | {"sweep": f"run {i} of {len(runs)}, {how}"})
        for i, record in enumerate(records)
    ]


def _line_up(landscape: Any, optimizer: Any, w: Tensor | None) -> tuple[list[Any], ...]:
    """Lists of landscapes, optimizers and starts (None: the landscape's own), all of the same length."""
    lists = (
        [landscape] if isinstance(landscape, Landscape) else list(landscape),
        list(optimizer) if isinstance(optimizer, Sequence) else [optimizer],
        list(w) if w is not None and w.ndim == 2 else [w],
    )
    lengths = [len(x) for x in lists]
    m = max(lengths) if min(lengths) else 0
    if not m or set(lengths) - {1, m}:
        raise ValueError("sweep got {} landscapes, {} optimizers and {} starts; give one of each, or the same number "
                         "m.".format(*lengths))  # fmt: skip
    return tuple(x * m if len(x) == 1 else x for x in lists)


def _obstacle(runs: Sequence[Descent]) -> str:
    """Why these runs cannot share one graph; '' when they can, which is tried out and not assumed."""
    first = runs[0].landscape
    if not all(_alike(first, run.landscape) for run in runs):
        return "they are not all on one function of w"
    if len(first.pieces) > 1:
        return "the objective is evaluated in chunks"
    if first.products != "exact":
        return f"a batch has no {first.products} products"
    kept = graph_size(first.function, runs[0].w0)
    if kept > SMALL:
        return f"one graph keeps {kept:,} numbers, so a batch would save little and need much memory"
    try:
        stack = Stack(first.function, torch.stack([run.w0 for run in runs]))
        probe = torch.randn(stack.w.shape, generator=torch.Generator().manual_seed(0)).to(stack.w)
        together = torch.cat([stack.loss[:, None], stack.gradient, stack.hvp(probe)], dim=1)
    except RuntimeError as error:
        return f"torch.vmap cannot take the function ({str(error).splitlines()[0]})"
    for run, v, row in zip(runs, probe, together, strict=True):
        point = run.landscape.at(run.w0)
        alone = torch.cat([point.gradient.new_tensor([point.loss]), point.gradient, point.hvp(v)])
        if not (row - alone).norm() <= torch.finfo(row.dtype).eps ** 0.5 * alone.norm():  # nan is not
            return "they do not all come out of a stack as they do alone"
    return ""


def _alike(a: Landscape, b: Landscape) -> bool:
    """Whether both look like one function of w: the same Python function, or equal data, loss and network."""
    if not (type(a) is type(b) is Objective):
        return a.function is b.function
    data = torch.equal(a.dataset.x, b.dataset.x) and torch.equal(a.dataset.y, b.dataset.y)
    return data and (a.chunk, str(a), repr(a.network)) == (b.chunk, str(b), repr(b.network))


def _descend_together(
    runs: Sequence[Descent], steps: int, every: int, record: int, tracker: StackTracker, progress: bool
) -> None:
    active, w, function = list(runs), torch.stack([run.w0 for run in runs]), runs[0].landscape.function
    quiet = not progress or bool(os.environ.get("TQDM_DISABLE"))  # tqdm's notebook bar does not look there itself
    torch.empty(2**25 - 2**13, dtype=torch.uint8)  # freed at once: glibc then keeps freed memory, and saves page faults
    bar = trange(steps + 1, desc=f"descend × {len(runs)}", unit="step", leave=False, delay=2, disable=quiet)
    try:
        for t in bar:
            kept = t % record == 0 or t == steps
            track = tracker if kept and every > 0 and t % every == 0 else None
            if kept or any(run.optimizer.full_batch for run in active):
                active, w, gradient = _visit(function, active, w, t, kept, tracker, track is not None)
            if t == steps or not active:
                break
            w = _step(active, t, w, gradient)
    except (KeyboardInterrupt, FloatingPointError) as reason:
        if not all(run.log.rows for run in runs):
            raise
        for run in active:
            run.stopped = run.stopped or cut_short(str(reason), t)
    finally:
        bar.close()


def _visit(
    function: Function, active: list[Descent], w: Tensor, t: int, kept: bool, tracker: StackTracker, measure: bool
) -> tuple[list[Descent], Tensor, Tensor]:
    """Measure at w (m, p) and record it. Returns the runs that go on, where they stand, and their gradients."""
    stack = Stack(function, w, curved=measure)
    losses, gradients = stack.loss.tolist(), stack.gradient.unbind()
    fine = [run.allows(loss) for run, loss in zip(active, losses, strict=True)]
    if not all(fine):
        lost = compress(zip(active, w, losses, gradients, strict=True), (not good for good in fine))
        for run, row, loss, gradient in lost:
            run.w = row
            run.note(loss, gradient, None, kept)
        tracker.keep(fine)
        active, w = list(compress(active, fine)), w[fine]
        return _visit(function, active, w, t, kept, tracker, measure) if active else (active, w, w)
    pairs: list[Eigenpairs | None] = [None] * len(active)
    finite = [True] * len(active)
    if measure:
        stack.scale = _scale(active, gradients)
        pairs = tracker(stack)
        finite = [pair is not None for pair in pairs]
    for i, (run, row, loss, gradient, pair) in enumerate(zip(active, w, losses, gradients, pairs, strict=True)):
        try:
            if not finite[i]:
                raise FloatingPointError(NOT_SMOOTH)
            run.w = row
            run.note(loss, gradient, pair, kept)
        except FloatingPointError as reason:
            if not run.log.rows:
                raise
            finite[i], run.stopped = False, cut_short(str(reason), t)
    if all(finite):
        return active, w, stack.gradient
    tracker.keep(finite)
    return list(compress(active, finite)), w[finite], stack.gradient[finite]


def _scale(active: Sequence[Descent], gradients: Sequence[Tensor]) -> Tensor | None:
    """P^-1/2 of every run, (m, p); None where none has a preconditioner."""
    diagonals = [run.optimizer.preconditioner(run.state, g) for run, g in zip(active, gradients, strict=True)]
    if all(diagonal is None for diagonal in diagonals):
        return None
    rows = [torch.ones_like(g) if d is None else d for d, g in zip(diagonals, gradients, strict=True)]
    return torch.stack(rows).rsqrt()


def _step(active: Sequence[Descent], t: int, w: Tensor, gradient: Tensor) -> Tensor:
    """One step of every run, each by its own optimizer; shapes (m, p)."""
    for run in active:
        run.now = run.optimizer.at(t, run.log.sharpness)
        run.time, run.t = run.time + run.now.eta, run.t + 1
    kinds, objective = {type(run.optimizer) for run in active}, active[0].landscape
    if kinds == {SGD} and isinstance(objective, Objective) and objective.separable:
        gradient, kinds = batch_gradients(objective, [run.now for run in active], t, w), {GradientDescent}
    if kinds == {GradientDescent}:  # all in two operations
        return w - w.new_tensor([run.now.eta for run in active])[:, None] * gradient
    rows = []
    for run, row, full in zip(active, w, gradient, strict=True):
        sensed = run.now.sense(run.landscape, row, run.t - 1, full)
        stepped, run.state = run.now.step(row, run.state, sensed)
        rows.append(stepped)
    return torch.stack(rows)


def graph_size(function: Function, w: Tensor) -> int:
    """How many numbers the graph of the function at w, shape (p,), keeps for its backward pass."""
    sizes: list[int] = []

    def note(x: Tensor) -> Tensor:
        sizes.append(x.numel())
        return x

    with torch.autograd.graph.saved_tensors_hooks(note, lambda x: x):
        function(w.clone().requires_grad_())
    return sum(sizes)


def batch_gradients(objective: Objective, optimizers: Sequence[Any], t: int, w: Tensor) -> Tensor:
    """The gradient that each of these SGDs takes at step t, at its own row of w and on its own batch; shapes (m, p)."""
    batches = [optimizer.indices(t, len(objective.dataset)) for optimizer in optimizers]
    shares = [w.new_full((len(batch),), 1 / len(batch)) for batch in batches]
    padded = (pad_sequence(rows, batch_first=True).to(w.device) for rows in (batches, shares))  # by a share of 0
    gradients: Tensor = torch.vmap(torch.func.grad(objective.weighted))(w, *padded)
    return gradients

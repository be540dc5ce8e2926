"""What SGD's batches see: the curvature along their own gradients."""

from __future__ import annotations

import numpy as np
import torch

from eoslib.log import Measure, Visit
from eoslib.objective import Objective

__all__ = ["batch_sharpness"]


def batch_sharpness(
    objective: Objective, *, batch: int, batches: int = 100, replacement: bool = False, seed: int = 0
) -> Measure:
    """The curvature of a batch's own loss along its own gradient: E_B[g_Bᵀ H_B g_B / ‖g_B‖²], over random batches.

    A step of SGD changes the loss of its batch by −η‖g_B‖² (1 − η/2 · this curvature), to second order. Estimated from
    `batches` batches, drawn from (seed, step) alone; the batch of all n examples needs one. nan where every g_B is 0.
    Raises ValueError when batch is not in 1 … n or batches is below 1, and where BatchNorm mixes the examples.
    Source: Andreyev & Beneventano 2024 (arXiv:2412.20553).

    >>> from eoslib import Dataset, mlp
    >>> x = torch.tensor([[1.0], [3.0]])                # one weight, f = w x: H_B is the mean of x² over the batch
    >>> fit = Objective(mlp(1, 1, bias=False), Dataset(x, 0 * x, "line"))
    >>> round(batch_sharpness(fit, batch=2)(Visit(0, 0.0, fit.w0, 0.0, fit.w0)), 9)
    5.0
    """
    n = len(objective.dataset)
    if not 1 <= batch <= n or batches < 1:
        raise ValueError(f"batch_sharpness got batch={batch}, batches={batches}; use 1 ≤ batch ≤ {n} and batches ≥ 1.")
    whole = batch == n and not replacement

    def measure(now: Visit) -> float:
        generator = np.random.default_rng([seed, now.step])
        draws = [generator.choice(n, batch, replace=replacement) for _ in range(1 if whole else batches)]
        w = now.w.expand(len(draws), -1).clone().requires_grad_()  # a copy of w for each batch
        shares = now.w.new_full((len(draws), batch), 1 / batch)
        losses = torch.vmap(objective.weighted)(w, torch.from_numpy(np.stack(draws)).to(w.device), shares)
        (g,) = torch.autograd.grad(losses.sum(), w, create_graph=True)
        (hg,) = torch.autograd.grad(g, w, g.detach(), materialize_grads=True)
        curvature = ((g * hg).sum(1) / g.square().sum(1)).detach()
        return float(curvature[torch.isfinite(curvature)].mean())  # of nothing: nan

    return measure

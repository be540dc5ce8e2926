"""What else a run can record at every w_t: functions of a Visit, for `descend(..., measures={"name": function})`.

A measure returns a number or a vector. The test loss needs nothing from here: with `test` an Objective of the same
network on other data, it is `lambda now: test.loss(now.w)`, and `test.accuracy(now.w)` likewise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eoslib.curvature import sharpness_gradient, top_eigenpairs
from eoslib.landscape import Landscape
from eoslib.log import Measure, Visit
from eoslib.tracker import SharpnessTracker
from eoslib.trajectory import Trajectory

__all__ = [
    "Balance", "balance", "distance", "effective_smoothness", "hessian_sharpness", "sketch", "taylor",
]  # fmt: skip


def sketch(p: int, *, dims: int = 500, seed: int = 7) -> Measure:
    """A random linear map S of w to `dims` numbers that keeps lengths: E‖S v‖² = ‖v‖², to a deviation of √(2/dims).

    Every entry of w gets a random sign and is added to one of `dims` sums, so S costs one pass and no memory.
    Differs from the paper's 500 dense Gaussian directions, which for p = 656,810 take 2.6 GB in float64 and
    which it does not scale: its distances are √500 times those here.
    Source: Charikar, Chen, Farach-Colton 2002 (count sketch).
    """
    generator = torch.Generator().manual_seed(seed)
    place = torch.randint(dims, (p,), generator=generator)
    sign = torch.randint(2, (p,), generator=generator) * 2 - 1

    def measure(now: Visit) -> Tensor:
        w = now.w
        return torch.zeros(dims, dtype=w.dtype, device=w.device).index_add(0, place.to(w.device), sign.to(w) * w)

    return measure


def distance(run: Trajectory, other: Trajectory, *, name: str) -> np.ndarray:
    """‖a_t − b_t‖, shape (T,), between what two runs recorded under `name` at equal times, for instance a sketch of w.

    Compares as many points as both have. Raises ValueError when their times differ.
    """
    n = min(len(run.time), len(other.time))
    if not np.allclose(run.time[:n], other.time[:n], rtol=1e-9, atol=1e-12):
        raise ValueError("The runs were recorded at different times; make the flow with times=run.time.")
    difference = run.measures[name][:n] - other.measures[name][:n]
    return np.asarray(np.linalg.norm(difference.reshape(n, -1), axis=1))


def effective_smoothness(landscape: Landscape, *, points: int = 10) -> Measure:
    """How fast the gradient changes along the step: max over 0 < γ ≤ η of ‖g(w) − g(w − γ g)‖ / (γ ‖g‖).

    On a quadratic at most the sharpness. The maximum is over γ = η/points, 2η/points, … η, at one gradient each.
    Source: Cohen et al. 2021, appendix on batch normalisation; after Santurkar et al. 2018.
    """

    def measure(now: Visit) -> float:
        g, norm = now.gradient, float(now.gradient.norm())
        if norm == 0 or now.lr == 0:
            return math.nan
        steps = [now.lr * i / points for i in range(1, points + 1)]
        return max(float((g - landscape.gradient(now.w - step * g)).norm()) / (step * norm) for step in steps)

    return measure


def hessian_sharpness(landscape: Landscape, **options: Any) -> Measure:
    """The Hessian's own sharpness, for a run that records a preconditioned one. `options` are SharpnessTracker's."""
    tracker = SharpnessTracker(**options)

    def measure(now: Visit) -> float:
        pairs = tracker(landscape.at(now.w))
        return float(pairs.values[0]) if pairs.converged else math.nan

    return measure


def taylor(landscape: Landscape, w: Tensor) -> Landscape:
    """The quadratic Taylor model of L at w: T(v) = L(w) + g·(v − w) + ½ (v − w)ᵀ H (v − w), starting from w.

    Descend on it to see what would happen if the curvature stood still: above the threshold, it diverges.
    Source: Cohen et al. 2021, section 4.

    >>> cubic = Landscape(lambda w: (w**3).sum(), torch.ones(1, dtype=torch.float64))
    >>> taylor(cubic, cubic.w0).loss(torch.tensor([2.0], dtype=torch.float64))      # 1 + 3 + ½ · 6
    7.0
    """
    base = w.detach().clone().requires_grad_()
    value = landscape.function(base)
    (slope,) = torch.autograd.grad(value, base, create_graph=True)
    constant, gradient, start = value.detach(), slope.detach(), base.detach()

    def model(v: Tensor) -> Tensor:
        if not slope.requires_grad:  # a linear function has no curvature
            return constant + (v - start) @ gradient
        (bent,) = torch.autograd.grad(slope, base, v - start, create_graph=True, materialize_grads=True)
        return constant + (v - start) @ (gradient + 0.5 * bent)

    return Landscape(model, start, name=f"quadratic model of {landscape.name}")


@dataclass(frozen=True, eq=False)
class Balance:
    """What lifts the sharpness at one w and what a swing x along u takes from it: a step adds η (α − ½ β x²)."""

    sharpness: float  # S, loss / w²
    u: Tensor  # (p,) its unit eigenvector
    slope: Tensor  # (p,) ∇S without its part along u, loss / w³
    alpha: float  # α = −∇L · slope: by how much S rises in a unit of time, loss² / w⁴
    beta: float  # β = ‖slope‖², loss² / w⁶

    @property
    def delta(self) -> float:
        """δ = √(2α/β), in units of w: the swing that holds the sharpness where it is; nan where S does not rise."""
        return math.sqrt(2 * self.alpha / self.beta) if self.alpha > 0 < self.beta else math.nan


def balance(landscape: Landscape, w: Tensor) -> Balance:
    """The constants of self-stabilisation at w, from the top eigenpair and the gradient of its eigenvalue.

    Raises ValueError when the two largest eigenvalues agree to six digits: there the sharpness has no gradient.
    Source: Damian, Nichani & Lee 2022, arXiv 2209.15594.

    >>> valley = Landscape(lambda w: 0.5 * (20 + 2 * w[1]) * w[0] ** 2 - 3 * w[1], torch.zeros(2, dtype=torch.float64))
    >>> found = balance(valley, valley.w0)                             # ∇S = (0, 2), ∇L = (0, −3)
    >>> round(found.alpha, 6), round(found.beta, 6), round(found.delta ** 2, 6)
    (6.0, 4.0, 3.0)
    """
    pairs = top_eigenpairs(landscape, w, k=min(2, len(w)))
    values, u = pairs.values.tolist(), pairs.vectors[:, 0]
    if len(values) == 2 and values[0] - values[1] <= 1e-6 * abs(values[0]):
        raise ValueError(f"The two largest eigenvalues are both {values[0]:.6g}: where they meet, the sharpness has no "
                         "gradient. Take another w.")  # fmt: skip
    slope = sharpness_gradient(landscape, w, u)
    slope = slope - (slope @ u) * u
    return Balance(values[0], u, slope, -float(landscape.gradient(w) @ slope), float(slope @ slope))

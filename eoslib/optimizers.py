"""Optimizers as pure functions of (w, state, gradient), each knowing the sharpness at which it turns unstable."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from eoslib.landscape import Landscape
from eoslib.objective import Objective
from eoslib.schedules import Schedule, check_lr

__all__ = ["SAM", "SGD", "GradientDescent", "Nesterov", "Polyak", "State"]

State = tuple[Any, ...]  # what an optimizer remembers between steps: vectors of shape (p,) and counters


@dataclass(frozen=True)
class GradientDescent:
    """Full-batch gradient descent: w_{t+1} = w_t − η ∇L(w_t). Every other optimizer differs from it in a method or two.

    On a quadratic it diverges exactly when an eigenvalue of the Hessian exceeds `threshold` = 2/η.
    Raises ValueError when lr is neither a finite number above 0 nor a schedule.
    Source: Cohen et al. 2021, section 2.

    >>> GradientDescent(lr=0.1).threshold
    20.0
    """

    lr: float | Schedule  # step size η, units w² / loss; or a rule for it, see eoslib.schedules

    full_batch: ClassVar[bool] = True  # False: `sense` does not read the full gradient, so nobody need compute it

    def __post_init__(self) -> None:
        if not callable(self.lr):
            check_lr(self.lr)
        for name in ("beta", "beta1", "beta2"):
            if not 0 <= getattr(self, name, 0.0) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give a number in [0, 1).")

    def at(self, t: int, sharpness: float = math.nan) -> Self:
        """This optimizer with the number that its step size is at step t.

        A schedule that gives no step size raises ValueError at step 0, later FloatingPointError, which ends a run.
        """
        if not callable(self.lr):
            return self
        eta = self.lr(t, sharpness)
        try:
            return replace(self, lr=eta)
        except ValueError as error:
            if t == 0:
                raise
            raise FloatingPointError(f"the schedule gives the step size {eta!r} at step {t}") from error

    @property
    def eta(self) -> float:
        """The step size as a number. Raises ValueError when it follows a schedule."""
        if callable(self.lr):
            raise ValueError(f"lr follows {self.lr}, so ask at one step: optimizer.at(t).")
        return self.lr

    @property
    def threshold(self) -> float:
        """The largest stable sharpness, 2/η."""
        return 2.0 / self.eta

    def edge(self, gradient: Tensor) -> float:
        """The threshold at a point with this gradient, shape (p,)."""
        return self.threshold

    def preconditioner(self, state: State, gradient: Tensor) -> Tensor | None:
        """The diagonal P, shape (p,), that the next step divides by; the threshold is then for P⁻¹H. None: P = 1."""
        return None

    def sense(self, landscape: Landscape, w: Tensor, t: int, gradient: Tensor) -> Tensor:
        """The gradient that step t takes, shape (p,), made from the full one at w."""
        return gradient

    def init(self, w: Tensor) -> State:
        """The state before the first step: gradient descent keeps none."""
        return ()

    def step(self, w: Tensor, state: State, gradient: Tensor) -> tuple[Tensor, State]:
        """One step from w, all shapes (p,): the new w and the new state."""
        return w - self.eta * gradient, state


@dataclass(frozen=True)
class Polyak(GradientDescent):
    """Heavy-ball momentum: m ← β m + g, w ← w − η m. Its threshold is up to twice that of gradient descent.

    Raises ValueError when beta is not in [0, 1).
    Source: Cohen et al. 2021, on momentum; the convention is torch's.

    >>> round(Polyak(lr=0.1, beta=0.9).threshold, 12)
    38.0
    """

    beta: float = 0.9  # momentum β in [0, 1)

    @property
    def threshold(self) -> float:
        """The largest stable sharpness, (2 + 2β)/η."""
        return (2 + 2 * self.beta) / self.eta

    def init(self, w: Tensor) -> State:
        """No momentum yet: m = 0."""
        return (torch.zeros_like(w),)

    def step(self, w: Tensor, state: State, gradient: Tensor) -> tuple[Tensor, State]:
        """The new w, and the new m as the state."""
        m = self.beta * state[0] + gradient
        return w - self.eta * m, (m,)


@dataclass(frozen=True)
class Nesterov(Polyak):
    """Nesterov momentum: m ← β m + g, w ← w − η (g + β m). Its threshold is *below* that of gradient descent.

    Raises ValueError when beta is not in [0, 1).
    Source: Cohen et al. 2021, on momentum; the convention is torch's.

    >>> round(Nesterov(lr=0.1, beta=0.5).threshold, 12)
    15.0
    """

    @property
    def threshold(self) -> float:
        """The largest stable sharpness, (2 + 2β)/(η (1 + 2β))."""
        return (2 + 2 * self.beta) / (self.eta * (1 + 2 * self.beta))

    def step(self, w: Tensor, state: State, gradient: Tensor) -> tuple[Tensor, State]:
        """The new w, and the new m as the state."""
        m = self.beta * state[0] + gradient
        return w - self.eta * (gradient + self.beta * m), (m,)


@dataclass(frozen=True)
class SGD(GradientDescent):
    """Stochastic gradient descent: w ← w − η ∇L_B(w), the batch B drawn from (seed, t) alone.

    Without replacement, an epoch visits all examples once in a fresh order, its last batch holding what is left.
    `threshold` = 2/η says where *full-batch* descent with this step turns unstable. It does not say where SGD's
    sharpness settles: that is lower, the more so the smaller the batch.
    Raises ValueError when batch is below 1 or above n, or the landscape has no examples to draw.
    Source: Cohen et al. 2021, on SGD.

    >>> sorted(SGD(0.1, batch=2).indices(0, 4).tolist() + SGD(0.1, batch=2).indices(1, 4).tolist())   # one epoch
    [0, 1, 2, 3]
    """

    batch: int = 1  # examples a step
    seed: int = 0  # of the order of the examples
    replacement: bool = False  # draw every batch anew

    full_batch: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.batch < 1:
            raise ValueError(f"batch is {self.batch}; give a number of examples, at least 1.")

    def indices(self, t: int, n: int) -> Tensor:
        """Which of n examples make the batch of step t, shape (batch,), or fewer at the end of an epoch."""
        if self.batch > n:
            raise ValueError(f"batch is {self.batch} and there are {n} examples; use a batch of at most {n}.")
        if self.replacement:
            return torch.from_numpy(np.random.default_rng([self.seed, t]).integers(n, size=self.batch))
        epoch, i = divmod(t, math.ceil(n / self.batch))
        return torch.from_numpy(_order(self.seed, epoch, n)[i * self.batch : (i + 1) * self.batch])

    def sense(self, landscape: Landscape, w: Tensor, t: int, gradient: Tensor) -> Tensor:
        """The gradient of the batch of step t; the full one is not read."""
        if not isinstance(landscape, Objective):
            raise ValueError("SGD draws batches of examples; descend on an Objective, made from a data set.")
        return landscape.batch(self.indices(t, len(landscape.dataset))).gradient(w)


@lru_cache(64)  # a sweep asks for the orders of many seeds in turn
def _order(seed: int, epoch: int, n: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(n)


@dataclass(frozen=True)
class SAM(GradientDescent):
    """Sharpness-aware minimisation: w ← w − η ∇L(w + ρ g/‖g‖), g = ∇L(w). One more gradient a step.

    Its edge is the root λ of ηλ(1 + ρλ/‖g‖) = 2 and moves with the gradient: (‖g‖/2ρ)(√(1 + 8ρ/(η‖g‖)) − 1).
    `edge(gradient)` gives it, and a run records it; `threshold` = 2/η is only its limit for large gradients.
    Raises ValueError when rho is not a finite number above 0.
    Source: Long & Bartlett 2023 (arXiv:2309.12488).

    >>> SAM(lr=0.1, rho=0.02).edge(torch.tensor([0.1]))           # 0.1 · 10 · (1 + 0.02 · 10 / 0.1) = 3, above 2
    7.80...
    """

    rho: float = 0.05  # how far up the slope to look, units of w

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (math.isfinite(self.rho) and self.rho > 0):
            raise ValueError(f"rho is {self.rho}; give a finite radius above 0, or use GradientDescent for none.")

    def edge(self, gradient: Tensor) -> float:
        """The largest stable sharpness where the gradient is this; 0 where it vanishes."""
        norm = float(gradient.norm())
        root = math.sqrt(1 + 8 * self.rho / (self.eta * norm)) if norm else math.inf
        return 4 / (self.eta * (1 + root))  # the formula above without its cancellation

    def sense(self, landscape: Landscape, w: Tensor, t: int, gradient: Tensor) -> Tensor:
        """The gradient ρ up the slope."""
        norm = gradient.norm()
        return landscape.gradient(w + self.rho * gradient / norm) if norm else gradient

"""Optimizers as pure functions of (w, state, gradient), each knowing the sharpness at which it turns unstable."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

__all__ = ["GradientDescent"]


@dataclass(frozen=True)
class GradientDescent:
    """Full-batch gradient descent: w_{t+1} = w_t − η ∇L(w_t).

    On a quadratic it diverges exactly when an eigenvalue of the Hessian exceeds `threshold` = 2/η.
    Raises ValueError when lr is not a finite number above 0.
    Source: Cohen et al. 2021, section 2.

    >>> GradientDescent(lr=0.1).threshold
    20.0
    """

    lr: float  # step size η, units w² / loss

    def __post_init__(self) -> None:
        if not (isinstance(self.lr, int | float) and math.isfinite(self.lr) and self.lr > 0):
            raise ValueError(f"lr is {self.lr!r}; give a finite step size above 0, for example lr=0.1.")

    @property
    def threshold(self) -> float:
        """The largest stable sharpness, 2/η."""
        return 2.0 / self.lr

    def init(self, w: Tensor) -> tuple[()]:
        """The optimizer's state before the first step: gradient descent keeps none."""
        return ()

    def step(self, w: Tensor, state: tuple[()], gradient: Tensor) -> tuple[Tensor, tuple[()]]:
        """One step from w, all shapes (p,): the new w and the new state."""
        return w - self.lr * gradient, state

"""Optimizers that give every parameter a step of its own: gradient descent behind a diagonal preconditioner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from eoslib.optimizers import GradientDescent, State

__all__ = ["Adam", "RMSProp"]


@dataclass(frozen=True)
class Adam(GradientDescent):
    """Adam: m ← β₁ m + (1 − β₁) g, ν ← β₂ ν + (1 − β₂) g², w ← w − η P⁻¹ m, as in torch.

    P = (1 − β₁ᵗ)(√(ν / (1 − β₂ᵗ)) + ε) holds both bias corrections, t counting from 1. `threshold` is that of P⁻¹H,
    the preconditioned Hessian, whose sharpness a run then records; that of the Hessian itself may go on growing.
    Raises ValueError when a β is not in [0, 1) or eps not above 0.
    Source: Cohen et al. 2022 (arXiv:2207.14484).

    >>> round(Adam(lr=0.001).threshold)         # 38/η with β₁ = 0.9
    38000
    """

    beta1: float = 0.9  # memory of the gradient
    beta2: float = 0.999  # memory of the squared gradient
    eps: float = 1e-8  # units of a gradient; keeps P above 0

    corrected: ClassVar[bool] = True  # whether m and ν are divided by the weight they have gathered so far

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.eps > 0:
            raise ValueError(f"eps is {self.eps}; give a small number above 0, for example 1e-8.")

    @property
    def threshold(self) -> float:
        """The largest stable sharpness of the preconditioned Hessian, (2 + 2β₁)/(η (1 − β₁))."""
        return (2 + 2 * self.beta1) / (self.eta * (1 - self.beta1))

    def preconditioner(self, state: State, gradient: Tensor) -> Tensor:
        """P for the next step, with this gradient in ν already."""
        t, _, nu = self._remember(state, gradient)
        gathered1, gathered2 = (1 - self.beta1**t, 1 - self.beta2**t) if self.corrected else (1.0, 1.0)
        p: Tensor = gathered1 * ((nu / gathered2).sqrt() + self.eps)
        return p

    def init(self, w: Tensor) -> State:
        """(t, m, ν), all 0."""
        return 0, torch.zeros_like(w), torch.zeros_like(w)

    def step(self, w: Tensor, state: State, gradient: Tensor) -> tuple[Tensor, State]:
        """The new w, and the new (t, m, ν)."""
        new = self._remember(state, gradient)
        return w - self.eta * new[1] / self.preconditioner(state, gradient), new

    def _remember(self, state: State, gradient: Tensor) -> State:
        t, m, nu = state
        nu = self.beta2 * nu + (1 - self.beta2) * gradient.square()
        return t + 1, self.beta1 * m + (1 - self.beta1) * gradient, nu


@dataclass(frozen=True)
class RMSProp(Adam):
    """RMSProp: ν ← β₂ ν + (1 − β₂) g², w ← w − η g / (√ν + ε): Adam with β₁ = 0 and nothing corrected.

    `threshold` = 2/η is for P⁻¹H with P = √ν + ε, whose sharpness a run then records.
    Raises ValueError when beta2 is not in [0, 1) or eps not above 0.
    Source: Cohen et al. 2022 (arXiv:2207.14484).

    >>> RMSProp(lr=0.001).threshold
    2000.0
    """

    beta1: float = field(default=0.0, init=False, repr=False)
    beta2: float = 0.99  # memory of the squared gradient

    corrected: ClassVar[bool] = False

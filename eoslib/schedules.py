"""Rules for the step size: functions of the step t and the sharpness measured there, in the place of a number."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Drop", "InverseSharpness", "Schedule", "WarmUp", "check_lr"]

Schedule = Callable[[int, float], float]  # (t, the sharpness last measured or nan) to the step size from w_t to w_{t+1}


def check_lr(lr: object) -> None:
    """Raises ValueError when lr is not a finite number above 0."""
    if not (isinstance(lr, int | float) and math.isfinite(lr) and lr > 0):
        raise ValueError(f"lr is {lr!r}; give a finite step size above 0, for example lr=0.1.")


@dataclass(frozen=True)
class Drop:
    """η_t = `before` while t < `at`, and `after` from then on (it may be larger, too).

    >>> Drop(0.2, 0.1, at=300)(299), Drop(0.2, 0.1, at=300)(300)
    (0.2, 0.1)
    """

    before: float  # step size of the first `at` steps
    after: float  # step size of all later steps
    at: int  # the first step taken with `after`

    def __post_init__(self) -> None:
        check_lr(self.before)
        check_lr(self.after)
        if self.at < 1:
            raise ValueError(f"at is {self.at}; drop at step 1 or later, or give lr={self.after} as a number.")

    def __call__(self, t: int, sharpness: float = math.nan) -> float:
        """The step size of step t."""
        return self.before if t < self.at else self.after


@dataclass(frozen=True)
class WarmUp:
    """Linear warm-up: η_t = lr · min(1, (t + 1) / steps). The first step is lr / steps, never 0.

    >>> [WarmUp(0.4, steps=4)(t) for t in (0, 1, 3, 9)]
    [0.1, 0.2, 0.4, 0.4]
    """

    lr: float  # the step size warmed up to
    steps: int  # steps until it is reached

    def __post_init__(self) -> None:
        check_lr(self.lr)
        if self.steps < 1:
            raise ValueError(f"steps is {self.steps}; warm up over at least 1 step.")

    def __call__(self, t: int, sharpness: float = math.nan) -> float:
        """The step size of step t."""
        return self.lr * min(1.0, (t + 1) / self.steps)


@dataclass(frozen=True)
class InverseSharpness:
    """η_t = scale / λ_t, with λ_t the sharpness last measured; at scale 2, every step is at the edge.

    Raises ValueError when none was measured, FloatingPointError (which ends a run, its points kept) when it is not
    above 0.

    >>> InverseSharpness()(0, 20.0)
    0.05
    """

    scale: float = 1.0  # η λ, no unit

    def __post_init__(self) -> None:
        check_lr(self.scale)

    def __call__(self, t: int, sharpness: float) -> float:
        """The step size of step t."""
        if math.isnan(sharpness):
            raise ValueError("InverseSharpness needs the sharpness: let descend measure it, with every=1.")
        if sharpness <= 0:
            raise FloatingPointError(f"a sharpness of {sharpness:.3g} gives no step size")
        return self.scale / sharpness

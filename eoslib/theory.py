"""What can be computed without a network: gradient descent on a quadratic, and the map of self-stabilisation."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["multiplier", "quadratic_path", "regime", "self_stabilisation", "steps_to_grow", "threshold"]


def threshold(lr: float) -> float:
    """The largest curvature on which gradient descent with step size η does not diverge: 2/η.

    Raises ValueError when lr is not a finite number above 0.

    >>> threshold(0.1)
    20.0
    """
    if not (math.isfinite(lr) and lr > 0):
        raise ValueError(f"lr is {lr!r}; give a finite step size above 0, for example lr=0.1.")
    return 2.0 / lr


def multiplier(lr: float, curvature: float) -> float:
    """What one gradient step multiplies a coordinate of curvature a by: 1 − η a.

    From x_{t+1} = x_t − η a x_t on the parabola ½ a x². Below −1 it grows and alternates in sign.

    >>> multiplier(0.2, 10.0)
    -1.0
    """
    return 1.0 - lr * curvature


def quadratic_path(lr: float, curvature: float, x0: float, steps: int) -> np.ndarray:
    """The exact path x_t = (1 − η a)^t x_0 for t = 0 … steps, shape (steps + 1,).

    Source: Cohen et al. 2021, section 2.

    >>> quadratic_path(0.2, 10.0, 1.0, 3).tolist()   # curvature exactly 2/η: period two
    [1.0, -1.0, 1.0, -1.0]
    """
    return np.asarray(x0 * multiplier(lr, curvature) ** np.arange(steps + 1))


def regime(lr: float, curvature: float) -> str:
    """The behaviour on ½ a x² in words, decided by the multiplier 1 − η a.

    >>> [regime(0.2, a) for a in (-1.0, 4.0, 5.0, 8.0, 10.0, 11.0)]
    ['diverges', 'converges', 'lands in one step', 'converges, alternating', 'period two', 'diverges, alternating']
    """
    m = multiplier(lr, curvature)
    names = {m == 0: "lands in one step", m == 1: "stands still", m == -1: "period two", abs(m) > 1: "diverges"}
    return names.get(True, "converges") + (", alternating" if m < 0 and m != -1 else "")


def steps_to_grow(factor: float, lr: float, sharpness: float) -> float:
    """Steps until an oscillation along curvature λ > 2/η has grown by `factor`: ln(factor) / ln|1 − ηλ|.

    Infinite when |1 − ηλ| ≤ 1, where nothing grows.

    >>> round(steps_to_grow(10, lr=0.1, sharpness=1.05 * 20), 1)   # 5 % above the threshold: ×1.1 a step
    24.2
    """
    growth = abs(multiplier(lr, sharpness))
    return math.log(factor) / math.log(growth) if growth > 1 else math.inf


def self_stabilisation(
    lr: float, alpha: float, beta: float, *, x0: float, steps: int, y0: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """The swing x and the excess sharpness y = S − 2/η for t = 0 … steps, two arrays of shape (steps + 1,).

    x_{t+1} = −(1 + η y_t) x_t,   y_{t+1} = y_t + η (α − ½ β x_t²). It stands still (but for the sign of x) at y = 0,
    x² = δ² = 2α/β. Where S falls below zero (y < −2/η) the map may run away: what follows is then inf or nan.
    Raises ValueError when lr, alpha or beta is not above 0, or steps < 0.
    Source: Damian, Nichani & Lee 2022, arXiv 2209.15594.

    >>> x, y = self_stabilisation(0.25, alpha=0.5, beta=4.0, x0=0.5, steps=2)    # x0 = δ
    >>> x.tolist(), y.tolist()
    ([0.5, -0.5, 0.5], [0.0, 0.0, 0.0])
    """
    threshold(lr)
    if not (alpha > 0 and beta > 0 and steps >= 0):
        raise ValueError(f"alpha is {alpha!r}, beta {beta!r}, steps {steps!r}; give constants above 0 and steps ≥ 0.")
    x, y = np.full(steps + 1, x0, dtype=float), np.full(steps + 1, y0, dtype=float)
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps):
            x[t + 1], y[t + 1] = -(1 + lr * y[t]) * x[t], y[t] + lr * (alpha - 0.5 * beta * x[t] ** 2)
    return x, y

"""The tasks of the assignment on self-stabilisation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eoslib import theory
from eoslib.curvature import top_eigenpairs
from eoslib.data import chebyshev
from eoslib.landscape import Landscape
from eoslib.networks import mlp
from eoslib.objective import Objective
from eoslib.tasks import Case, Cases, task

__all__ = ["SEEDS", "at_the_edge"]

# networks whose second eigenvalue is below 40 % of the first there, and whose slope lifts the sharpness
SEEDS = (0, 1, 2, 4, 7, 8, 9, 10, 12, 13, 14, 16, 18, 19, 20, 21, 22)


def at_the_edge(seed: int, *, width: int = 24, steps: int = 200) -> tuple[Objective, Tensor, Tensor, float]:
    """A tanh network 1-width-width-1 on T₄, trained with η = 0.1 and put on the floor of its valley: L, w, u, η.

    u, shape (p,), is the top eigenvector at w with a positive sum of entries, u·∇L(w) = 0 nearly, and η = 2/S(w): with
    this step size the point w, shape (p,), stands exactly at the edge.

    >>> objective, w, u, lr = at_the_edge(0, width=4, steps=20)
    >>> round(lr * float(u @ objective.at(w).hvp(u)), 6)
    2.0
    """
    objective = Objective(mlp(1, width, width, 1, seed=seed), chebyshev(4))
    w = objective.w0
    for _ in range(steps):
        w = w - 0.1 * objective.gradient(w)
    for _ in range(2):  # to the floor; the second time removes what the first left
        sharpness, u = _top(objective, w)
        w = w - (u @ objective.gradient(w)) / sharpness * u
    sharpness, u = _top(objective, w)
    return objective, w, u, 2 / sharpness


def _top(landscape: Landscape, w: Tensor) -> tuple[float, Tensor]:
    pairs = top_eigenpairs(landscape, w, tol=1e-9)
    u = pairs.vectors[:, 0]
    return float(pairs.values[0]), u if float(u.sum()) > 0 else -u


def _vector(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def _quartic(w: Tensor) -> Tensor:
    return (w**4).sum() / 12  # curvature w², so the gradient of uᵀHu is 2 w u²


def _product(w: Tensor) -> Tensor:
    return w[0] ** 2 * w[1] / 2 + w[2]


@task
def push() -> Cases:
    """What the mean gradient of the two ends of a swing adds to that of the middle."""
    hint = "The mean of two gradients, at w + x u and w − x u, minus a third."
    w, u = np.array([1.0, -2.0]), np.array([0.6, 0.8])
    bowl = np.array([[3.0, 1.0], [1.0, 5.0]])
    yield Case((lambda v: v**3 / 3, w, u, 0.5), w * (0.5 * u) ** 2, hint, "(gradient of Σ w⁴/12, w, u, x=0.5)")
    yield Case((lambda v: bowl @ v, w, u, 0.5), np.zeros(2), hint, "(gradient of ½ wᵀAw, w, u, x=0.5)")


@task
def sharpness_slope() -> Cases:
    """∇(uᵀHu) with u held fixed."""
    hint = "The slope along u, then the slope of that along u, each with create_graph=True; then its gradient."
    w, u = _vector(1.0, -2.0, 0.5), _vector(0.6, 0.0, 0.8)
    yield Case((_quartic, w, u), (2 * w * u**2).numpy(), hint, "(Σ w⁴/12, w, u)", 1e-10)
    yield Case((_product, w, _vector(1.0, 0.0, 0.0)), np.array([0.0, 1.0, 0.0]), hint, "(½ w₀² w₁ + w₂, w, e₀)", 1e-10)
    rest = "Work on w.detach().clone(), and ask for no graph in the last derivative."
    yield Case((_quartic, w, u), lambda _: not w.requires_grad or "changed w: it now requires a gradient", rest)


@task
def constants() -> Cases:
    """α, β and δ from two gradients."""
    u = np.array([1.0, 0.0, 0.0])
    hint = "First take from ∇S its part along u. Then α = −∇L·∇S⊥, β = ‖∇S⊥‖², δ² = 2α/β."
    gradient, slope = np.array([5.0, -1.0, 2.0]), np.array([7.0, 4.0, 0.0])
    yield Case((gradient, slope, u), (4.0, 16.0, math.sqrt(0.5)), hint)
    yield Case((-gradient, slope, u), (-4.0, 16.0, 0.0), "Where α is not above 0 nothing has to be held: δ is 0.")


@task
def stabilise() -> Cases:
    """The map of swing and excess sharpness."""
    hint = "Both lines use the old x and the old y."
    for lr, alpha, beta, x0, y0, steps in ((0.25, 0.5, 4.0, 0.5, 0.0, 3), (0.1, 0.2, 9.0, 0.4, -1.0, 8)):
        truth = np.array(theory.self_stabilisation(lr, alpha, beta, x0=x0, y0=y0, steps=steps))
        yield Case((lr, alpha, beta, x0, y0, steps), truth, hint, tol=1e-9)


@task
def energy() -> Cases:
    """The quantity that the differential equation conserves."""
    cases = [(0.5, 4.0, 0.5, 0.0), (0.5, 4.0, -0.5, 1.0), (0.5, 4.0, 1.0, 0.0)]
    hints = ["At the fixed point it is 0.", "The sign of x must not matter.", "Subtract its value at the fixed point."]
    truths = [0.0, 0.5, 0.75 - 0.5 * math.log(2)]
    return [Case(case, truth, hint) for case, truth, hint in zip(cases, truths, hints, strict=True)]


@task
def jacobian() -> Cases:
    """The linear map around the fixed point, judged by one small step of the map itself."""
    hint = "Differentiate |x|·(1 + ηy) and y + η(α − ½βx²) by x and by y, and put in x = δ, y = 0."
    for lr, alpha, beta in ((0.1, 0.5, 4.0), (0.3, 0.2, 10.0)):
        yield Case((lr, alpha, beta), _differences(lr, alpha, beta), hint, tol=1e-5)


def _differences(lr: float, alpha: float, beta: float, h: float = 1e-5) -> np.ndarray:
    def step(x: float, y: float) -> np.ndarray:
        xs, ys = theory.self_stabilisation(lr, alpha, beta, x0=x, y0=y, steps=1)
        return np.array([abs(xs[1]), ys[1]])

    delta = math.sqrt(2 * alpha / beta)
    return np.stack([step(delta + h, 0) - step(delta - h, 0), step(delta, h) - step(delta, -h)], axis=1) / (2 * h)


@task
def kicked() -> Cases:
    """The swing of gradient descent, filtered."""
    hint = "Take one step more than there are filtered values at the end, and one less at the start."
    for matrix in ([20.0, 1.0], [18.0, 4.0]):
        curvature = _vector(*matrix)
        bowl = Landscape(lambda w, c=curvature: (c * w**2).sum() / 2, _vector(0.0, 0.0))  # type: ignore[misc]
        m = 1 - 0.1 * matrix[0]  # on a parabola x_t = m^t x_0, filtered: × (2 − 1/m − m)/4
        truth = 0.3 * abs(m) ** np.arange(1, 6) * abs(2 - 1 / m - m) / 4
        arguments: tuple[Any, ...] = (bowl, _vector(0.0, 0.0), _vector(1.0, 0.0), 0.1, 0.3, 5)
        yield Case(arguments, truth, hint, f"(a bowl of curvatures {matrix}, w, e₀, lr=0.1, kick=0.3, steps=5)", 1e-9)

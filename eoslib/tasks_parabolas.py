"""The tasks of the assignment on parabolas, thresholds and momentum."""

from __future__ import annotations

import math

import numpy as np
import torch

from eoslib import theory
from eoslib.tasks import Case, Cases, task

__all__ = ["recording"]

BOWL = np.array([[4.24, 4.32], [4.32, 6.76]])  # eigenvalues 1 and 10


@task
def multiplier() -> Cases:
    """What one step of gradient descent multiplies x by on a parabola."""
    pairs = [(0.1, 3.0), (0.1, 25.0), (0.5, -1.0), (0.02, 0.0)]
    return [Case(pair, theory.multiplier(*pair), "x − η·(a·x) is x times a number. Which one?") for pair in pairs]


@task
def path() -> Cases:
    """All positions of gradient descent on a parabola."""
    hint = "Start the array with x0 itself; steps = 3 makes four positions."
    cases = [(0.1, 3.0, 2.0, 3), (0.1, 25.0, -1.0, 6), (0.2, 10.0, 1.0, 0)]
    return [Case(case, theory.quadratic_path(*case), hint, tol=1e-9) for case in cases]


@task
def slowest() -> Cases:
    """The factor of the slowest direction of a bowl."""
    hint = "Every eigenvalue has a multiplier of its own, and its sign does not matter for the speed."
    mixed = np.diag([5.0, -1.0])
    truths = [(BOWL, 0.02, 0.98), (BOWL, 0.19, 0.9), (BOWL, 0.25, 1.5), (mixed, 0.1, 1.1)]
    return [Case((a, lr), truth, hint) for a, lr, truth in truths]


@task
def steps_needed() -> Cases:
    """Steps until the slowest direction has shrunk by a factor."""
    truths = [(0.19, 0.01, 44), (0.02, 0.5, 35), (0.25, 0.1, math.inf), (0.2, 0.1, math.inf)]
    hint = "The first whole number n with mⁿ ≤ factor; and think of what never arrives."
    return [Case((BOWL, lr, factor), truth, hint) for lr, factor, truth in truths]


@task
def momentum_step() -> Cases:
    """One step of Polyak's and of Nesterov's momentum, against torch.optim.SGD."""
    start = np.array([1.0, -2.0])
    cases = []
    for nesterov in (False, True):
        w = torch.tensor(start, requires_grad=True)
        rule = torch.optim.SGD([w], lr=0.1, momentum=0.9, nesterov=nesterov)
        m, gradient = np.zeros(2), np.array([3.0, 0.5])
        for _ in range(3):
            before = w.detach().numpy().copy()
            w.grad = torch.tensor(gradient)
            rule.step()
            after = 0.9 * m + gradient
            hint = "m ← βm + g comes first. Then Polyak moves along m, and Nesterov along g + βm, with the new m."
            arguments = (before, m, gradient, 0.1, 0.9, nesterov)
            cases.append(Case(arguments, (w.detach().numpy().copy(), after), hint))
            m, gradient = after, -0.7 * gradient
    return cases


@task
def spectral_radius() -> Cases:
    """The growth of a ball with momentum on a parabola, a step."""
    hint = "Write x_{t+1} in terms of x_t and x_{t−1}; the growth is the size of the largest root of that recurrence."
    cases = [(0.1, 5.0, 0.0, False), (0.1, 38.0, 0.9, False), (0.1, 5.0, 0.81, False), (0.1, 15.0, 0.5, True)]
    truths = [0.5, 1.0, 0.9, 1.0]  # 1 − ηa; the edge; complex roots of product β; Nesterov's edge
    return [Case(case, truth, hint) for case, truth in zip(cases, truths, strict=True)]


def recording(random: np.random.Generator, lr: float, *, steps: int = 25) -> np.ndarray:
    """Positions of a ball with Polyak momentum on a parabola of unknown curvature and momentum, from an unknown moment.

    x_{t+1} = (1 + β − ηa) x_t − β x_{t−1}. Shape (steps,), units of x.
    """
    beta, share = random.uniform(0.2, 0.9), random.uniform(0.15, 0.95)  # share: of the threshold (2 + 2β)/η
    curvature = share * (2 + 2 * beta) / lr
    x = [*random.uniform(0.5, 2.0, size=2)]
    while len(x) < steps:
        x.append((1 + beta - lr * curvature) * x[-1] - beta * x[-2])
    return np.array(x)

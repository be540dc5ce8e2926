"""The tasks of the assignment on the thresholds of momentum and of adaptive methods."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from eoslib.tasks import Case, Cases, task

__all__ = ["Rule", "mystery"]

Rule = Callable[[float, float | None, float], tuple[float, float]]  # (x, memory, gradient) → the new x and memory


@task
def two_step() -> Cases:
    """The numbers of x_{t+1} = s x_t − q x_{t−1} for four rules."""
    hint = "Write m_t with the x of the step before, put it into x_{t+1}, and collect what multiplies x_t and x_{t−1}."
    truths = {"descent": (0.6, 0.0), "polyak": (1.1, 0.5), "nesterov": (0.9, 0.3), "average": (1.3, 0.5)}
    return [Case((rule, 0.1, 4.0, 0.5), truth, hint, tol=1e-9) for rule, truth in truths.items()]


@task
def is_stable() -> Cases:
    """Whether both roots of z² − s z + q lie inside the unit circle."""
    hint = "A real root leaves through +1 or −1, where z² − s z + q is 0; a complex pair leaves when its product is 1."
    for s, q in ((0.5, 0.9), (1.0, 1.1), (1.6, 0.5), (-1.6, 0.5), (-1.4, 0.5), (0.0, -1.1)):
        yield Case((s, q), bool(np.abs(np.roots([1.0, -s, q])).max() < 1), hint)


@task
def predicted() -> Cases:
    """The largest stable curvature of four rules."""
    hint = "Put z = −1 into z² − s z + q = 0 and solve for the curvature."
    truths = {"descent": 20.0, "polyak": 30.0, "nesterov": 15.0, "average": 60.0}
    return [Case((rule, 0.1, 0.5), truth, hint, tol=1e-9) for rule, truth in truths.items()]


@task
def find_edge() -> Cases:
    """The largest stable curvature of a rule, by trying it."""
    hint = "Halve the interval between a curvature where |x| shrinks and one where it grows; near the edge, wait long."
    for name, lr, beta, truth in (("plain", 0.1, 0.0, 20.0), ("Polyak's", 0.1, 0.9, 38.0), ("Polyak's", 0.5, 0.5, 6.0)):
        words = f"({name} rule with lr={lr:g}" + (f", beta={beta:g}" if beta else "") + ", 1, 100)"
        yield Case((_polyak(lr, beta), 1.0, 100.0), truth, hint, words, 2e-3)


@task
def preconditioned_sharpness() -> Cases:
    """The largest eigenvalue of P⁻¹A for a diagonal P."""
    hint = "P^−½ A P^−½ has the same eigenvalues as P⁻¹A, and is symmetric."
    yield Case((np.diag([4.0, 9.0]), np.array([1.0, 3.0])), 4.0, hint)
    yield Case((np.array([[2.0, 2.0], [2.0, 8.0]]), np.array([1.0, 4.0])), 3.0, hint, tol=1e-9)
    yield Case((np.diag([-9.0, 1.0]), np.ones(2)), 1.0, "The largest eigenvalue, not the largest in size.")


@task
def largest_lr() -> Cases:
    """The largest stable step size of averaged momentum behind a preconditioner."""
    hint = "Average form: the threshold of P⁻¹A is (2 + 2β)/(η (1 − β)); now η is asked for."
    yield Case((np.diag([4.0, 9.0]), np.array([1.0, 3.0]), 0.0), 0.5, hint)
    yield Case((np.diag([4.0, 9.0]), np.array([1.0, 3.0]), 0.5), 1.5, hint)


@task
def swing_of() -> Cases:
    """The size of the swing in which RMSProp ends on a parabola, simulated."""
    hint = "First ν, then x with the new ν; no bias correction. Afterwards the mean of |x| over the last 100 steps."
    yield Case((4.0, 0.1, 0.9), 0.05, hint, tol=1e-4)
    yield Case((0.5, 0.02, 0.9), 0.01, hint, tol=1e-4)


def mystery(random: np.random.Generator) -> Rule:
    """A linear rule with a memory and three hidden numbers: quasi-hyperbolic momentum, a mix of step and average.

    m ← β m + (1 − β) g, x ← x − η ((1 − ν) g + ν m). memory is None before the first step.
    Its threshold is 2/(η (1 − 2νβ/(1 + β))): a zigzag is averaged to (1 − β)/(1 + β) of its size.
    Source: Ma & Yarats 2019 (arXiv:1810.06801).
    """
    eta, beta, share = random.uniform(0.05, 0.2), random.uniform(0.3, 0.9), random.uniform(0.3, 0.9)

    def step(x: float, memory: float | None, gradient: float) -> tuple[float, float]:
        m = beta * (memory or 0.0) + (1 - beta) * gradient
        return x - eta * ((1 - share) * gradient + share * m), m

    return step


def _polyak(lr: float, beta: float) -> Rule:
    def step(x: float, memory: float | None, gradient: float) -> tuple[float, float]:
        m = beta * (memory or 0.0) + gradient
        return x - lr * m, m

    return step

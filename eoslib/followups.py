"""What came after the paper, as far as it is measured here."""

from __future__ import annotations

import math

import numpy as np
import torch

from eoslib.adaptive import Adam, RMSProp
from eoslib.data import digits
from eoslib.descent import descend
from eoslib.experiment import Desk, Finding
from eoslib.landscape import Landscape
from eoslib.log import Visit
from eoslib.measures import hessian_sharpness
from eoslib.networks import mlp
from eoslib.objective import Objective
from eoslib.optimizers import SAM, GradientDescent
from eoslib.schedules import WarmUp
from eoslib.small import chebyshev4, digit_net

__all__ = [
    "adaptive",
    "alignment",
    "catapult",
    "directional",
    "flow_solution",
    "minimalist",
    "sam",
    "separable",
    "thresholds_in_y",
    "warm_up",
]


def point(*values: float) -> torch.Tensor:
    """A point in float64."""
    return torch.tensor(values, dtype=torch.float64)


def adaptive(desk: Desk) -> list[Finding]:
    """The preconditioned sharpness of Adam and RMSProp, and the plain one."""
    adam = descend(chebyshev4(), Adam(lr=1e-3), steps=4000, every=10, record=10, progress=False)
    plain = hessian_sharpness(chebyshev4())
    rms = descend(chebyshev4(), RMSProp(lr=3e-4, beta2=0.99), steps=4000, every=10, record=10, progress=False,
                  measures={"plain": plain})  # fmt: skip
    raw = rms.measures["plain"]
    return [
        Finding("Adam: late preconditioned sharpness / (38/η)", adam.late(), 0.85, 1.1),
        Finding("RMSProp: the same / (2/η)", rms.late(), 0.95, 1.1),
        Finding("RMSProp: sharpness of the Hessian itself at the end / at the start", raw[-1] / raw[0], 1.5, 500),
    ]


def catapult(desk: Desk) -> list[Finding]:
    """f = u·v/√m on one example with target 0: λ₀ = (|u|² + |v|²)/m."""
    m = 512
    w = torch.randn(2 * m, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    net = Landscape(lambda w: 0.5 * (w[:m] @ w[m:] / math.sqrt(m)) ** 2, w, name="f = u·v/√512")
    curvature, found = float(w @ w / m), []
    for multiple in (1.5, 3.0, 4.3):
        run = descend(net, GradientDescent(lr=multiple / curvature), steps=200, every=0, progress=False)
        peak = float(run.loss.max() / run.loss[0])
        end = float(run.w @ run.w / m / curvature) * multiple / 2 if not run.stopped else math.inf
        low, high = {1.5: (1, 1.001), 3.0: (5, 1e5), 4.3: (1e6, math.inf)}[multiple]
        found.append(Finding(f"η λ₀ = {multiple}: largest loss / at the start", peak, low, high))
        found += [Finding(f"η λ₀ = {multiple}: curvature at the end / (2/η)", end, 0, 1)] if multiple < 4 else []
    return found


def minimalist(desk: Desk) -> list[Finding]:
    """½(1 − x²y²)²/2 in two variables: that of ½(1 − xyzw)² from x = z, y = w."""
    toy = Landscape(lambda w: 0.25 * (1 - (w[0] * w[1]) ** 2) ** 2, point(2.5, 0.5), name="¼ (1 − x²y²)²")
    found = []
    for inverse, reported in ((8, 7.9245), (10, 9.9274), (12, 11.9332)):
        w = descend(toy, GradientDescent(lr=2 / inverse), steps=60_000, every=0, record=60_000, progress=False).w
        sharpness = 2 * float(w @ w)  # at a minimum, where xy = 1
        found.append(
            Finding(f"2/η = {inverse}: sharpness of the minimum found", sharpness, reported - 2e-3, reported + 2e-3)
        )
    return found


def sam(desk: Desk) -> list[Finding]:
    """SAM at its own edge."""
    run = desk.descend("small-sam", chebyshev4(), SAM(lr=0.1, rho=0.02), steps=4000, every=5, record=5)
    return [
        Finding("late sharpness / SAM's edge", run.late(), 0.93, 1.06),
        Finding("late sharpness / (2/η)", float(np.nanmean(run.sharpness[-240:])) * 0.05, 0.1, 0.8),
    ]


def warm_up(desk: Desk) -> list[Finding]:
    """A step size that diverges, with and without warm-up."""
    objective = Objective(mlp(64, 256, 10, activation="relu"), digits(500))
    cold = descend(objective, GradientDescent(lr=0.6), steps=400, every=0, progress=False)
    warm = descend(objective, GradientDescent(lr=WarmUp(0.6, steps=100)), steps=400, every=0, progress=False)
    return [
        Finding(
            "η = 0.6 at once: steps until it diverges (400: never)", len(cold.loss) - 1 if cold.stopped else 400, 1, 100
        ),
        Finding("warmed up over 100 steps: loss at the end", warm.loss[-1] if not warm.stopped else math.nan, 0, 0.2),
    ]


def alignment(desk: Desk) -> list[Finding]:
    """log cosh(xy) from three starts."""
    toy = [Landscape(lambda w: torch.log(torch.cosh(w[0] * w[1])), point(0.5, y)) for y in (4.5, 5.5, 7.0)]
    ends = [
        descend(one, GradientDescent(lr=2 / 16), steps=20_000, every=0, record=20_000, progress=False).w for one in toy
    ]
    squares = [float(w[1] ** 2) for w in ends]
    return [
        Finding("y² at the end, start y = 4.5; 2/η = 16", squares[0], 15.79, 15.83),
        Finding("spread between starts 4.5, 5.5 and 7, × 10⁶", 1e6 * (max(squares) - min(squares)), 0, 10),
    ]


def separable(desk: Desk) -> list[Finding]:
    """Logistic regression far beyond 2/L."""
    x = torch.tensor([[0.1, 0.9], [0.1, -0.5]], dtype=torch.float64)
    logistic = Landscape(lambda w: torch.nn.functional.softplus(-x @ w).mean(), point(0.0, 0.0), name="logistic")
    runs = [
        descend(logistic, GradientDescent(lr=lr), steps=20_000, every=0, progress=False) for lr in (1.0, 20.0, 40.0)
    ]
    across = [float(run.w[1]) for run in runs]
    return [
        Finding("2/η at η = 40 / the largest curvature of the loss", 0.05 / (0.25 * float((x.T @ x / 2).max())), 0, 1),
        Finding("η = 40: steps that raised the loss", int((np.diff(runs[2].loss) > 0).sum()), 1, 100),
        Finding("η = 40: loss at the end", runs[2].loss[-1], 0, 1e-3),
        Finding("spread of the second coordinate over η = 1, 20, 40", max(across) - min(across), 0, 0.02),
    ]


def thresholds_in_y(desk: Desk) -> list[Finding]:
    """√(1 + x²y²) at three step sizes."""
    found = []
    for lr in (0.05, 0.1, 0.2):
        toy = Landscape(lambda w: torch.sqrt(1 + (w[0] * w[1]) ** 2), point(0.3, math.sqrt(1.7 * 2 / lr)))
        w = descend(toy, GradientDescent(lr=lr), steps=20_000, every=0, record=20_000, progress=False).w
        found.append(Finding(f"η = {lr}: y² at the end / (2/η)", float(w[1] ** 2) * lr / 2, 0.96, 1.0))
    return found


def directional(desk: Desk) -> list[Finding]:
    """The smoothness along a step decides whether the loss rises."""
    objective = digit_net(200, 50, 50)

    def along(now: Visit) -> float:
        step = now.lr * now.gradient
        there = objective.loss(now.w - step)
        return 2 * (there - now.loss + float(now.gradient @ step)) / float(step @ step)

    run = descend(
        objective, GradientDescent(lr=0.3), steps=1500, every=0, measures={"smoothness": along}, progress=False
    )
    smooth = run.measures["smoothness"][:-1] * 0.15
    rose = np.diff(run.loss) > 0
    progress = np.diff(run.loss)[-450:] / (0.3 * 2 * run.loss[-451:-1])
    return [
        Finding(
            "steps where the loss rose and directional smoothness ≤ 2/η, or the reverse",
            int((rose != (smooth > 1)).sum()),
            0,
            3,
        ),
        Finding("late directional smoothness / (2/η)", smooth[-450:].mean(), 0.9, 1.1),
        Finding("late relative progress of a step, mean", abs(progress.mean()), 0, 0.05),
    ]


def flow_solution(desk: Desk) -> list[Finding]:
    """½(1 − xy)²: the minimum that the flow from (x, y) would find has sharpness √((x² − y²)² + 4)."""
    toy = Landscape(lambda w: 0.5 * (1 - w[0] * w[1]) ** 2, point(2.2, 0.1))
    run = descend(toy, GradientDescent(lr=0.45), steps=300, every=0, measures={"w": lambda now: now.w}, progress=False)
    x, y = run.measures["w"].T
    sharp = np.sqrt((x**2 - y**2) ** 2 + 4)
    return [
        Finding("sharpness of the flow's solution, from the start", sharp[0], 5.2, 5.27),
        Finding("from the end of the descent", sharp[-1], 2, 5.2),
        Finding("largest rise of it in a step", np.diff(sharp).max(), -np.inf, 1e-9),
    ]

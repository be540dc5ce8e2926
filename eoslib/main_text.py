"""The paper's main text, figure by figure, at a size that two cores run in seconds."""

from __future__ import annotations

import numpy as np
import torch

from eoslib.convolutional import cnn
from eoslib.curvature import top_eigenpairs
from eoslib.data import digits
from eoslib.descent import descend
from eoslib.experiment import Desk, Finding
from eoslib.landscape import quadratic
from eoslib.measures import distance
from eoslib.objective import Objective
from eoslib.optimizers import GradientDescent, Nesterov, Polyak
from eoslib.small import chebyshev4, classes, digit_net, net_of, rise_share, runs_of
from eoslib.sweeps import sweep
from eoslib.theory import multiplier

__all__ = [
    "architectures",
    "crossing",
    "entropy",
    "growth",
    "just_above",
    "leaves_the_flow",
    "momentum",
    "parabolas",
    "several",
    "sharpening",
    "start_of_quadratic",
    "step_sizes",
    "thresholds",
]


def parabolas(desk: Desk) -> list[Finding]:
    """Curvatures 20 and 1: η = 0.09 shrinks, η = 0.11 grows."""
    bowl = quadratic([20.0, 1.0])
    below, above = (descend(bowl, GradientDescent(lr=lr), steps=60, every=0, progress=False) for lr in (0.09, 0.11))
    return [
        Finding("η = 0.09, below 2/20: loss after 60 steps / at the start", below.loss[-1] / below.loss[0], 0, 1e-3),
        Finding("η = 0.11, above: the same, × 10⁶", above.loss[-1] / above.loss[0] / 1e6, 1, np.inf),
    ]


def thresholds(desk: Desk) -> list[Finding]:
    """The curvature between which and 0.1 % more the iteration turns from shrinking to growing."""
    found = []
    for rule in (Polyak(lr=1.0, beta=0.9), Nesterov(lr=1.0, beta=0.9), Polyak(lr=1.0, beta=0.5)):
        edge = rule.threshold
        ends = [descend(quadratic([edge * f]), rule, steps=5000, every=0, blowup=1e12, progress=False).loss[-1]
                for f in (0.996, 1.004)]  # fmt: skip
        kind = f"{type(rule).__name__}, β = {rule.beta}: "
        found.append(Finding(kind + "log₁₀ loss at 0.996 × the threshold", np.log10(ends[0] or 1e-300), -np.inf, -2))
        found.append(Finding(kind + "log₁₀ loss at 1.004 × the threshold", np.log10(ends[1]), 2, np.inf))
    return found


def growth(desk: Desk) -> list[Finding]:
    """An oscillation at 1.05 × 2/η."""
    run = descend(quadratic([1.05 * 20]), GradientDescent(lr=0.1), steps=24, every=0, progress=False)
    x = np.sqrt(2 * run.loss / 21)
    return [Finding("growth a step at 1.05 × 2/η", x[1] / x[0], -multiplier(0.1, 21.0) - 1e-9, 1.1 + 1e-9),
            Finding("growth in 24 steps", x[-1] / x[0], 9, 11)]  # fmt: skip


def architectures(desk: Desk) -> list[Finding]:
    """Three architectures at three step sizes each."""
    nets = {
        "fully connected": (digit_net(200, 50, 50), (0.6, 0.5, 0.4), 1200),
        "deeper": (digit_net(200, 32, 32, 32, 32), (0.8, 0.6, 0.5), 1200),
        "convolutional": (digit_cnn(), (0.6, 0.5, 0.4), 900),
    }
    return [Finding(f"{kind}, η = {run.lr:g}: late sharpness / (2/η)", run.late(), 0.96, 1.2)
            for kind, (net, lrs, steps) in nets.items() for run in runs_of(net, lrs, steps)]  # fmt: skip


def digit_cnn() -> Objective:
    """A small CNN on 100 digits."""
    return net_of(cnn("tanh", pool="average", channels=6, image=(1, 8, 8)), digits(100), image=(1, 8, 8))


def sharpening(desk: Desk) -> list[Finding]:
    """Square loss along the flow; cross-entropy at a small step size, to past its summit."""
    mse = desk.flow("small-flow-mse", chebyshev4(), np.arange(0, 301, 10.0))
    run = descend(classes(), GradientDescent(lr=0.02), steps=40_000, every=400, record=400, progress=False)
    s = run.sharpness
    return [
        Finding("MSE: sharpness at the end of the flow / at the start", mse.sharpness[-1] / mse.sharpness[0], 3, 20),
        Finding(
            "MSE: share of the flow's stretches in which it rose", float(np.mean(np.diff(mse.sharpness) > 0)), 0.7, 1
        ),
        Finding("cross-entropy: largest sharpness / at the start", np.nanmax(s) / s[0], 2, 100),
        Finding("cross-entropy: sharpness at the end / its largest", s[-1] / np.nanmax(s), 0, 0.7),
    ]


def crossing(desk: Desk) -> list[Finding]:
    """What changes when the sharpness crosses 2/η."""
    run = desk.descend("small-crossing", chebyshev4(), GradientDescent(lr=0.1), steps=4000)
    step = run.crossing() or 0
    return [
        Finding("step at which the sharpness crosses 2/η", step, 300, 2500),
        Finding("share of steps before it that raised the loss, %", 100 * rise_share(run, 0, step), 0, 0.5),
        Finding("share of steps after it that raised the loss, %", 100 * rise_share(run, step + 50, None), 1, 60),
        Finding("late sharpness / (2/η)", run.late(), 0.97, 1.05),
        Finding("loss at the end / at the crossing", run.loss[-1] / run.loss[step], 0, 0.7),
    ]


def step_sizes(desk: Desk) -> list[Finding]:
    """Three step sizes from three starts each."""
    found = []
    for lr, steps in ((0.2, 2000), (0.1, 4000), (0.05, 8000)):
        runs = sweep([chebyshev4(seed) for seed in range(3)], GradientDescent(lr=lr), steps=steps, every=4, record=4,
                     progress=False)  # fmt: skip
        found += [
            Finding(f"η = {lr}, start {i}: late sharpness / (2/η)", r.late(), 0.96, 1.06) for i, r in enumerate(runs)
        ]
    return found


def entropy(desk: Desk) -> list[Finding]:
    """The rise, the stay and the late fall."""
    run = desk.descend("small-entropy", classes(), GradientDescent(lr=0.4), steps=2500)
    ratio = run.sharpness / run.threshold
    return [
        Finding("step at which it crosses 2/η", run.crossing() or -1, 1, 100),
        Finding("mean sharpness / (2/η) over steps 60 to 200", ratio[60:200].mean(), 0.75, 1.15),
        Finding("sharpness / (2/η) at the end", ratio[-1], 0.02, 0.3),
    ]


def momentum(desk: Desk) -> list[Finding]:
    """Polyak and Nesterov at β = 0.5 and 0.9."""
    found = []
    for rule in (Polyak(lr=0.1, beta=0.5), Nesterov(lr=0.1, beta=0.5)):
        run = desk.descend(f"small-{type(rule).__name__.lower()}", chebyshev4(), rule, steps=4000)
        found.append(Finding(f"{type(rule).__name__}, β = 0.5: late sharpness / threshold", run.late(), 0.93, 1.06))
    for rule, steps in ((Polyak(lr=0.7, beta=0.9), 300), (Nesterov(lr=0.27, beta=0.9), 400)):
        run = descend(digit_net(200, 50, 50), rule, steps=steps, progress=False)
        found.append(
            Finding(f"{type(rule).__name__}, β = 0.9, digits: late sharpness / threshold", run.late(), 0.85, 1.15)
        )
    return found


def several(desk: Desk) -> list[Finding]:
    """Four eigenvalues at once."""
    run = desk.descend("small-eigenvalues", digit_net(200, 50, 50), GradientDescent(lr=0.4), steps=800, every=2, k=4)
    late = np.nanmean(run.eigenvalues[-200:], axis=0) / run.threshold
    return [Finding(f"eigenvalue {i + 1}: late mean / (2/η)", x, 0.9, 1.12) for i, x in enumerate(late)]


def leaves_the_flow(desk: Desk) -> list[Finding]:
    """The distance between descent and flow at equal times."""
    objective, where = chebyshev4(), {"w": lambda now: now.w}
    run = descend(objective, GradientDescent(lr=0.1), steps=3000, record=20, every=20, measures=where, progress=False)
    smooth = desk.flow("small-flow-beside", objective, run.time, measures=where)
    apart, step = distance(run, smooth, name="w"), run.crossing() or 0
    size = float(np.linalg.norm(smooth.measures["w"][step // 20] - smooth.measures["w"][0]))
    return [
        Finding("distance at the crossing / way travelled", apart[step // 20] / size, 0, 0.03),
        Finding("distance at 1.5 × that time / the same", apart[int(1.5 * step) // 20] / size, 0.05, 0.6),
    ]


def just_above(desk: Desk) -> list[Finding]:
    """Where the sharpness hovers, and the loss over short and long times."""
    run = desk.descend("small-digits", digit_net(500, 50, 50), GradientDescent(lr=0.3), steps=1000)
    start = run.crossing() or 0
    means = run.loss[start : start + 100 * ((1000 - start) // 100)].reshape(-1, 100).mean(1)
    return [
        Finding("late sharpness / (2/η)", run.late(), 1.0, 1.06),
        Finding("steps after the crossing that raised the loss, %", 100 * rise_share(run, start, None), 10, 50),
        Finding("largest ratio of successive means of the loss over 100 steps", (means[1:] / means[:-1]).max(), 0, 1),
    ]


def start_of_quadratic(desk: Desk) -> list[Finding]:
    """A matrix whose eigenvalue largest in size is negative."""
    pair = top_eigenpairs(quadratic([3.0, -5.0]), torch.ones(2, dtype=torch.float64))
    return [Finding("sharpness of diag(3, −5): algebraic, not in size", pair.values.item(), 3 - 1e-9, 3 + 1e-9)]

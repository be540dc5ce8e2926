"""The paper's section 4 and what belongs to it: which habits of thought the edge of stability breaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eoslib.curvature import top_eigenpairs
from eoslib.data import digits
from eoslib.descent import descend
from eoslib.experiment import Desk, Finding
from eoslib.measures import taylor
from eoslib.networks import mlp
from eoslib.objective import Objective
from eoslib.optimizers import SGD, GradientDescent
from eoslib.schedules import InverseSharpness
from eoslib.small import chebyshev4, digit_net
from eoslib.sweeps import sweep

__all__ = [
    "batch_sizes",
    "beyond_guarantees",
    "blow_up",
    "inverse",
    "no_edge",
    "not_lazy",
    "quadratic_model",
    "small_batches",
    "speed",
]


def beyond_guarantees(desk: Desk) -> list[Finding]:
    """How often the step size is larger than analyses allow."""
    run = descend(chebyshev4(), GradientDescent(lr=0.1), steps=4000, progress=False)
    return [
        Finding("share of steps taken with η > 1/sharpness, %", 100 * float(np.mean(run.sharpness > 10)), 60, 100),
        Finding("share of steps taken with η > 2/sharpness, %", 100 * float(np.mean(run.sharpness > 20)), 20, 90),
        Finding("loss at the end / at the start", run.loss[-1] / run.loss[0], 0, 0.2),
    ]


def quadratic_model(desk: Desk) -> list[Finding]:
    """The quadratic Taylor model taken before and after the crossing."""
    objective, rule = chebyshev4(), GradientDescent(lr=0.1)
    step = descend(objective, rule, steps=2500, every=10, progress=False).crossing() or 0
    found = []
    for start in (step - 300, step + 100):
        w = descend(objective, rule, steps=start, every=0, progress=False).w
        real, model = (descend(o, rule, steps=200, every=0, w=w, blowup=1e60, progress=False)
                       for o in (objective, taylor(objective, w)))  # fmt: skip
        when = "before" if start < step else "after"
        fall, ratio = real.loss[-1] / real.loss[0], float(abs(model.loss[-1] / real.loss[-1]))
        found.append(Finding(f"{when} the crossing: real loss after 200 steps / at their start", fall, 0, 1.05))
        if start < step:
            found.append(Finding("before: model / real loss after them", ratio, 0.8, 1.2))
        else:
            found.append(Finding("after: model / real loss after them, log₁₀", np.log10(ratio), 10, np.inf))
    return found


def inverse(desk: Desk) -> list[Finding]:
    """Steps to a goal with η = 1/sharpness and with fixed step sizes."""
    objective = chebyshev4()
    rules: Sequence[GradientDescent] = [GradientDescent(InverseSharpness()), GradientDescent(0.1), GradientDescent(0.2)]
    dynamic, *fixed = (
        descend(objective, rule, steps=6000, every=int(callable(rule.lr)), progress=False) for rule in rules
    )
    steps = [int(np.argmax(run.loss <= 0.003)) or 6001 for run in (dynamic, *fixed)]
    return [
        Finding("steps to a loss of 0.003 with η = 0.2", steps[2], 1, 2500),
        Finding("with η = 0.1, × as many", steps[1] / steps[2], 1.2, 4),
        Finding("with η = 1/sharpness, × as many (6,001 steps stand for more)", steps[0] / steps[2], 2.2, np.inf),
    ]


def not_lazy(desk: Desk) -> list[Finding]:
    """How much the sharpness changes, which a linearised network would keep."""
    run = desk.flow("small-flow-mse", chebyshev4(), np.arange(0, 301, 10.0))
    grown = run.sharpness.max() / run.sharpness[0]
    return [Finding("largest sharpness / at the start; of a linearised network: 1", grown, 2, 20)]


def small_batches(desk: Desk) -> list[Finding]:
    """The full-batch sharpness under SGD."""
    rules = [SGD(lr=0.1, batch=b) for b in (10, 5, 2)]
    late = [descend(chebyshev4(), r, steps=4000, every=20, record=20, progress=False).late() for r in rules]
    return [
        Finding("batch 10 of 20: late sharpness / (2/η)", late[0], 0.8, 1.0),
        Finding("batch 5", late[1], 0.5, 0.9),
        Finding("batch 2", late[2], 0.05, 0.5),
    ]


def no_edge(desk: Desk) -> list[Finding]:
    """A wide, shallow network on easy data at a small step size."""
    run = descend(Objective(mlp(64, 256, 10), digits(200)), GradientDescent(lr=0.05), steps=600, every=10, record=10,
                  progress=False)  # fmt: skip
    return [
        Finding("largest sharpness / (2/η) until the loss is small", np.nanmax(run.sharpness) / run.threshold, 0, 0.9)
    ]


def blow_up(desk: Desk) -> list[Finding]:
    """How fast the quadratic model diverges."""
    objective, rule = chebyshev4(), GradientDescent(lr=0.1)
    step = descend(objective, rule, steps=2500, every=10, progress=False).crossing() or 0
    w = descend(objective, rule, steps=step + 100, every=0, progress=False).w
    run = descend(taylor(objective, w), rule, steps=200, every=0, blowup=1e60, progress=False)
    above = top_eigenpairs(objective, w).values.item()
    rate = (run.loss[-1] / run.loss[-41]) ** (1 / 80)  # the loss is quadratic in the distance
    return [
        Finding("growth a step of the model's distance", rate, 1.001, 3),
        Finding("the same / (η · sharpness − 1)", rate / (0.1 * above - 1), 0.98, 1.02),
        Finding("steps to a tenfold distance", np.log(10) / np.log(rate), 1, 100),
    ]


def batch_sizes(desk: Desk) -> list[Finding]:
    """Four batch sizes."""
    objective, steps = digit_net(400, 32, 32), 3000
    rules = [SGD(lr=0.2, batch=b) for b in (4, 16, 64, 400)]
    late = [descend(objective, r, steps=steps, every=100, record=100, progress=False).late() for r in rules]
    found = [
        Finding(f"batch {r.batch}: late sharpness / (2/η)", x, 0.02, 1.1) for r, x in zip(rules, late, strict=True)
    ]
    return [*found, Finding("batch 4 / full batch", late[0] / late[3], 0, 0.6)]


def speed(desk: Desk) -> list[Finding]:
    """The loss after equal steps at four step sizes."""
    runs = sweep(digit_net(500, 32, 32), [GradientDescent(lr=lr) for lr in (0.05, 0.1, 0.2, 0.4)], steps=800, every=8,
                 record=8, progress=False)  # fmt: skip
    loss = [float(run.loss[-1]) for run in runs]
    found = [Finding(f"η = {run.lr:g}: loss after 800 steps", x, 0, 0.5) for run, x in zip(runs, loss, strict=True)]
    over = np.nanmax(runs[3].sharpness) / runs[3].threshold
    ratio = max(np.divide(loss[1:], loss[:-1]))
    return [
        *found,
        Finding("each doubling of η lowers it: the largest ratio", ratio, 0, 1),
        Finding("η = 0.4: largest sharpness / (2/η)", over, 1, 3),
    ]

"""The paper's networks on 5,000 real CIFAR-10 images, one function a figure. On one core a run takes 10 to 60 minutes.

Where a run stops earlier than the paper's, its step size is larger, so that it reaches its edge sooner.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from eoslib.convolutional import cnn
from eoslib.experiment import Desk, Finding
from eoslib.log import Measure
from eoslib.networks import fc
from eoslib.objective import Objective
from eoslib.optimizers import SGD, GradientDescent, Nesterov, Polyak
from eoslib.trajectory import Trajectory

__all__ = ["activations", "convolutional", "crossing", "entropy", "flow", "momentum", "sgd", "step_sizes"]

STEPS = {0.025: 1000, 0.02: 1500, 0.016: 2000}  # step size η: steps, past the crossing at each


def crossing(desk: Desk) -> list[Finding]:
    """The sharpness rises from about 78 to 2/η, and stays."""
    run = train(desk, "fc-tanh-mse", GradientDescent(lr=0.02), steps=STEPS[0.02])
    return [
        Finding("sharpness at the start", run.sharpness[0], 74, 86),
        Finding("first step above 2/η", run.crossing() or np.nan, 1, STEPS[0.02]),
        Finding("late sharpness / (2/η)", run.late(), 0.97, 1.15),
        rises(run),
    ]


def step_sizes(desk: Desk) -> list[Finding]:
    """Every step size has an edge of its own."""
    runs = [train(desk, "fc-tanh-mse", GradientDescent(lr=lr), steps=steps) for lr, steps in STEPS.items()]
    return [Finding(f"η = {run.lr:g}: late sharpness / (2/η)", run.late(), 0.97, 1.15) for run in runs]


def entropy(desk: Desk) -> list[Finding]:
    """The same with cross-entropy."""
    run = train(desk, "fc-tanh-ce", GradientDescent(lr=0.1), steps=1000, loss="cross-entropy")
    return [
        Finding("sharpness at the start", run.sharpness[0], 5, 20),
        Finding("largest sharpness / (2/η)", np.nanmax(run.sharpness) / run.threshold, 1.0, 3.0),
    ]


def momentum(desk: Desk) -> list[Finding]:
    """Thresholds with momentum β = 0.9."""
    rules = {"polyak": Polyak(lr=0.02, beta=0.9), "nesterov": Nesterov(lr=0.01, beta=0.9)}
    runs = {name: train(desk, f"fc-tanh-mse-{name}", rule, steps=500) for name, rule in rules.items()}
    return [Finding(f"{n}: late sharpness / threshold", run.late(), 0.85, 1.15) for n, run in runs.items()]


def activations(desk: Desk) -> list[Finding]:
    """Other activations."""
    runs = {"relu": 0.05, "elu": 0.02}
    found = {a: train(desk, f"fc-{a}-mse", GradientDescent(lr=lr), steps=1200, activation=a) for a, lr in runs.items()}
    return [Finding(f"{a}: late sharpness / (2/η)", run.late(), 0.97, 1.2) for a, run in found.items()]


def sgd(desk: Desk) -> list[Finding]:
    """Small batches keep the full-batch sharpness below 2/η."""
    run = train(desk, "fc-tanh-mse-sgd", SGD(lr=0.02, batch=100), steps=4000, record=40, every=40)
    return [Finding("batch 100: late sharpness / (2/η)", run.late(), 0.0, 0.97)]


def flow(desk: Desk) -> list[Finding]:
    """Gradient flow: the sharpness dips, then rises without a ceiling."""
    times = np.arange(0, 20.01, 0.5)
    objective = on_cifar(desk, "tanh", "mse")
    run = desk.flow("fc-tanh-mse-flow", objective, times, title="fc-tanh, square loss, gradient flow", rtol=1e-5)
    return [
        Finding("sharpness at the start", run.sharpness[0], 74, 86),
        Finding("lowest sharpness", np.nanmin(run.sharpness), 60, 80),
        Finding("sharpness at time 20", run.sharpness[-1], 90, 150),
    ]


def convolutional(desk: Desk) -> list[Finding]:
    """The small CNN, on 1,000 images."""
    data = desk.cifar(1000)
    objective = Objective(cnn("tanh", pool="average", dtype=torch.float32).to(desk.device), data)
    run = desk.descend("cnn-tanh-mse", objective, GradientDescent(lr=0.05), steps=600, record=5, every=10,
                       title="cnn-tanh, square loss, GradientDescent, η = 0.05",
                       measures={"accuracy": accuracy(objective)})  # fmt: skip
    return [Finding("late sharpness / (2/η)", run.late(), 0.97, 1.25)]


def train(
    desk: Desk, name: str, optimizer: GradientDescent, *, steps: int, loss: str = "mse", activation: str = "tanh",
    record: int = 5, every: int = 10, **options: Any,
) -> Trajectory:  # fmt: skip
    """A fully connected network 3072-200-200-10 on 5,000 images; the loss every 5 steps, two eigenvalues every 10."""
    objective, kind = on_cifar(desk, activation, loss), type(optimizer).__name__
    title = f"fc-{activation}, {'square loss' if loss == 'mse' else loss}, {kind}, η = {optimizer.eta:g}"
    return desk.descend(f"{name}-{optimizer.eta:g}", objective, optimizer, steps=steps, record=record, every=every, k=2,
                        tol=3e-3, title=title, measures={"accuracy": accuracy(objective)}, **options)  # fmt: skip


def on_cifar(desk: Desk, activation: str, loss: str) -> Objective:
    """The training loss of fc(activation) on the first 5,000 images."""
    return Objective(fc(activation, dtype=torch.float32).to(desk.device), desk.cifar(5000), loss=loss)


def accuracy(objective: Objective) -> Measure:
    """The training accuracy."""
    return lambda now: objective.accuracy(now.w)


def rises(run: Trajectory) -> Finding:
    """How often the loss is above the one recorded before, late in the run, in percent: 0 would be monotone."""
    late = run.loss[-len(run.loss) // 3 :]
    return Finding("late points at which the loss rose, %", 100 * float(np.mean(np.diff(late) > 0)), 1, 60)

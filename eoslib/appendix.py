"""The paper's appendices, at a size that two cores run in seconds."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softmax

from eoslib.convolutional import cnn
from eoslib.curvature import top_eigenpairs
from eoslib.data import Dataset, chebyshev, digits, whitened_linear
from eoslib.descent import descend
from eoslib.experiment import Desk, Finding
from eoslib.language import transformer
from eoslib.log import Visit
from eoslib.measures import effective_smoothness
from eoslib.networks import ACTIVATIONS, chebyshev_net, deep_linear, named
from eoslib.objective import Objective
from eoslib.operators import GaussNewton
from eoslib.optimizers import GradientDescent, Nesterov, Polyak
from eoslib.schedules import Drop
from eoslib.small import chebyshev4, classes, digit_net, net_of, rise_share, runs_of, top_until
from eoslib.sweeps import sweep

__all__ = [
    "batchnorm",
    "chebyshev_regression",
    "data_size",
    "depth",
    "drop",
    "eleven",
    "late_fall",
    "linear",
    "losses",
    "momentum_elsewhere",
    "pooled_standard",
    "width",
    "words",
]


def late_fall(desk: Desk) -> list[Finding]:
    """p(1 − p), the Gauss–Newton matrix and the sharpness at the end of cross-entropy."""
    objective = classes()

    def spread(now: Visit) -> float:
        p = softmax(objective.outputs(now.w), dim=1)
        return float((p * (1 - p)).sum(1).mean())

    run = descend(objective, GradientDescent(lr=0.4), steps=2500, every=25, record=25, progress=False,
                  measures={"p(1 − p)": spread})  # fmt: skip
    gauss_newton = top_eigenpairs(GaussNewton(objective), run.w, tol=1e-3).values.item()
    p = run.measures["p(1 − p)"]
    return [
        Finding("Σ p(1 − p), mean over the examples, at the end / at the start", p[-1] / p[0], 0, 0.2),
        Finding("sharpness at the end / its largest", run.sharpness[-1] / np.nanmax(run.sharpness), 0, 0.3),
        Finding("top Gauss–Newton eigenvalue / sharpness at the end", gauss_newton / run.sharpness[-1], 0.8, 1.2),
    ]


class Scaled(nn.Module):
    """A linear layer in the NTK parametrisation: weights N(0, 1/3), divided by √inputs where they are used."""

    def __init__(self, m_in: int, m_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(m_out, m_in) / 3**0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Θ x / √inputs."""
        scaled: torch.Tensor = x @ self.weight.T / self.weight.shape[1] ** 0.5
        return scaled


def ntk(m: int, seed: int) -> Objective:
    """The square loss of a network 64-m-m-10 in that parametrisation, on 100 digits."""

    def build() -> nn.Sequential:
        return nn.Sequential(Scaled(64, m), nn.Tanh(), Scaled(m, m), nn.Tanh(), Scaled(m, 10))

    return Objective(named(f"NTK network of width {m}", build, seed, torch.float64), digits(100))


def width(desk: Desk) -> list[Finding]:
    """Growth of the sharpness in NTK networks of two widths, three starts each."""
    grown = []
    for m, lr in ((32, 4.0), (128, 5.0)):
        runs = sweep([ntk(m, seed) for seed in range(3)], GradientDescent(lr=lr), steps=450, every=10, record=10,
                     progress=False)  # fmt: skip
        grown.append(float(np.mean([top_until(run, 0.05) / run.sharpness[0] for run in runs])))
    return [
        Finding("width 32: largest sharpness / at the start, mean of three", grown[0], 1.5, 4),
        Finding("width 128: the same", grown[1], 1.2, 3),
        Finding("width 128 / width 32", grown[1] / grown[0], 0, 0.95),
    ]


def depth(desk: Desk) -> list[Finding]:
    """Largest sharpness along the flow, one to four hidden layers."""
    tops = []
    for k in (1, 2, 3, 4):
        run = desk.flow(f"small-depth-{k}", chebyshev4(0, *[30] * k), np.arange(0, 101, 5.0))
        tops.append(float(np.nanmax(run.sharpness)))
    found = [Finding(f"{k} hidden layers: largest sharpness", top, 1, 1000) for k, top in enumerate(tops, start=1)]
    return [*found, Finding("deepest / shallowest", tops[3] / tops[0], 3, np.inf)]


def data_size(desk: Desk) -> list[Finding]:
    """Largest sharpness on the way to one loss, 50 to 400 examples."""
    tops = []
    for n in (50, 100, 200, 400):
        run = descend(digit_net(n, 50, 50), GradientDescent(lr=0.02), steps=6000, every=100, record=100, progress=False)
        tops.append(top_until(run, 0.05))
    found = [Finding(f"{n} examples: largest sharpness until the loss is 0.05", top, 0, 500)
             for n, top in zip((50, 100, 200, 400), tops, strict=True)]  # fmt: skip
    return [*found, Finding("400 / 50 examples", tops[3] / tops[0], 1.2, 20)]


def losses(desk: Desk) -> list[Finding]:
    """Growth of the sharpness with either loss."""
    found = []
    for loss in ("mse", "cross-entropy"):
        run = descend(digit_net(200, 50, 50, loss=loss), GradientDescent(lr=0.02), steps=6000, every=100, record=100,
                      progress=False)  # fmt: skip
        found.append(
            Finding(f"{loss}: largest sharpness / at the start", np.nanmax(run.sharpness) / run.sharpness[0], 1.3, 30)
        )
    return found


def chebyshev_regression(desk: Desk) -> list[Finding]:
    """Three degrees at two step sizes."""
    found = []
    for degree in (3, 4, 5):
        objective = Objective(chebyshev_net(100), chebyshev(degree))
        for lr, steps in ((0.4, 6000), (0.2, 12000)):
            run = descend(objective, GradientDescent(lr=lr), steps=steps, every=20, record=20, progress=False)
            found.append(Finding(f"degree {degree}, η = {lr}: late sharpness / (2/η)", run.late(), 0.9, 1.06))
    return found


def linear(desk: Desk) -> list[Finding]:
    """Twenty linear layers."""
    objective = Objective(deep_linear(20, 50), whitened_linear(50, 50))
    run = desk.descend("small-deep-linear", objective, GradientDescent(lr=2 / 10_000), steps=1200, every=4, record=4)
    return [
        Finding("sharpness at the start", run.sharpness[0], 500, 9000),
        Finding("late sharpness / (2/η)", run.late(), 0.97, 1.1),
        Finding("loss at the end / at the start", run.loss[-1] / run.loss[0], 0, 0.8),
    ]


def normalised(batchnorm: bool, seed: int = 0) -> Objective:
    """A network 64-50-50-10 on 300 digits, with BatchNorm before each tanh or without."""

    def build() -> nn.Sequential:
        layers: list[nn.Module] = []
        for m in (64, 50):
            layers += [nn.Linear(m, 50), *([nn.BatchNorm1d(50)] if batchnorm else []), nn.Tanh()]
        return nn.Sequential(*layers, nn.Linear(50, 10))

    kind = "BatchNorm network" if batchnorm else "network without BatchNorm"
    return Objective(named(kind, build, seed, torch.float64), digits(300))


def batchnorm(desk: Desk) -> list[Finding]:
    """Sharpness and effective smoothness with BatchNorm."""
    objective, found = normalised(True), []
    for lr in (0.2, 0.1):
        run = descend(objective, GradientDescent(lr=lr), steps=1500, every=10, record=10, progress=False,
                      measures={"effective smoothness": effective_smoothness(objective)})  # fmt: skip
        smooth = run.measures["effective smoothness"][-45:] * lr / 2
        found += [
            Finding(f"η = {lr}: sharpness / (2/η) at the start", run.sharpness[0] * lr / 2, 0.2, 20),
            Finding(f"η = {lr}: late sharpness / (2/η)", run.late(), 0.95, 1.4),
            Finding(f"η = {lr}: late effective smoothness / (2/η)", float(np.median(smooth)), 0.95, 1.06),
        ]
    return found


def momentum_elsewhere(desk: Desk) -> list[Finding]:
    """A small CNN with momentum."""
    objective = net_of(cnn("tanh", pool="average", channels=6, image=(1, 8, 8)), digits(100), image=(1, 8, 8))
    rules = [Polyak(lr=0.6, beta=0.5), Nesterov(lr=0.3, beta=0.5)]
    runs = [descend(objective, rule, steps=900, every=5, record=5, progress=False) for rule in rules]
    return [Finding(f"CNN, {type(rule).__name__}, β = 0.5: late sharpness / threshold", run.late(), 0.9, 1.2)
            for rule, run in zip(rules, runs, strict=True)]  # fmt: skip


def drop(desk: Desk) -> list[Finding]:
    """The step size is halved at step 500."""
    run = desk.descend("small-drop", chebyshev4(), GradientDescent(lr=Drop(0.2, 0.1, at=500)), steps=4000)
    ratio = run.sharpness / run.thresholds
    back = 500 + int(np.argmax(ratio[500:] > 1))
    return [
        Finding("sharpness / (2/η) just after the drop", ratio[500], 0.4, 0.75),
        Finding("steps until it crosses the new 2/η", back - 500, 50, 3000),
        Finding("share of those steps that raised the loss, %", 100 * rise_share(run, 502, back), 0, 1),
        Finding("late sharpness / (2/η)", run.late(), 0.97, 1.05),
    ]


def eleven(desk: Desk) -> list[Finding]:
    """Seven activations and three CNNs."""
    found = []
    for activation in ACTIVATIONS:
        lr = {"elu": 0.15, "softplus": 0.15, "gelu": 0.6, "silu": 0.6}.get(activation, 0.3)
        run = runs_of(digit_net(200, 50, 50, activation=activation), [lr], 1500)[0]
        found.append(Finding(f"{activation}, η = {lr}: late sharpness / (2/η)", run.late(), 0.97, 1.15))
    for activation, pool in (("relu", "max"), ("tanh", "average"), ("elu", "max")):
        net = cnn(activation, pool=pool, channels=6, image=(1, 8, 8))
        run = runs_of(net_of(net, digits(100), image=(1, 8, 8)), [0.3], 900)[0]
        found.append(
            Finding(f"CNN, {activation}, {pool} pooling, η = 0.3: late sharpness / (2/η)", run.late(), 0.95, 1.4)
        )
    return found


def words(desk: Desk) -> list[Finding]:
    """A transformer of one layer on letters."""
    text = (
        "the sharpness rises until it reaches two over the step size and there it stays while the loss falls on "
        "and the iterates swing from side to side along the sharpest direction of the valley "
    ) * 4
    letters = sorted(set(text))
    stream = torch.tensor([letters.index(c) for c in text[: 48 * 12 + 1]])
    y = torch.eye(len(letters), dtype=torch.float64)[stream[1:]].view(48, 12, -1)
    data = Dataset(stream[:-1].view(48, 12).double(), y, "a sentence, letter by letter")
    net = transformer(len(letters), width=16, heads=2, layers=1, hidden=32)
    run = desk.descend("small-transformer", Objective(net, data, loss="cross-entropy"), GradientDescent(lr=0.1),
                       steps=1500, every=5, record=5)  # fmt: skip
    return [Finding("largest sharpness / (2/η)", np.nanmax(run.sharpness) / run.threshold, 1.0, 3.0),
            Finding("late sharpness / (2/η)", run.late(), 0.9, 1.3)]  # fmt: skip


def pooled_standard(desk: Desk) -> list[Finding]:
    """A small CNN with BatchNorm."""
    net = cnn("tanh", pool="average", batchnorm=True, channels=6, image=(1, 8, 8))
    run = runs_of(net_of(net, digits(100), image=(1, 8, 8)), [0.05], 500)[0]
    return [Finding("CNN with BatchNorm, η = 0.05: late sharpness / (2/η)", run.late(), 0.9, 1.4)]

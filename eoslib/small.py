"""The small configurations that show the paper's effects in seconds, shared by the experiments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from eoslib.data import Dataset, chebyshev, digits
from eoslib.networks import mlp
from eoslib.objective import Objective
from eoslib.optimizers import GradientDescent
from eoslib.sweeps import sweep
from eoslib.trajectory import Trajectory

__all__ = ["CH4", "DIGITS", "chebyshev4", "classes", "digit_net", "net_of", "rise_share", "runs_of", "top_until"]

CH4 = "tanh network 1-50-50-1 on 20 points of the Chebyshev polynomial of degree 4, MSE"
DIGITS = "scikit-learn's 8×8 digits"


def chebyshev4(seed: int = 0, *hidden: int) -> Objective:
    """The square loss of a tanh network (1-50-50-1, unless hidden widths are given) on the Chebyshev polynomial T₄."""
    return Objective(mlp(1, *(hidden or (50, 50)), 1, seed=seed), chebyshev(4))


def classes(seed: int = 0) -> Objective:
    """Cross-entropy on the sign of T₄ as two classes."""
    data = chebyshev(4)
    labels = torch.cat([data.y < 0, data.y >= 0], dim=1).double()
    return Objective(mlp(1, 50, 50, 2, seed=seed), Dataset(data.x, labels, "the sign of T₄"), loss="cross-entropy")


def digit_net(n: int, *hidden: int, activation: str = "tanh", seed: int = 0, loss: str = "mse") -> Objective:
    """A fully connected network on the first n digits."""
    return Objective(mlp(64, *hidden, 10, activation=activation, seed=seed), digits(n), loss=loss)


def net_of(network: nn.Module, data: Dataset, *, image: tuple[int, int, int]) -> Objective:
    """A convolutional network on flat images of that shape."""
    return Objective(network, Dataset(data.x.view(-1, *image), data.y, data.name))


def runs_of(objective: Objective, lrs: Sequence[float], steps: int, *, every: int = 5) -> list[Trajectory]:
    """Gradient descent at each step size."""
    return sweep(objective, [GradientDescent(lr=lr) for lr in lrs], steps=steps, every=every, record=every,
                 progress=False)  # fmt: skip


def rise_share(run: Trajectory, start: int, stop: int | None) -> float:
    """Of the steps between the recorded points [start, stop), the share that raised the loss."""
    return float(np.mean(np.diff(run.loss[start:stop]) > 0))


def top_until(run: Trajectory, loss: float) -> float:
    """The largest sharpness before the loss is at most this, or until the end."""
    done = int(np.argmax(run.loss <= loss)) or len(run.loss) - 1
    return float(np.nanmax(run.sharpness[: done + 1]))

"""What the sharpness is measured on: four trainings, small to large, each past its edge."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

import eoslib as eos
from eoslib.schedules import Schedule


@dataclass(frozen=True)
class Workload:
    single: eos.Objective  # what is trained and timed, in the precision it is meant for
    double: eos.Objective  # the same in float64, for the exact value
    ours: dict[str, eos.Objective]  # by their names in the table: with exact products, and cheaper ones where it pays
    lr: Schedule  # step size η of step t
    edge: int  # the step at which timing and comparison begin
    tol: float  # relative error asked of the tracker


def workload(name: str, seed: int = 0, device: str = "cpu") -> Workload:
    """A: 301 parameters, pure overhead. B: 656,810, pure arithmetic. C: convolutions. D: crossings, in float32."""
    lr, edge = {"A": (0.08, 640), "B": (0.15, 160), "C": (0.36, 40), "D": (0.1, 250)}[name]
    # C begins at a sharpness of 13 and trains at 6: at 0.36 from the start it diverges
    schedule = eos.Drop(0.2, lr, at=15) if name == "C" else eos.WarmUp(lr, steps=1)
    tol = {"B": 3e-3, "C": 1e-2}.get(name, 1e-3)  # B as the full-size runs ask; C what is still called right
    single = objective(name, torch.float64 if name == "A" else torch.float32, seed, device)
    cheaper = {"B": ("bf16", "bfloat16"), "C": ("diff", "difference")}
    ours = {"eoslib": single}
    if name in cheaper:
        short, products = cheaper[name]
        ours[f"eoslib {short}"] = eos.Objective(single.network, single.dataset, products=products)
    return Workload(single, objective(name, torch.float64, seed, device), ours, schedule, edge, tol)


def objective(name: str, dtype: torch.dtype, seed: int, device: str = "cpu") -> eos.Objective:
    network, data = {
        "A": lambda: (eos.mlp(1, 100, 1, seed=seed), eos.chebyshev(3)),
        "B": lambda: (eos.mlp(3072, 200, 200, 10, seed=seed), images(5000)),
        "C": lambda: (cnn(seed), images(1000)),
        "D": lambda: (eos.mlp(64, 100, 100, 10, seed=seed), eos.digits(1797)),
    }[name]()
    return eos.Objective(network.to(device, dtype), data)


def cnn(seed: int) -> nn.Module:
    """Two convolutions of 32 channels with average pooling, and a linear layer: 30,634 parameters."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Unflatten(1, (3, 32, 32)),
            nn.Conv2d(3, 32, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2),
            nn.Flatten(), nn.Linear(2048, 10),
        )  # fmt: skip


def images(n: int) -> eos.Dataset:
    """n random images of 3 × 32 × 32 with the power spectrum of photographs, 1/f², and random labels."""
    generator = torch.Generator().manual_seed(0)
    f = torch.fft.fftfreq(32)
    amplitude = (f[:, None] ** 2 + f[None] ** 2 + 1 / 32**2).rsqrt()
    noise = torch.randn(n, 3, 32, 32, generator=generator)
    x = torch.fft.ifft2(torch.fft.fft2(noise) * amplitude).real.reshape(n, -1).double()
    labels = torch.randint(10, (n,), generator=generator)
    return eos.Dataset((x - x.mean(0)) / x.std(0), F.one_hot(labels, 10).double(), "1/f images")

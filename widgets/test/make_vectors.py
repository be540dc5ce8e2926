"""Write vectors.json: what plain PyTorch (float64, one thread) says about networks the browser engine must agree with.

Nothing here uses the engine or eoslib. Usage: python widgets/test/make_vectors.py [FILE]
"""

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

TARGET = Path(__file__).parent / "vectors.json"
ACTIVATIONS = {
    "tanh": torch.tanh,
    "relu": F.relu,
    "elu": F.elu,
    "softplus": F.softplus,
    "gelu": F.gelu,
    "silu": F.silu,
    "linear": torch.nn.Identity(),
}
LOSSES = ["mse", "cross-entropy"]


def flat(parameters) -> Tensor:
    return torch.cat([p.detach().flatten() for p in parameters])


def initial(sizes: list[int], seed: int, bias: bool = True) -> Tensor:
    """PyTorch's default initialisation of a stack of nn.Linear layers, as one flat vector."""
    torch.manual_seed(seed)
    layers = [nn.Linear(a, b, bias=bias, dtype=torch.float64) for a, b in zip(sizes, sizes[1:], strict=False)]
    return flat(p for layer in layers for p in layer.parameters())


class Problem:
    """The training loss of a multilayer perceptron as a function of w, by torch's own layers and losses."""

    def __init__(self, sizes: list[int], activation: str, loss: str, x: Tensor, y: Tensor, bias: bool = True) -> None:
        self.sizes, self.activation, self.kind, self.x, self.y = sizes, ACTIVATIONS[activation], loss, x, y
        self.bias = bias

    def loss(self, w: Tensor) -> Tensor:
        out, at = self.x, 0
        for i, (a, b) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            weight, bias = w[at : at + a * b].view(b, a), w[at + a * b : at + a * b + b] if self.bias else None
            out, at = F.linear(out, weight, bias), at + a * b + b * self.bias
            out = self.activation(out) if i < len(self.sizes) - 2 else out
        if self.kind == "mse":
            return 0.5 * (out - self.y).square().sum(dim=1).mean()
        return F.cross_entropy(out, self.y)

    def gradient(self, w: Tensor) -> Tensor:
        w = w.clone().requires_grad_(True)
        return torch.autograd.grad(self.loss(w), w)[0]

    def hvp(self, w: Tensor, v: Tensor) -> Tensor:
        w = w.clone().requires_grad_(True)
        (g,) = torch.autograd.grad(self.loss(w), w, create_graph=True)
        return torch.autograd.grad(g, w, v)[0]

    def hessian(self, w: Tensor) -> Tensor:
        w = w.clone().requires_grad_(True)
        (g,) = torch.autograd.grad(self.loss(w), w, create_graph=True)
        rows = torch.autograd.grad(g, w, torch.eye(len(w), dtype=w.dtype), is_grads_batched=True)[0]
        return 0.5 * (rows + rows.T)


def numbers(tensor: Tensor) -> list[float]:
    return tensor.detach().flatten().tolist()


def gaussian(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def chebyshev(degree: int) -> tuple[Tensor, Tensor]:
    x = np.linspace(-1, 1, 20)[:, None]
    return torch.from_numpy(x), torch.from_numpy(np.polynomial.chebyshev.chebval(x, [0] * degree + [1]))


def functions() -> dict:
    points = [
        *np.random.default_rng(0).uniform(-4, 4, 40),
        *np.geomspace(1e-18, 700, 24),
        *-np.geomspace(1e-18, 40, 12),
    ]
    points = [float(p) for p in points]
    table = {name: [getattr(math, name)(p) for p in points] for name in ("exp", "expm1", "tanh", "erf")}
    positive = [abs(p) for p in points]
    return {
        "points": points,
        **table,
        "log": [math.log(p) for p in positive],
        "log1p": [math.log1p(p) for p in positive],
    }


def derivatives() -> list[dict]:
    """Loss, gradient and Hessian-vector product for every activation and loss, at weights large enough to bend."""
    cases, sizes = [], [4, 6, 5, 3]
    x, targets, labels = (
        gaussian(1, 7, 4),
        gaussian(2, 7, 3),
        F.one_hot(torch.tensor([0, 2, 1, 1, 0, 2, 2]), 3).double(),
    )
    for i, activation in enumerate(ACTIVATIONS):
        for loss in LOSSES:
            bias = activation != "linear"  # without biases: a deep linear network
            y, size = targets if loss == "mse" else labels, len(initial(sizes, 0, bias))
            problem = Problem(sizes, activation, loss, x, y, bias)
            w, v = 1.5 * gaussian(10 + i, size), gaussian(30 + i, size)
            cases.append({
                "sizes": sizes, "activation": activation, "loss": loss, "bias": bias,
                "x": numbers(x), "y": numbers(y), "n": 7, "w": numbers(w), "v": numbers(v),
                "value": problem.loss(w).item(), "gradient": numbers(problem.gradient(w)), "hvp": numbers(problem.hvp(w, v)),
            })  # fmt: skip
    return cases


def trajectory() -> dict:
    """Gradient descent on the lab's default problem: the loss at each of 700 steps, w now and then."""
    sizes, lr = [1, 30, 20, 1], 0.4
    problem, w = Problem(sizes, "tanh", "mse", *chebyshev(6)), initial(sizes, 2)
    losses, kept = [], {}
    for t in range(701):
        if t in (50, 100, 200):
            kept[t] = numbers(w)
        losses.append(problem.loss(w).item())
        w = w - lr * problem.gradient(w)
    return {"degree": 6, "sizes": sizes, "activation": "tanh", "seed": 2, "lr": lr, "loss": losses, "w": kept}


OPTIMIZERS = {
    "gd": ({"lr": 0.2}, lambda w, h: torch.optim.SGD([w], lr=h["lr"])),
    "polyak": ({"lr": 0.03, "momentum": 0.9}, lambda w, h: torch.optim.SGD([w], **h)),
    "nesterov": ({"lr": 0.03, "momentum": 0.9}, lambda w, h: torch.optim.SGD([w], **h, nesterov=True)),
    "rmsprop": ({"lr": 0.0005}, lambda w, h: torch.optim.RMSprop([w], lr=h["lr"])),
    "adam": ({"lr": 0.01}, lambda w, h: torch.optim.Adam([w], lr=h["lr"])),
    "sgd": ({"lr": 0.1, "batch": 6}, lambda w, h: torch.optim.SGD([w], lr=h["lr"])),
    "sam": ({"lr": 0.1, "rho": 0.05}, lambda w, h: torch.optim.SGD([w], lr=h["lr"])),
}  # fmt: skip
SCHEDULES = {
    "constant": ({"kind": "constant"}, lambda t: 1.0),
    "drop": ({"kind": "drop", "at": 40, "factor": 0.5}, lambda t: 1.0 if t < 40 else 0.5),
    "warmup": ({"kind": "warmup", "steps": 50}, lambda t: min(1.0, (t + 1) / 50)),
}


def shuffles(n: int, size: int, seed: int) -> Iterator[list[int]]:
    """Batches of a Fisher-Yates shuffle every epoch, from numpy's Mersenne Twister seeded as the C code is."""
    source, order = np.random.MT19937(), list(range(n))
    source._legacy_seeding(seed)
    while True:
        for i in range(n - 1, 0, -1):
            j = int(int(source.random_raw()) / 2**32 * (i + 1))
            order[i], order[j] = order[j], order[i]
        for start in range(0, n - size + 1, size):
            yield order[start : start + size]


def preconditioner(name: str, optimizer: torch.optim.Optimizer, w: Tensor) -> Tensor | None:
    """What the step just taken divided by: torch's state after it, as one diagonal."""
    state, group = optimizer.state[w], optimizer.param_groups[0]
    if name == "rmsprop":
        return state["square_avg"].sqrt() + group["eps"]
    if name == "adam":
        first, second = (1 - beta ** state["step"].item() for beta in group["betas"])
        return first * ((state["exp_avg_sq"] / second).sqrt() + group["eps"])
    return None


def optimizer_run(name: str, schedule: str, steps: int = 100) -> dict:
    """w of each optimizer of torch.optim (SAM and the batches by hand) after 1, 10 and `steps` steps, all losses, and
    the largest eigenvalue of the preconditioned Hessian, dense, at a few w."""
    sizes, seed, degree = [1, 8, 6, 1], 1, 3
    hyper, make = OPTIMIZERS[name]
    described, factor = SCHEDULES[schedule]
    x, y = chebyshev(degree)
    problem, w = Problem(sizes, "tanh", "mse", x, y), initial(sizes, seed).requires_grad_(True)
    optimizer, batches = make(w, hyper), shuffles(len(x), hyper.get("batch", len(x)), seed)
    losses, kept, sharpness = [], {}, {}
    for t in range(steps + 1):
        at, hessian = w.detach().clone(), problem.hessian(w.detach())
        losses.append(problem.loss(at).item())
        if t in (1, 10, steps):
            kept[t] = numbers(w)
        part = Problem(sizes, "tanh", "mse", x, y)
        if "batch" in hyper:
            rows = next(batches)
            part.x, part.y = x[rows], y[rows]
        g = part.gradient(at)
        if name == "sam":
            g = part.gradient(at + hyper["rho"] * g / g.norm())
        w.grad = g
        optimizer.param_groups[0]["lr"] = hyper["lr"] * factor(t)
        optimizer.step()
        if t in (0, 1, 10, steps):
            p = preconditioner(name, optimizer, w)
            scaled = hessian if p is None else hessian / p.sqrt()[:, None] / p.sqrt()[None, :]
            sharpness[t] = torch.linalg.eigvalsh(scaled)[-1].item()
    return {"optimizer": name, "schedule": described, "sizes": sizes, "degree": degree, "seed": seed, **hyper,
            "loss": losses, "w": kept, "sharpness": sharpness}  # fmt: skip


def edge(activation: str, lr: float, steps: int, seed: int) -> dict:
    """A small network with three outputs at the edge of stability, where eigenvalues cross: w every tenth step, and
    the loss and the two largest Hessian eigenvalues (dense) at every step. `crossings` counts the steps at which the
    top eigenvector is another one than the step before."""
    sizes, n = [3, 7, 5, 3], 24
    x, y = gaussian(50 + seed, n, 3), gaussian(70 + seed, n, 3)
    problem, w = Problem(sizes, activation, "mse", x, y), initial(sizes, seed)
    rows, kept, crossings, before = [], [], [], None
    for t in range(steps + 1):
        if t % 10 == 0:
            kept.append(numbers(w))
        values, vectors = torch.linalg.eigh(problem.hessian(w))
        top = vectors[:, -1]
        if before is not None and abs(float(top @ before)) < 0.5:
            crossings.append(t)
        before = top
        rows.append([problem.loss(w).item(), *values[-3:].flip(0).tolist()])
        w = w - lr * problem.gradient(w)
    v = gaussian(90, len(w))
    points = [{"step": t, "gradient": numbers(problem.gradient(at)), "hvp": numbers(problem.hvp(at, v))}
              for t in range(steps // 2, steps + 1, steps // 4) for at in [torch.tensor(kept[t // 10], dtype=torch.float64)]]  # fmt: skip
    return {"sizes": sizes, "activation": activation, "lr": lr, "x": numbers(x), "y": numbers(y), "n": n, "w": kept,
            "rows": rows, "crossings": crossings, "v": numbers(v), "points": points}  # fmt: skip


def data() -> dict:
    images, labels = load_digits(return_X_y=True)
    x = images[:300] - images[:300].mean(axis=0)
    x = x / x.std()
    sets = {str(d): [numbers(t) for t in chebyshev(d)] for d in (0, 1, 2, 5, 8)}
    return {
        "chebyshev": sets,
        "digits": {"first": x[0].tolist(), "last": x[-1].tolist(), "labels": labels[:300].tolist()},
    }


def vectors() -> dict:
    nets = [([3, 5, 4, 2], 0), ([3, 5, 4, 2], 12345), ([2, 3], 4294967295), ([64, 4, 10], 1), ([1, 30, 20, 1], 0)]
    return {
        "functions": functions(),
        "data": data(),
        "init": [{"sizes": sizes, "seed": seed, "w": numbers(initial(sizes, seed))} for sizes, seed in nets],
        "derivatives": derivatives(),
        "trajectory": trajectory(),
        "optimizers": [
            *(optimizer_run(name, "constant") for name in OPTIMIZERS),
            *(optimizer_run("gd", schedule) for schedule in ("drop", "warmup")),
            optimizer_run("adam", "warmup"),
        ],
        "edge": [edge("tanh", 0.25, 600, 0), edge("gelu", 0.5, 400, 0)],
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.write_text(json.dumps(vectors(), separators=(",", ":")) + "\n")
    print(f"wrote {target}, {target.stat().st_size / 1000:.0f} kB")

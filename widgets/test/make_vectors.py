"""Write vectors.json: what plain PyTorch (float64, one thread) says about networks the browser engine must agree with.

Nothing here uses the engine or eoslib. Usage: python widgets/test/make_vectors.py [FILE]
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

TARGET = Path(__file__).parent / "vectors.json"
ACTIVATIONS = {"tanh": torch.tanh, "relu": F.relu, "elu": F.elu, "softplus": F.softplus, "gelu": F.gelu, "silu": F.silu}
LOSSES = ["mse", "cross-entropy"]


def flat(parameters) -> Tensor:
    return torch.cat([p.detach().flatten() for p in parameters])


def initial(sizes: list[int], seed: int) -> Tensor:
    """PyTorch's default initialisation of a stack of nn.Linear layers, as one flat vector."""
    torch.manual_seed(seed)
    layers = [nn.Linear(a, b, dtype=torch.float64) for a, b in zip(sizes, sizes[1:], strict=False)]
    return flat(p for layer in layers for p in layer.parameters())


class Problem:
    """The training loss of a multilayer perceptron as a function of w, by torch's own layers and losses."""

    def __init__(self, sizes: list[int], activation: str, loss: str, x: Tensor, y: Tensor) -> None:
        self.sizes, self.activation, self.kind, self.x, self.y = sizes, ACTIVATIONS[activation], loss, x, y

    def loss(self, w: Tensor) -> Tensor:
        out, at = self.x, 0
        for i, (a, b) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            weight, bias = w[at : at + a * b].view(b, a), w[at + a * b : at + a * b + b]
            out, at = F.linear(out, weight, bias), at + a * b + b
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
            y = targets if loss == "mse" else labels
            problem = Problem(sizes, activation, loss, x, y)
            w, v = 1.5 * gaussian(10 + i, len(initial(sizes, 0))), gaussian(30 + i, len(initial(sizes, 0)))
            cases.append({
                "sizes": sizes, "activation": activation, "loss": loss, "x": numbers(x), "y": numbers(y), "n": 7,
                "w": numbers(w), "v": numbers(v), "value": problem.loss(w).item(),
                "gradient": numbers(problem.gradient(w)), "hvp": numbers(problem.hvp(w, v)),
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
        "edge": [edge("tanh", 0.25, 600, 0), edge("gelu", 0.5, 400, 0)],
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.write_text(json.dumps(vectors(), separators=(",", ":")) + "\n")
    print(f"wrote {target}, {target.stat().st_size / 1000:.0f} kB")

"""Networks by the paper's names. Plain `nn.Module`s: any other module works just as well."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

__all__ = ["ACTIVATIONS", "chebyshev_net", "deep_linear", "fc", "mlp", "named", "pick"]

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "softplus": nn.Softplus,
    "hardtanh": nn.Hardtanh,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}


def mlp(
    *widths: int, activation: str = "tanh", seed: int = 0, bias: bool = True, dtype: torch.dtype = torch.float64
) -> nn.Sequential:
    """A fully connected network: widths[0] inputs, hidden layers, widths[-1] outputs, all with one activation.

    h_0 = x,  h_l = φ(W_l h_{l-1} + b_l),  f(x) = W_L h_{L-1} + b_L;  W_l has shape (widths[l], widths[l-1]).
    PyTorch's default initialisation: every entry of W_l and b_l uniform on ±1/√widths[l-1]. The seed is the
    network's own: the global random state is left as it was.
    Raises ValueError on fewer than two widths, a width below 1, or an unknown activation.

    >>> sum(p.numel() for p in mlp(1, 50, 50, 1).parameters())   # 50+50 + 2500+50 + 50+1
    2701
    """
    if len(widths) < 2 or any(not isinstance(m, int) or m < 1 for m in widths):
        raise ValueError(
            f"mlp got widths {widths}; give inputs, hidden widths and outputs as whole numbers ≥ 1, "
            "for example mlp(1, 50, 50, 1)."
        )

    def build() -> nn.Sequential:
        layers: list[nn.Module] = []
        for m_in, m_out in zip(widths, widths[1:], strict=False):
            layers += [nn.Linear(m_in, m_out, bias=bias, dtype=dtype), pick("activation", activation, ACTIVATIONS)()]
        return nn.Sequential(*layers[:-1])  # no activation after the last layer

    return named(f"{activation} network {'-'.join(map(str, widths))}", build, seed, dtype)


def fc(
    activation: str = "tanh", *, depth: int = 2, width: int = 200, seed: int = 0, dtype: torch.dtype = torch.float64
) -> nn.Sequential:
    """The paper's fully connected network on CIFAR-10 images: 3072 inputs, `depth` hidden layers, 10 outputs.

    >>> sum(p.numel() for p in fc("tanh", dtype=torch.float32).parameters())
    656810
    """
    layers = mlp(3072, *[width] * depth, 10, activation=activation, seed=seed, dtype=dtype)
    return named(str(layers.name), lambda: nn.Sequential(nn.Flatten(), *layers), seed, dtype)


def chebyshev_net(width: int = 100, *, seed: int = 0, dtype: torch.dtype = torch.float64) -> nn.Sequential:
    """The paper's network for Chebyshev polynomials: 1-width-1, tanh, no output bias, first layer scaled by 1.9.

    Xavier-normal: W₁ ~ N(0, 1.9² · 2/(1 + width)), W₂ ~ N(0, 2/(width + 1)), b₁ = 0.

    >>> sum(p.numel() for p in chebyshev_net().parameters())
    300
    """

    def build() -> nn.Sequential:
        net = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1, bias=False))
        first, _, last = net.parameters()
        nn.init.xavier_normal_(first, gain=1.9)
        nn.init.xavier_normal_(last)
        nn.init.zeros_(net[0].bias)  # type: ignore[arg-type]
        return net

    return named(f"tanh network 1-{width}-1", build, seed, dtype)


def deep_linear(
    depth: int = 20, width: int = 50, *, seed: int = 8, dtype: torch.dtype = torch.float64
) -> nn.Sequential:
    """The product of `depth` square matrices, without bias: f(x) = W_L … W₁ x, each entry N(0, 1/width) at first.

    >>> sum(p.numel() for p in deep_linear(20, 50).parameters())
    50000
    """

    def build() -> nn.Sequential:
        net = nn.Sequential(*[nn.Linear(width, width, bias=False) for _ in range(depth)])
        for weight in net.parameters():
            nn.init.xavier_normal_(weight)
        return net

    return named(f"deep linear network of {depth} layers", build, seed, dtype)


def named(name: str, build: Callable[[], nn.Sequential], seed: int, dtype: torch.dtype) -> nn.Sequential:
    """Build a network from a seed of its own, leaving the global random state as it was, and give it a name."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build().to(dtype)
    network.name = name  # type: ignore[assignment]
    return network


def pick(what: str, name: str, table: dict[str, type[nn.Module]]) -> type[nn.Module]:
    """The table's entry of that name. Raises ValueError listing the names there are."""
    if name not in table:
        raise ValueError(f"There is no {what} {name!r} here; use one of {', '.join(table)}.")
    return table[name]

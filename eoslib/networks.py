"""Networks by the paper's names. Plain `nn.Module`s: any other module works just as well."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["ACTIVATIONS", "mlp"]

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "softplus": nn.Softplus,
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
    if activation not in ACTIVATIONS:
        raise ValueError(f"mlp does not know the activation {activation!r}; use one of {', '.join(ACTIVATIONS)}.")
    layers: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for m_in, m_out in zip(widths, widths[1:], strict=False):
            layers += [nn.Linear(m_in, m_out, bias=bias, dtype=dtype), ACTIVATIONS[activation]()]
    network = nn.Sequential(*layers[:-1])  # no activation after the last layer
    network.name = f"{activation} network {'-'.join(map(str, widths))}"  # type: ignore[assignment]
    return network

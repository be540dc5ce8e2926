"""The paper's networks for images: a small CNN, VGG-11 and ResNet-32."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eoslib.networks import ACTIVATIONS, named, pick

__all__ = ["cnn", "resnet32", "vgg11"]

POOLS: dict[str, type[nn.Module]] = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


def cnn(
    activation: str = "relu", *, pool: str = "max", batchnorm: bool = False, channels: int = 32,
    image: tuple[int, int, int] = (3, 32, 32), outputs: int = 10, seed: int = 0, dtype: torch.dtype = torch.float64,
) -> nn.Sequential:  # fmt: skip
    """Twice [3×3 convolution, activation, (BatchNorm,) 2×2 pooling], then one linear layer. PyTorch's initialisation.

    `pool` is "max" or "average", `image` is (colours, height, width).
    Raises ValueError on an unknown activation or pool.

    >>> sum(p.numel() for p in cnn().parameters())      # 32·(3·9+1) + 32·(32·9+1) + 10·(32·8·8+1)
    30634
    """
    colours, height, width = image

    def build() -> nn.Sequential:
        layers: list[nn.Module] = []
        for c in (colours, channels):
            layers += [nn.Conv2d(c, channels, 3, padding=1), pick("activation", activation, ACTIVATIONS)()]
            layers += [nn.BatchNorm2d(channels)] if batchnorm else []
            layers += [pick("pool", pool, POOLS)(2)]
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * (height // 4) * (width // 4), outputs))

    kind = f"{activation} CNN, {pool} pooling{', BatchNorm' if batchnorm else ''}"
    return named(kind, build, seed, dtype)


def vgg11(*, batchnorm: bool = False, seed: int = 0, dtype: torch.dtype = torch.float32) -> nn.Sequential:
    """VGG-11 for CIFAR-10: eight 3×3 convolutions with five poolings, then linear layers 512-512-512-10, no dropout.

    Convolutions start from N(0, 2/(9 · channels out)) with bias 0. BatchNorm, if any, comes before the ReLU.

    >>> sum(p.numel() for p in vgg11().parameters())
    9750922
    """

    def build() -> nn.Sequential:
        layers: list[nn.Module] = []
        colours = 3
        for c, pooled in ((64, 1), (128, 1), (256, 0), (256, 1), (512, 0), (512, 1), (512, 0), (512, 1)):
            layers += [he_conv(colours, c, bias=True), *([nn.BatchNorm2d(c)] if batchnorm else []), nn.ReLU()]
            layers += [nn.MaxPool2d(2)] * pooled
            colours = c
        layers += [nn.Flatten(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)]
        return nn.Sequential(*layers)

    return named(f"VGG-11{' with BatchNorm' if batchnorm else ''}", build, seed, dtype)


class Block(nn.Module):
    """A residual block, relu(short(x) + branch(x)), whose branch starts at 0: its last BatchNorm has weight 0."""

    def __init__(self, c_in: int, c: int) -> None:
        super().__init__()
        self.widen = c > c_in  # then it halves the image too
        self.branch = nn.Sequential(
            he_conv(c_in, c, stride=c // c_in), nn.BatchNorm2d(c), nn.ReLU(), he_conv(c, c), nn.BatchNorm2d(c)
        )
        nn.init.zeros_(self.branch[-1].weight)  # type: ignore[arg-type]
        self.short = nn.Sequential(nn.AvgPool2d(1, 2), nn.BatchNorm2d(c_in)) if self.widen else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(n, c_in, s, s) to (n, c, s, s), or (n, c, s/2, s/2) where it widens, the new channels of the short cut 0."""
        short = self.short(x)
        short = torch.cat([short, torch.zeros_like(short)], dim=1) if self.widen else short
        return torch.relu(short + self.branch(x))


def resnet32(*, seed: int = 0, dtype: torch.dtype = torch.float32) -> nn.Sequential:
    """ResNet-32 for CIFAR-10: a convolution, three times five blocks of 16, 32, 64 channels, mean, one linear layer.

    Short cuts across a halving take every second pixel, normalise, and pad with zero channels (96 parameters more
    than the 464,154 of the plain short cut). Convolutions start from N(0, 2/(9 · channels out)), our reading.

    >>> sum(p.numel() for p in resnet32().parameters())
    464250
    """

    def build() -> nn.Sequential:
        widths = [16] * 6 + [32] * 5 + [64] * 5
        blocks = [Block(a, b) for a, b in zip(widths, widths[1:], strict=False)]
        head = [he_conv(3, 16), nn.BatchNorm2d(16), nn.ReLU()]
        return nn.Sequential(*head, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))

    return named("ResNet-32", build, seed, dtype)


def he_conv(c_in: int, c: int, *, stride: int = 1, bias: bool = False) -> nn.Conv2d:
    """A 3×3 convolution with weights from N(0, 2/(9 c)) and bias 0."""
    layer = nn.Conv2d(c_in, c, 3, stride=stride, padding=1, bias=bias)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer

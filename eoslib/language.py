"""Language: windows of words as a data set, and the transformer that predicts each next word."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import torch
from torch import Tensor, nn

from eoslib.data import Dataset
from eoslib.networks import ACTIVATIONS, named, pick

__all__ = ["transformer", "wikitext2"]


def wikitext2(path: str | Path, *, windows: int = 100, length: int = 35, vocabulary: int = 1000) -> Dataset:
    """The first `windows` stretches of `length` words of a text, and for each word the one after it.

    Words are what white space separates, with <eos> at each end of a line; all but the `vocabulary` − 1 most
    frequent of those used become <unk>, number 0. x holds word numbers, shape (windows, length); y is one-hot,
    shape (windows, length, vocabulary). The paper keeps every word, and so needs `vocabulary` = 33,278 and a GPU.
    Raises FileNotFoundError where there is no file, ValueError when it holds too few words.
    Source: WikiText-2 (Merity et al. 2016), in its tokenised or raw file; windows of 35 as in the authors' code.
    """
    path = Path(path)
    path = path / "wiki.train.tokens" if path.is_dir() else path
    if not path.is_file():
        raise FileNotFoundError(f"There is no {path}. Download WikiText-2 (wikitext-2-v1.zip), unpack it, and give "
                                "the path of wiki.train.tokens or of its folder.")  # fmt: skip
    words = [word for line in path.read_text("utf-8").splitlines() for word in [*line.split(), "<eos>"]]
    words = words[: windows * length + 1]
    if min(windows, length) < 1 or vocabulary < 2 or len(words) <= windows * length:
        raise ValueError(f"{path.name} has {len(words)} words for {windows} windows of {length} and one more, "
                         f"{vocabulary} different; ask for fewer, at least 1, 1 and 2.")  # fmt: skip
    frequent = [word for word, _ in Counter(words).most_common() if word != "<unk>"][: vocabulary - 1]
    number = {word: i for i, word in enumerate(["<unk>", *frequent])}
    stream = torch.tensor([number.get(word, 0) for word in words])
    y = torch.zeros(windows, length, vocabulary, dtype=torch.float64)
    y.scatter_(2, stream[1:].view(windows, length, 1), 1.0)
    return Dataset(stream[:-1].view(windows, length).double(), y, name=f"{path.name}, {vocabulary} words")


class Layer(nn.Module):
    """Attention, then a small network on each word, both added to what they read and normalised afterwards.

    Written out because torch's fused attention has no second derivative.
    """

    def __init__(self, width: int, heads: int, hidden: int, activation: str) -> None:
        super().__init__()
        self.heads = heads
        self.ask, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        bend = pick("activation", activation, ACTIVATIONS)()
        self.think = nn.Sequential(nn.Linear(width, hidden), bend, nn.Linear(hidden, width))
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])

    def forward(self, x: Tensor) -> Tensor:
        """(n, length, width) to the same; word i reads words 0 … i."""
        n, length, width = x.shape
        query, key, value = self.ask(x).view(n, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) / math.sqrt(width // self.heads)  # (n, heads, length, length)
        later = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
        read = scores.masked_fill(later, -math.inf).softmax(-1) @ value
        x = self.norms[0](x + self.mix(read.transpose(1, 2).reshape(n, length, width)))
        result: Tensor = self.norms[1](x + self.think(x))
        return result


class Words(nn.Module):
    """Word numbers (n, length) to vectors (n, length, width): √width · a learned vector, plus sines of the position."""

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(vocabulary, width).uniform_(-0.1, 0.1))

    def forward(self, x: Tensor) -> Tensor:
        """Look every word up."""
        width = self.table.shape[1]
        angle = torch.arange(x.shape[1]).outer(10_000.0 ** (-torch.arange(0, width, 2) / width))
        place = torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)  # (length, width)
        return math.sqrt(width) * self.table[x.long()] + place.to(self.table)


def transformer(
    vocabulary: int, *, width: int = 200, heads: int = 2, layers: int = 2, hidden: int = 200, activation: str = "relu",
    seed: int = 0, dtype: torch.dtype = torch.float64,
) -> nn.Sequential:  # fmt: skip
    """A causal transformer without dropout: word numbers (n, length) to scores (n, length, vocabulary).

    The defaults are the paper's size. Vectors of words and the last layer's weights start uniform on ±0.1, the rest
    as PyTorch's linear layers do.
    Raises ValueError when heads does not divide width, or the width is odd.

    >>> net = transformer(10, width=4, heads=2, layers=1, hidden=3)
    >>> sum(p.numel() for p in net.parameters())        # 40 + (60+20) + (15+16) + 16 + 50
    217
    """
    if width % 2 or width % heads:
        raise ValueError(f"transformer got width={width} and heads={heads}; use an even width that heads divides.")

    def build() -> nn.Sequential:
        last = nn.Linear(width, vocabulary)
        nn.init.uniform_(last.weight, -0.1, 0.1)
        return nn.Sequential(
            Words(vocabulary, width), *[Layer(width, heads, hidden, activation) for _ in range(layers)], last
        )

    return named(f"transformer of {layers} layer{'s' if layers > 1 else ''}", build, seed, dtype)

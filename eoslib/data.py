"""Small data sets that fit in memory whole, as full-batch gradient descent needs them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

__all__ = ["Dataset", "chebyshev", "digits", "whitened_linear"]


@dataclass(frozen=True)
class Dataset:
    """Inputs and targets of one training set, checked once so that nothing later has to.

    Classification targets are one-hot rows, as in the paper; both losses read them.
    Raises ValueError when x or y is no tensor, the set is empty or not finite, or x and y disagree on n.
    """

    x: Tensor  # (n, inputs); float64 in the sets made here
    y: Tensor  # (n, outputs); one-hot rows for classification; (n, length, words) for text
    name: str = "data"  # how the set is named in printed sentences

    def __post_init__(self) -> None:
        x, y = self.x, self.y
        if not (isinstance(x, Tensor) and isinstance(y, Tensor)):
            raise ValueError(f"x is {type(x).__name__} and y {type(y).__name__}; give tensors: torch.as_tensor(x).")
        if x.ndim < 2 or y.ndim < 2:
            raise ValueError(
                f"x has shape {tuple(x.shape)} and y has shape {tuple(y.shape)}; give x as (n, inputs) "
                "and y as (n, outputs). One input or output still needs its column, x[:, None]; class numbers become "
                "rows by torch.nn.functional.one_hot(y)."
            )
        if len(x) != len(y):
            raise ValueError(f"x holds {len(x)} examples and y holds {len(y)}; give one row of y for each row of x.")
        if x.numel() == 0 or y.numel() == 0:
            raise ValueError(f"The data set {self.name!r} is empty; give at least one example.")
        if not (torch.isfinite(x).all() and torch.isfinite(y).all()):
            raise ValueError(f"The data set {self.name!r} holds nan or inf; remove or repair those examples first.")

    def __len__(self) -> int:
        return len(self.x)

    def __str__(self) -> str:
        return f"{self.name} ({len(self)} examples)"


def chebyshev(degree: int = 5, n: int = 20) -> Dataset:
    """The Chebyshev polynomial T_degree on n evenly spaced points of [-1, 1], without noise.

    T_d(x) = cos(d arccos x), so |y| ≤ 1 and T_d has d + 1 extrema on the interval.
    x and y have shape (n, 1). The paper uses degrees 3, 4, 5 and n = 20.
    Raises ValueError when degree < 0 or n < 2.
    Source: Cohen et al. 2021 (the authors' code), one-dimensional regression.

    >>> chebyshev(degree=2, n=3).y.flatten().tolist()   # 2x² − 1 at −1, 0, 1
    [1.0, -1.0, 1.0]
    """
    if degree < 0 or n < 2:
        raise ValueError(f"chebyshev got degree={degree} and n={n}; use degree ≥ 0 and at least n = 2 points.")
    x = np.linspace(-1.0, 1.0, n)
    y = np.polynomial.chebyshev.chebval(x, [0.0] * degree + [1.0])
    return Dataset(torch.from_numpy(x)[:, None], torch.from_numpy(y)[:, None], name=f"chebyshev-{degree}")


def digits(n: int = 500) -> Dataset:
    """The first n of scikit-learn's 1,797 real 8×8 handwritten digits, with one-hot targets.

    Each of the 64 features is centred over the n images; then everything is divided by one
    global standard deviation, so x has mean 0 and variance 1 over all its entries.
    x has shape (n, 64), y has shape (n, 10). Nothing is downloaded.
    Raises ValueError when n is not between 2 and 1,797.

    >>> digits(100).x.std(correction=0).item().__round__(12)
    1.0
    """
    if not 2 <= n <= 1797:
        raise ValueError(f"digits got n={n}; scikit-learn bundles 1,797 images, so choose 2 ≤ n ≤ 1797.")
    from sklearn.datasets import load_digits  # slow to import, and only this function needs it

    images, labels = load_digits(return_X_y=True)
    x = images[:n] - images[:n].mean(axis=0)
    return Dataset(torch.from_numpy(x / x.std()), torch.eye(10, dtype=torch.float64)[labels[:n]], name="digits")


def whitened_linear(n: int = 50, d: int = 50, *, seed: int = 0) -> Dataset:
    """A linear map of whitened inputs, as deep linear networks learn it: X = √n · Q, Y = X Aᵀ.

    Q, shape (n, d), has orthonormal columns, so XᵀX = n I; A, shape (d, d), is Gaussian. The paper uses n = d = 50.
    Raises ValueError unless n ≥ d ≥ 1.
    Source: Cohen et al. 2021 (the authors' code), deep linear networks.

    >>> x = whitened_linear(8, 3).x
    >>> torch.allclose(x.T @ x, 8 * torch.eye(3, dtype=torch.float64))
    True
    """
    if not n >= d >= 1:
        raise ValueError(f"whitened_linear got n={n} and d={d}; orthonormal columns need n ≥ d ≥ 1.")
    generator = torch.Generator().manual_seed(seed)
    q = torch.linalg.qr(torch.randn(n, d, generator=generator, dtype=torch.float64)).Q
    x, a = math.sqrt(n) * q, torch.randn(d, d, generator=generator, dtype=torch.float64)
    return Dataset(x, x @ a.T, name=f"whitened-linear-{d}")

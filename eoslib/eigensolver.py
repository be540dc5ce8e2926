"""Rayleigh–Ritz on a growing orthonormal basis: the one eigensolver behind every eigenvalue in this library.

Grown from random vectors by the residuals of the pairs that are not yet good enough, it is a block Lanczos method with
full reorthogonalisation and thick restarts. Grown from the last step's Ritz vectors, it mostly finishes at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.linalg.lapack import dsyevd
from torch import Tensor

__all__ = ["NOT_SMOOTH", "Array", "Goal", "Ritz", "Subspace", "random_rows", "ritz", "solve"]

NOT_SMOOTH = "A Hessian-vector product holds nan or inf: the loss is not smooth here."
Array = np.ndarray[Any, np.dtype[np.float64]]


class Subspace:
    """Orthonormal rows V (m, p), their products H V, and the small matrix T = V H Vᵀ."""

    def __init__(self, hvp: Callable[[Tensor], Tensor], like: Tensor, noise: float = 0.0, off: float = 0.0) -> None:
        self.hvp, self.hvps, self.size = hvp, 0, 0
        self.noise, self.off = noise, off  # what is off in H u and uᵀ H u, × the largest value
        self._v, self._hv = (like.new_empty(4, len(like)) for _ in range(2))  # doubled when full
        self.t: Array = np.zeros((0, 0))  # tiny, and numpy is several times quicker there than torch

    @property
    def v(self) -> Tensor:
        """(m, p) orthonormal rows."""
        return self._v[: self.size]

    @property
    def hv(self) -> Tensor:
        """(m, p) their products."""
        return self._hv[: self.size]

    def add(self, x: Tensor) -> bool:
        """Orthonormalise x (p,) against the basis and add it; False when nothing new is left of it."""
        norm = float(x.norm())
        for _ in range(2):  # twice is enough: Gram–Schmidt once loses orthogonality when x lies almost in V
            x = x - self.v.T @ (self.v @ x)
        left = float(x.norm())
        if not left > 1e-10 * norm:
            return False
        self.append(x / left)
        return True

    def append(self, v: Tensor) -> None:
        """Add a unit row v (p,) that is orthogonal to the basis already: one Hessian-vector product."""
        if self.size == len(self._v):
            self._v, self._hv = (torch.cat([rows, torch.empty_like(rows)]) for rows in (self._v, self._hv))
        self._v[self.size] = v
        self.size += 1
        t = np.zeros((self.size, self.size))
        t[:-1, :-1], self.t = self.t, t
        self.renew(self.size - 1)

    def renew(self, i: int) -> None:
        """Compute the product of row i: one Hessian-vector product."""
        self._hv[i] = product = self._product(self._v[i])
        self.t[i] = self.t[:, i] = _finite(self.v @ product)

    def begin(self, v: Tensor, old: Tensor | None = None) -> None:
        """Take orthonormal rows v (m, p) as the basis. `old`, where given, stands for the product of the last one.

        The last row of T is new all the same, but for its last entry: T is symmetric.
        """
        products = [self._product(row) for row in (v if old is None else v[:-1])]
        self._v, self.size = v, len(v)
        self._hv = torch.stack(products if old is None else [*products, old])
        self.t = _finite(self._hv @ v.T)
        self.t[-1] = self.t[:, -1] if old is not None else self.t[-1]

    def _product(self, v: Tensor) -> Tensor:
        self.hvps += 1
        return self.hvp(v)

    def rotate(self, coordinates: Array) -> tuple[Tensor, Tensor]:
        """The n vectors with these coordinates (m, n), and their products, both (n, p): costs no product."""
        c = torch.from_numpy(coordinates.T.copy()).to(self._v)
        return c @ self.v, c @ self.hv

    def restart(self, coordinates: Array) -> None:
        """Keep only the span of these vectors."""
        v, hv = self.rotate(coordinates)
        self.size = len(v)
        self._v[: self.size], self._hv[: self.size] = v, hv
        self.t = _numpy(v @ hv.T)


@dataclass(frozen=True)
class Goal:
    """How good is good enough, for the k pairs asked for and the guards after them."""

    k: int
    tol: float  # for the first k: the estimated error, relative to the largest |Ritz value|
    errors: Callable[[Array, Array], Array]  # that estimate, (k,), from the Ritz values and the leading residuals
    guards: tuple[float, ...] = (np.inf,)  # for each guard: its residual, relative to the same


@dataclass(frozen=True)
class Ritz:
    """The leading Ritz pairs of a basis, largest first: the k asked for, then the guards."""

    values: Array  # (n,) curvature
    v: Tensor  # (n, p) orthonormal rows
    hv: Tensor  # (n, p) their products
    residuals: Tensor  # (n, p) H u − λ u
    norms: Array  # (n,) of the residuals, curvature
    errors: Array  # (k,) estimated errors, curvature
    coordinates: Array  # (m, m) of all Ritz vectors in the basis, as columns
    open: list[int]  # pairs that are not good enough yet


def ritz(space: Subspace, goal: Goal) -> Ritz:
    """The best that the basis holds, and what is not yet good enough. Costs no product."""
    values, coordinates, _ = dsyevd(space.t, lower=1)  # what np.linalg.eigh calls, without its 10 µs of preparation
    values, coordinates = values[::-1], coordinates[:, ::-1]
    n = min(goal.k + len(goal.guards), space.size)
    v, hv = space.rotate(coordinates[:, :n])
    residuals = hv - torch.from_numpy(values[:n, None].copy()).to(v) * v
    norms = _numpy(torch.linalg.vector_norm(residuals, dim=1))
    limit = max(values[0], -values[-1])
    # what is off points anywhere, hardly to the other leading pairs: it adds its square to a residual's, no more
    known = np.sqrt(np.maximum(norms**2 - (space.noise * limit) ** 2, 0.0)) if space.noise else norms
    errors = goal.errors(values, known[: goal.k + 1]) + space.off * limit
    short = np.concatenate([errors / goal.tol, known[goal.k :] / goal.guards[: n - goal.k]]) > limit
    return Ritz(values[:n], v, hv, residuals, norms, errors, coordinates, np.flatnonzero(short).tolist())


def solve(space: Subspace, goal: Goal, max_hvps: int, generator: torch.Generator) -> Ritz:
    """Grow the basis by the residuals of the pairs that fall short until none does, or max_hvps are spent."""
    p = space._v.shape[1]
    n = min(goal.k + len(goal.guards), p)
    capacity = min(max(4 * goal.k + 20, space.size + 10), p)
    while space.size < n:
        space.add(random_rows(space.v, 1, generator)[0])
    while True:
        found = ritz(space, goal)
        if not found.open or space.size == p or space.hvps >= max_hvps:
            return found
        if space.size + len(found.open) > capacity:
            space.restart(found.coordinates[:, : n + goal.k + 4])
        grown = [space.add(found.residuals[i]) for i in found.open if space.size < capacity]
        if not any(grown):  # the residuals lie in the basis already: only a new direction can help
            space.add(random_rows(space.v, 1, generator)[0])


def random_rows(like: Tensor, m: int, generator: torch.Generator) -> Tensor:
    """m random directions, shape (m, p); drawn on the CPU, so that every device gets the same."""
    return torch.randn(m, like.shape[-1], generator=generator, dtype=like.dtype).to(like.device)


def _numpy(x: Tensor) -> Array:
    return x.cpu().numpy().astype(np.float64, copy=False)


def _finite(x: Tensor) -> Array:
    array = _numpy(x)
    if not np.isfinite(array).all():
        raise FloatingPointError(NOT_SMOOTH)
    return array

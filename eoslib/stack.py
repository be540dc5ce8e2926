"""One function at m points at once: losses, gradients, Hessian-vector products, and the largest eigenvalues of each.

The Hessian of the sum of m losses of m separate vectors is block diagonal. So one backward pass gives all m
gradients and one more all m products, and where a network is small the price is mostly that of one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

import eoslib.tracker as rules  # the same as for one
from eoslib.curvature import Eigenpairs, check_k
from eoslib.eigensolver import Array
from eoslib.landscape import Function
from eoslib.tracker import SharpnessTracker

__all__ = ["Stack", "StackTracker"]


class Stack:
    """One function at m points at once: m losses, m gradients, and m Hessian-vector products in one pass."""

    scale: Tensor | None = None  # (m, p) P^-1/2, where the matrices wanted are P^-1/2 H P^-1/2

    def __init__(self, function: Function, w: Tensor, *, curved: bool = True) -> None:
        self.w = w.detach().requires_grad_()  # (m, p)
        losses = torch.vmap(function)(self.w)
        (self._slope,) = torch.autograd.grad(losses.sum(), self.w, create_graph=curved)
        self.loss, self.gradient = losses.detach(), self._slope.detach()  # (m,), (m, p)

    def hvp(self, v: Tensor) -> Tensor:
        """Row i is H(w_i) v_i, shapes (m, p)."""
        if self.scale is not None:
            return self.scale * self._product(self.scale * v)
        return self._product(v)

    def _product(self, v: Tensor) -> Tensor:
        if not self._slope.requires_grad:  # the gradient is constant: a linear function
            return torch.zeros_like(v)
        (product,) = torch.autograd.grad(self._slope, self.w, v, retain_graph=True, materialize_grads=True)
        return product


class StackTracker:
    """`SharpnessTracker` for a stack: the same guards, audits, searches, use of the guard's old product, stopping rule.

    All members grow their bases together, each by the residual of its own worst pair, until the last is done.
    """

    def __init__(
        self, *, k: int = 1, tol: float = 1e-3, audit_every: int = 10, max_hvps: int = 200, seed: int = 0
    ) -> None:
        SharpnessTracker(k=k, tol=tol, audit_every=audit_every)  # refuses what makes no sense
        self.k, self.tol, self.audit_every, self.max_hvps = k, tol, audit_every, max_hvps
        self._generator = torch.Generator().manual_seed(seed)
        self._v = self._hv = torch.empty(0, 0, 0)  # (m, k + 1, p) Ritz vectors of the last points, and their products
        self._second = torch.empty(0, 0)  # (m, p) the second guards; none where p ≤ k + 1
        self._values = np.empty((0, k))  # (m, k) their eigenvalues
        self._calls, self._guard_age, self._apart = 0, 0, False  # apart: every guard was far below

    def keep(self, members: list[bool]) -> None:
        """Forget all but the members where `members` is true."""
        if self._calls:
            self._v, self._hv, self._values = self._v[members], self._hv[members], self._values[members]
            self._second = self._second[members] if len(self._second) else self._second

    def __call__(self, stack: Stack) -> list[Eigenpairs | None]:
        """The k largest eigenpairs at each point, remembered for the next ones; None where a product was not finite."""
        (m, p), k = stack.w.shape, self.k
        check_k(k, p)
        audit = self._calls % self.audit_every == 0  # the first call is one
        guards: tuple[float, ...] = rules.STRICT if audit else (np.inf,)
        keep = min(k + len(guards), p)
        economy = not audit and keep > k and self._apart and self._guard_age < rules.GUARD_AGE
        space = _Bases(stack, self._start(stack.w, keep), old=self._hv[:, k] if economy else None)
        while True:
            values, vectors, products, residuals = space.ritz(keep)
            sizes = torch.linalg.vector_norm(residuals, dim=2).cpu().numpy()
            errors = rules._by_gap(values, sizes[:, : k + 1])
            scores = np.concatenate([errors / self.tol, sizes[:, k:] / guards[: keep - k]], axis=1)
            unsettled = (scores > abs(values).max(1, keepdims=True)).any(1) & space.finite
            share = (space.coordinates[:, k, :k] ** 2).max() if space.stale else 0.0
            moved = abs(values[:, :k] - self._values).max(1) if space.stale else np.zeros(m)
            far = space.stale and bool((moved > rules.NEAR * abs(self._values[:, 0])).any())
            if space.stale and (far or share > rules.GUARD_SHARE or space.size in (p, k + 3)):
                space.renew(k)  # it enters the result, its point is far, or one more vector was not enough without it
                continue
            if space.size == p or space.hvps >= self.max_hvps:
                break
            if not unsettled.any():
                if audit or not (self._fell(values) & space.finite).any():
                    break
                audit, guards, keep = True, rules.STRICT, min(k + 2, p)  # a search, as in SharpnessTracker
                space.probe(min(rules.PROBE, p - space.size), lambda: self._random(stack.w, 1)[:, 0])
                continue
            if space.size >= 4 * k + 20:
                space.restart(keep + k + 4)
            new, guards = residuals[np.arange(m), scores.argmax(1)], rules.STRICT if audit else rules.GROWN
            if not space.stale and keep < min(k + 2, p):  # with the second guard, as in SharpnessTracker
                keep, new = k + 2, self._second
            space.grow(new, lambda: self._random(stack.w, 1)[:, 0])
        if keep > k + 1:
            self._second = vectors[:, k + 1]
        self._v, self._hv, self._values = vectors[:, : k + 1], products[:, : k + 1], values[:, :k]
        self._calls, self._guard_age = self._calls + 1, self._guard_age + 1 if space.stale else 0
        self._apart = keep > k and bool((values[:, k] <= rules.GUARD_BELOW * values[:, k - 1]).all())
        parts = (torch.from_numpy(x[:, :k].copy()).to(vectors) for x in (values, sizes, errors if p > k else sizes))
        rows = zip(*(x.unbind() for x in (*parts, vectors[:, :k].mT)), space.finite, unsettled, strict=True)
        return [
            Eigenpairs(value, v, size, error, space.hvps, converged=space.size == p or not open_) if finite else None
            for value, size, error, v, finite, open_ in rows
        ]

    def _fell(self, values: Array) -> Array:
        """(m,) whether a value asked for is well below the last one."""
        low = self._values - rules.NEAR * abs(self._values[:, :1])
        return np.asarray((values[:, : self.k] < low).any(1))

    def _start(self, w: Tensor, keep: int) -> Tensor:
        """The (m, keep, p) orthonormal vectors to begin from: the last ones, and random ones for those missing."""
        if self._calls and self._v.shape[1] == keep:
            return self._v
        warm = self._v if self._calls else w.new_empty(len(w), 0, w.shape[1])
        start = torch.cat([warm, self._random(w, keep - warm.shape[1])], dim=1)
        orthonormal: Tensor = torch.linalg.qr(start.mT)[0]
        return orthonormal.mT

    def _random(self, like: Tensor, count: int) -> Tensor:
        m, p = like.shape
        return torch.randn(m, count, p, generator=self._generator, dtype=like.dtype).to(like.device)


class _Bases:
    """m orthonormal bases V and their products H V, all (m, size, p), growing by one product at a time."""

    def __init__(self, stack: Stack, start: Tensor, old: Tensor | None) -> None:
        self.hvp, self.stale, self.v = stack.hvp, old is not None, start  # stale: an old product is among them
        products = [self.hvp(x) for x in start.unbind(1)[: -1 if self.stale else None]]
        self.hvps, self.finite = len(products), np.ones(len(start), dtype=bool)
        self.hv = torch.stack(products if old is None else [*products, old], dim=1)
        self.t = self._checked(self.hv @ self.v.mT)  # (m, size, size) V H Vᵀ; tiny, and numpy is quicker there
        if self.stale:
            self.t[:, -1] = self.t[:, :, -1]  # T is symmetric: only the corner is old

    @property
    def size(self) -> int:
        return self.v.shape[1]

    def renew(self, i: int) -> None:
        """Compute the old product, that of row i, anew."""
        self.hv[:, i] = product = self.hvp(self.v[:, i])
        self.hvps, self.stale = self.hvps + 1, False
        self.t[:, i] = self.t[:, :, i] = self._checked(product[:, None] @ self.v.mT)[:, 0]

    def grow(self, x: Tensor, spare: Callable[[], Tensor]) -> None:
        """Orthonormalise x (m, p) against the bases and add it; something of `spare` where nothing is left of x."""
        norm, x = torch.linalg.vector_norm(x, dim=1), self._project_out(x)
        left = torch.linalg.vector_norm(x, dim=1)
        nothing = left <= 1e-10 * norm
        if bool(nothing.any()):
            x = torch.where(nothing[:, None], self._project_out(spare()), x)
            left = torch.linalg.vector_norm(x, dim=1)
        x = x / left[:, None]
        self.v = torch.cat([self.v, x[:, None]], dim=1)
        self.hv = torch.cat([self.hv, self.hvp(x)[:, None]], dim=1)
        self.hvps += 1
        t, row = self.t, self._checked(self.hv[:, -1:] @ self.v.mT)  # (m, 1, size)
        self.t = np.concatenate([np.concatenate([t, row[:, :, :-1].swapaxes(1, 2)], axis=2), row], axis=1)

    def probe(self, n: int, random: Callable[[], Tensor]) -> None:
        """Grow by a random direction and by what the matrices make of it, n vectors in all."""
        new = random()
        for _ in range(n):
            self.grow(new, random)
            new = self.hv[:, -1]

    def ritz(self, keep: int) -> tuple[Array, Tensor, Tensor, Tensor]:
        """All Ritz values (m, size), largest first; the leading vectors, products and residuals, (m, keep, p)."""
        values, coordinates = np.linalg.eigh(self.t)
        values, self.coordinates = values[:, ::-1], coordinates[:, :, ::-1]
        v, hv = self._rotate(keep)
        return values, v, hv, hv - torch.from_numpy(values[:, :keep, None].copy()).to(v) * v

    def restart(self, size: int) -> None:
        """Keep only the span of the leading Ritz vectors; their products are known, so this costs no product."""
        self.v, self.hv = self._rotate(size)
        self.t = self._checked(self.hv @ self.v.mT)

    def _rotate(self, size: int) -> tuple[Tensor, Tensor]:
        rows = torch.from_numpy(self.coordinates[:, :, :size].swapaxes(1, 2).copy()).to(self.v)
        return rows @ self.v, rows @ self.hv

    def _project_out(self, x: Tensor) -> Tensor:
        for _ in range(2):  # twice is enough: Gram–Schmidt once loses orthogonality when x lies almost in the basis
            x = x - ((x[:, None] @ self.v.mT) @ self.v)[:, 0]
        return x

    def _checked(self, products: Tensor) -> Array:
        """As numpy; a member with nan or inf is lost and goes on with zeros, which disturb no one."""
        array: Array = products.cpu().numpy().astype(np.float64, copy=False)
        if not np.isfinite(array).all():
            lost = ~np.isfinite(array).all((1, 2))
            self.finite &= ~lost
            self.hv[torch.from_numpy(lost)], array[lost] = 0.0, 0.0
        return array

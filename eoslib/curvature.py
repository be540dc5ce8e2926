"""Eigenvalues of the Hessian: exact when it fits in memory, matrix-free when it does not.

The sharpness is the largest *algebraic* eigenvalue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eoslib.eigensolver import Array, Goal, Ritz, Subspace, random_rows, ritz, solve
from eoslib.landscape import Curved, Landscape, Matrix

__all__ = ["Eigenpairs", "SharpnessTracker", "dense_hessian", "sharpness_gradient", "top_eigenpairs"]

# The guard's product of an earlier point still serves while
GUARD_AGE = 3  # it is at most so many points old,
GUARD_BELOW = 0.9  # the guard's eigenvalue is below this share of the last one asked for,
GUARD_SHARE = 0.01  # no pair asked for holds more than this share of the guard,
GUARD_CHANGE = 0.1  # and no eigenvalue asked for has changed by more than this share of the largest.
GROWN, STRICT = (0.1, np.inf), (0.03, 0.03)  # residuals allowed to the guards of a basis that grew, and in an audit
DENSE_LIMIT = 10_000  # parameters; the dense Hessian of that many takes 800 MB in float64


@dataclass(frozen=True)
class Eigenpairs:
    """The k largest algebraic eigenpairs of a symmetric operator, largest first."""

    values: Tensor  # (k,) curvature, loss / w²
    vectors: Tensor  # (p, k) orthonormal columns
    residuals: Tensor  # (k,) ‖H u − λ u‖, an upper bound on the distance to some eigenvalue
    errors: Tensor  # (k,) estimated error of each value, curvature: the residual or, tracked, residual² / gap
    hvps: int  # Hessian-vector products spent
    converged: bool  # every estimated error is within the tolerance asked for


def dense_hessian(landscape: Curved, w: Tensor) -> Tensor:
    """The whole Hessian at w, shape (p, p), symmetrised: p Hessian-vector products, so only for small p.

    It is the oracle every faster method here is tested against. Raises ValueError above 10,000 parameters.

    >>> from eoslib import quadratic
    >>> bowl = quadratic([1.0, 10.0])
    >>> dense_hessian(bowl, bowl.w0).tolist()
    [[1.0, 0.0], [0.0, 10.0]]
    """
    p = w.numel()
    if p > DENSE_LIMIT:
        raise ValueError(f"A dense Hessian of {p:,} parameters needs {8e-9 * p * p:.1f} GB; use top_eigenpairs.")
    point = landscape.at(w)
    basis = torch.eye(p, dtype=w.dtype, device=w.device)
    # 64 vectors at once: 25 times faster than one by one on a network of 701 parameters
    rows = torch.cat([point.hvp(block) for block in torch.split(basis, 64)])
    return (rows + rows.T) / 2


def top_eigenpairs(
    landscape: Curved, w: Tensor, *, k: int = 1, tol: float = 1e-6, max_hvps: int = 2000, seed: int = 0,
    end: str = "top",
) -> Eigenpairs:  # fmt: skip
    """The k largest algebraic eigenvalues of the Hessian at w and their vectors, from Hessian-vector products alone.

    `tol` bounds each residual ‖Hu − λu‖ relative to the largest |eigenvalue| seen. (The sharper estimate
    residual² / gap is not trusted here: inside an unresolved cluster of eigenvalues it promises too much. Even so,
    an eigenvalue above the one returned can hide if it is within about tol · √p of it, relative to the largest.)
    Starts from k + 1 random vectors, so that a k-fold eigenvalue is found k times.
    end="bottom" gives the k smallest instead, smallest first.
    Raises ValueError when k is not in 1 … p, tol not in (0, 1) or end neither; RuntimeError on too few max_hvps.
    Source: Golub & Van Loan, Matrix Computations, section 10.3 (block Lanczos, Ritz values and their residuals).

    >>> from eoslib import quadratic
    >>> bowl = quadratic([1.0, -20.0, 10.0])
    >>> pair = top_eigenpairs(bowl, bowl.w0)
    >>> round(pair.values.item(), 6)                # the largest eigenvalue, not the largest in size
    10.0
    """
    _check_k(k, w.numel())
    if not 0 < tol < 1:
        raise ValueError(f"tol is {tol}; give a relative error in (0, 1), for example 1e-6.")
    if end not in ("top", "bottom"):
        raise ValueError(f"end is {end!r}; use 'top' for the largest eigenvalues or 'bottom' for the smallest.")
    point, sign = landscape.at(w), 1 if end == "top" else -1
    generator, space = torch.Generator().manual_seed(seed), Subspace(lambda v: sign * point.hvp(v), w)
    goal = Goal(k, tol, errors=lambda _, r: r[:k])
    pairs = _eigenpairs(solve(space, goal, max_hvps, generator), space, k)
    if not pairs.converged:
        raise RuntimeError(
            f"{pairs.hvps} Hessian-vector products left an estimated error of {pairs.errors.max():.1e} in the "
            f"top {k}; raise max_hvps (now {max_hvps}) or tol (now {tol:g})."
        )
    return replace(pairs, values=sign * pairs.values)


def sharpness_gradient(landscape: Landscape, w: Tensor, u: Tensor) -> Tensor:
    """∇S(w), shape (p,): how the eigenvalue of the unit eigenvector u, shape (p,), changes as w moves.

    ∇S = ∇(uᵀ H(w) u) with u held fixed: an eigenvector turns, but to first order that changes no eigenvalue. So it is
    the third derivative ∇³L(u, u, ·), about the price of four gradients.
    True where the eigenvalue is simple; where two meet, neither has a gradient. Raises ValueError when u has another
    shape than w, or a length other than 1.

    >>> valley = Landscape(lambda w: 0.5 * (3 + 2 * w[1]) * w[0] ** 2, torch.zeros(2, dtype=torch.float64))
    >>> sharpness_gradient(valley, valley.w0, torch.tensor([1.0, 0.0], dtype=torch.float64)).tolist()    # S = 3 + 2 w₁
    [0.0, 2.0]
    """
    if u.shape != w.shape or abs(float(u.norm()) - 1) > 1e-3:
        raise ValueError(f"u has shape {tuple(u.shape)} and length {float(u.norm()):.3g}; give a unit vector of the "
                         f"shape of w, {tuple(w.shape)}, for example top_eigenpairs(…).vectors[:, 0].")  # fmt: skip
    base, total = w.detach().clone().requires_grad_(), torch.zeros_like(w)
    for piece in landscape.pieces:
        along = piece(base)
        for _ in range(2):  # the slope along u, then the curvature along u
            (slope,) = torch.autograd.grad(along, base, create_graph=True, materialize_grads=True)
            along = slope @ u.to(w)
            if not along.requires_grad:
                break
        else:
            total = total + torch.autograd.grad(along, base, materialize_grads=True)[0]
    return total


class SharpnessTracker:
    """The k largest eigenvalues at one point after another, each solve warm from the one before.

    Three things keep it honest where eigenvalues cross, which a small residual cannot see: it always carries one
    guard vector beyond k; a second one, kept aside, joins when the subspace has to grow, which then goes on until the
    first is an eigenvector to 10 %; and every `audit_every` points a random direction joins, and the subspace grows
    until both are to 3 %. (A random direction that is merely added is dropped again before it has found anything: 40
    of 13,200 steps at the edge were then more than 1 % wrong.)
    Where the guard is far below, its product is computed only at every fourth point.
    `tol` bounds the estimated relative error of the eigenvalues. A point where `max_hvps` products do not
    suffice comes back with converged=False.
    Raises ValueError on k < 1, tol outside (0, 1) or audit_every < 1.

    >>> from eoslib import quadratic
    >>> bowl, track = quadratic([1.0, 10.0, 3.0]), SharpnessTracker(k=2)
    >>> [round(v, 3) for v in track(bowl.at(bowl.w0)).values.tolist()]
    [10.0, 3.0]
    """

    def __init__(
        self, *, k: int = 1, tol: float = 1e-3, audit_every: int = 10, max_hvps: int = 200, seed: int = 0
    ) -> None:
        if k < 1 or not 0 < tol < 1 or audit_every < 1:
            raise ValueError(f"SharpnessTracker got k={k}, tol={tol}, audit_every={audit_every}; use k ≥ 1, "
                             "0 < tol < 1 and audit_every ≥ 1.")  # fmt: skip
        self.k, self.max_hvps, self.audit_every = k, max_hvps, audit_every
        self._goal = Goal(k, tol, errors=_by_gap)
        self._grown, self._strict = (replace(self._goal, guards=guards) for guards in (GROWN, STRICT))
        self._generator = torch.Generator().manual_seed(seed)
        self._last: Ritz | None = None  # what was found at the last point
        self._second: Tensor | None = None  # (p,) the second guard, from the last point where the basis grew
        self._calls, self._guard_age = 0, 0  # points seen, and how many since the guard's product was computed

    def __call__(self, point: Matrix) -> Eigenpairs:
        """The k largest eigenpairs at this point, and remember them for the next."""
        if isinstance(point, Tensor):
            raise ValueError("A tracker takes a point, which knows its Hessian: tracker(objective.at(w)).")
        _check_k(self.k, point.w.numel())
        space = Subspace(point.hvp, point.w)
        if self._last is None or self._calls % self.audit_every == 0:
            self._last = self._audit(space)
        else:
            self._last = self._follow(space, self._last)
        if len(self._last.v) > self.k + 1:
            self._second = self._last.v[self.k + 1]
        self._calls += 1
        return _eigenpairs(self._last, space, self.k)

    def state_dict(self) -> dict[str, Any]:
        """Everything the next call depends on, as tensors and numbers."""
        last = self._last and {"values": torch.from_numpy(self._last.values.copy()), "v": self._last.v,
                               "hv": self._last.hv}  # fmt: skip
        return {"last": last, "second": self._second, "calls": self._calls, "guard_age": self._guard_age,
                "generator": self._generator.get_state()}  # fmt: skip

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where `state_dict` was taken, on the CPU to the last bit."""
        self._calls, self._guard_age, self._second = state["calls"], state["guard_age"], state["second"]
        self._generator.set_state(state["generator"].cpu())
        if (last := state["last"]) is not None:
            none = np.empty(0)  # what was not yet good enough there matters no more
            self._last = Ritz(last["values"].cpu().numpy(), last["v"], last["hv"], last["v"][:0], none, none, none, [])

    def _audit(self, space: Subspace) -> Ritz:
        """From the last vectors, made orthonormal anew, and a random direction."""
        for v in [] if self._last is None else self._last.v[: self.k + 1]:
            space.add(v)
        space.add(random_rows(space.v, 1, self._generator)[0])
        self._guard_age = 0
        return solve(space, self._strict, self.max_hvps, self._generator)

    def _follow(self, space: Subspace, last: Ritz) -> Ritz:
        """From the last vectors; the guard's product may be an old one, if it hardly enters the result.

        What the old product can spoil is the guard's share of a pair, squared, times the change of its curvature.
        """
        v, k = last.v[: self.k + 1], self.k
        renew = len(v) == k or self._guard_age == GUARD_AGE or last.values[k] > GUARD_BELOW * last.values[k - 1]
        space.begin(v, old=None if renew else last.hv[k])
        found = ritz(space, self._goal)
        if not renew:
            near = abs(found.values[:k] - last.values[:k]).max() <= GUARD_CHANGE * abs(last.values[0])
            if near and not found.open and (found.coordinates[k, :k] ** 2).max() < GUARD_SHARE:
                self._guard_age += 1
                return found
            space.renew(k)
            found = ritz(space, self._goal)
        self._guard_age = 0
        if found.open and self._second is not None:
            space.add(self._second)
        return solve(space, self._grown, self.max_hvps, self._generator) if found.open else found


def _check_k(k: int, p: int) -> None:
    if not 1 <= k <= p:
        raise ValueError(f"k = {k} eigenvalues of a {p} × {p} Hessian; choose 1 ≤ k ≤ {p}.")


def _eigenpairs(found: Ritz, space: Subspace, k: int) -> Eigenpairs:
    """The k pairs asked for, as tensors beside w. A basis of the whole space leaves nothing to estimate."""
    exact = space.size == found.v.shape[1]
    arrays = found.values, found.norms, found.norms if exact else found.errors
    values, norms, errors = (torch.from_numpy(x[:k].copy()).to(found.v) for x in arrays)
    return Eigenpairs(values, found.v[:k].T, norms, errors, space.hvps, converged=exact or not found.open)


def _by_gap(values: Array, norms: Array) -> Array:
    """min(r, r²/gap) for each pair but the last, the guard; a neighbour's own uncertainty narrows the gap to it.

    Shapes (…, all) and (…, k + 1) to (…, k): one point, or a stack of them.
    """
    n = norms.shape[-1]
    distance, r = values[..., : n - 1] - values[..., 1:n], norms[..., :-1]  # to the next one below
    below = distance - norms[..., 1:]
    above = np.concatenate([np.full_like(below[..., :1], np.inf), (distance - r)[..., :-1]], axis=-1)
    gap = np.minimum(below, above)
    return np.where(gap > r, r * r / np.where(gap > r, gap, 1.0), r)

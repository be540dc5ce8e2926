"""The sharpness at one point after another: each solve starts from what the one before found.

A small residual cannot tell whether an eigenvector is still the top one. Guards, audits and searches keep a warm start
right where eigenvalues cross.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eoslib.curvature import Eigenpairs, check_k, eigenpairs
from eoslib.eigensolver import Array, Goal, Ritz, Subspace, random_rows, ritz, solve
from eoslib.landscape import Matrix

__all__ = ["SharpnessTracker"]

# The guard's product of an earlier point still serves while
GUARD_AGE = 3  # it is at most so many points old,
GUARD_BELOW = 0.9  # the guard's eigenvalue is below this share of the last one asked for,
GUARD_SHARE = 0.01  # no pair asked for holds more than this share of the guard,
NEAR = 0.03  # and no eigenvalue asked for has changed by more than this share of the largest.
GROWN, STRICT = (0.1, np.inf), (0.03, 0.03)  # residuals allowed to the guards of a basis that grew, and in an audit
# A point begins from the one before the last where that was twice as near as the last when a basis last had to grow,
SWING = 1e-3  # and the last one had missed more than this share of the vectors
# Approximate products serve while, at the last audit, they
OFF = 0.5  # changed no value by more than this share of tol,
NOISE = 0.01  # and no product by more than this share of the largest eigenvalue.
MARGIN = 1.2  # that change is taken to be up to so many times what it was there
PROBE = 8  # members of the Krylov sequence with which a search begins: r, H r … H⁷r


class SharpnessTracker:
    """The k largest eigenvalues at one point after another, each solve warm from the one before.

    Four things keep it honest where eigenvalues cross, which a small residual cannot see:
    - It always carries one guard vector beyond k.
    - A second one, kept aside, joins when the subspace has to grow, which then goes on until the first is an
      eigenvector to 10 %.
    - Every `audit_every` points a random direction joins, and the subspace grows until both are to 3 %.
    - Where a value is lower by more than 3 % of the largest than where the search began, what was below may now be on
      top: an audit, in which not only a random r joins, but r, Hr … H⁷r, as in a cold start.
    Where the guard is far below, its product is computed only at every fourth point. Where the iterates swing with
    period two, as they do past the edge, a point begins from what was found two points before.
    Where a point has approximate products (`Objective(products=…)`) they are used once an audit has found them good.
    Exact ones weigh what they find at each audit, and where a value moves by more than 3 %. What was off there is part
    of `errors`; where it is above half of `tol`, and where they do not converge, exact products take over until an
    audit has weighed the others again. `hvps` counts both kinds.
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
        self._before: Ritz | None = None  # and at the one before it, without products
        self._swings = False  # the point before the last is the better one to begin from
        self._second: Tensor | None = None  # (p,) the second guard, from the last point where the basis grew
        self._off, self._noise = 0.0, np.inf  # what was off at the last audit, relative: a value, and H u
        self._calls, self._guard_age = 0, 0  # points seen, and how many since the guard's product was computed

    def __call__(self, point: Matrix) -> Eigenpairs:
        """The k largest eigenpairs at this point, and remember them for the next."""
        if isinstance(point, Tensor):
            raise ValueError("A tracker takes a point, which knows its Hessian: tracker(objective.at(w)).")
        check_k(self.k, point.w.numel())
        audit = self._calls % self.audit_every == 0 or self._last is None
        space, other = self._space(point, audit)
        found = self._solve(space, audit)
        if other is not None and (audit or (other is point and self._moved(found))):
            self._weigh(found, other, space)
        if other is point and (found.open or not self._serves):
            self._noise = np.inf  # not before the next audit has weighed them again
            spent, space = space.hvps, Subspace(point.hvp, point.w)
            found = self._solve(space, audit=True)
            space.hvps += spent
        if self._before and self._last and len(found.coordinates) > self.k + 1:  # the start was not good enough
            left = _outside(found, self._last, self.k)
            self._swings = left > SWING and _outside(found, self._before, self.k) < left / 2
        self._before, self._last = self._last and _slim(self._last), found
        if len(found.v) > self.k + 1:
            self._second = found.v[self.k + 1]
        self._calls += 1
        return eigenpairs(found, space, self.k)

    def state_dict(self) -> dict[str, Any]:
        """Everything the next call depends on, as tensors and numbers."""
        return {"last": _packed(self._last), "before": _packed(self._before), "swings": self._swings,
                "second": self._second, "calls": self._calls, "guard_age": self._guard_age,
                "approximate": (self._off, self._noise), "generator": self._generator.get_state()}  # fmt: skip

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where `state_dict` was taken, on the CPU to the last bit."""
        self._last, self._before, self._swings = _unpacked(state["last"]), _unpacked(state["before"]), state["swings"]
        self._calls, self._guard_age, self._second = state["calls"], state["guard_age"], state["second"]
        self._off, self._noise = state["approximate"]
        self._generator.set_state(state["generator"].cpu())

    def _space(self, point: Matrix, audit: bool) -> tuple[Subspace, Matrix | None]:
        """An empty basis, with approximate products where they serve, and what has the other kind of products."""
        cheaper: Matrix | None = getattr(point, "approximate", None)  # not every matrix knows of it
        if cheaper is None or not self._serves:
            return Subspace(point.hvp, point.w), cheaper
        off = OFF * self._goal.tol if audit else self._off  # an audit is to find out
        return Subspace(cheaper.hvp, point.w, MARGIN * self._noise, off), point

    @property
    def _serves(self) -> bool:
        """Whether approximate products were off by little at the last audit."""
        return self._off <= OFF * self._goal.tol and self._noise <= NOISE

    def _start(self) -> Ritz | None:
        """What to begin from: where the iterates swing with period two, the last point lies on the other side."""
        return self._before if self._swings else self._last

    def _moved(self, found: Ritz) -> bool:
        """Whether a value is not near that of the point it was begun from."""
        last = (self._start() or found).values
        return bool(abs(found.values[: self.k] - last[: self.k]).max() > NEAR * abs(last[0]))

    def _weigh(self, found: Ritz, other: Matrix, space: Subspace) -> None:
        """Learn from k products of the other kind how far off the approximate ones are for the pairs asked for."""
        u, largest = found.v[: self.k], abs(found.values[0]) or 1.0
        change = torch.stack([other.hvp(row) for row in u]) - found.hv[: self.k]
        space.hvps += len(u)
        self._off = float((change * u).sum(1).abs().max()) / largest
        self._noise = float(torch.linalg.vector_norm(change, dim=1).max()) / largest

    def _solve(self, space: Subspace, audit: bool) -> Ritz:
        """From the vectors of an earlier point; in an audit made orthonormal anew, and with a random direction."""
        start = self._start()
        if start is not None and not audit:
            return self._follow(space, start)
        for v in [] if start is None else start.v[: self.k + 1]:
            space.add(v)
        return self._search(space, 1)

    def _search(self, space: Subspace, probe: int) -> Ritz:
        """Let a random r join, and H r, H² r … up to `probe` vectors; then go on until both guards are found.

        r alone holds next to nothing of the top eigenvectors, and its Ritz pair is far too low ever to be refined.
        """
        self._guard_age = 0
        new = random_rows(space.v, 1, self._generator)[0]
        for _ in range(probe):
            if not space.add(new):
                break
            new = space.hv[-1]
        return solve(space, self._strict, self.max_hvps, self._generator)

    def _follow(self, space: Subspace, last: Ritz) -> Ritz:
        """From its vectors; the guard's product may be an old one, if it hardly enters the result.

        What the old product can spoil is the guard's share of a pair, squared, times the change of its curvature.
        """
        v, k = last.v[: self.k + 1], self.k
        renew = self._swings or len(v) == k or self._guard_age == GUARD_AGE
        renew = renew or last.values[k] > GUARD_BELOW * last.values[k - 1]
        space.begin(v, old=None if renew else last.hv[k])
        found = ritz(space, self._goal)
        if not renew:
            if not self._moved(found) and not found.open and (found.coordinates[k, :k] ** 2).max() < GUARD_SHARE:
                self._guard_age += 1
                return found
            space.renew(k)
            found = ritz(space, self._goal)
        self._guard_age = 0
        if found.open and self._second is not None:
            space.add(self._second)
        found = solve(space, self._grown, self.max_hvps, self._generator) if found.open else found
        fell = (found.values[:k] < last.values[:k] - NEAR * abs(last.values[0])).any()
        return self._search(space, PROBE) if fell else found


def _outside(found: Ritz, other: Ritz, k: int) -> float:
    """How much of the k vectors found lies outside the span of the other's k + 1: between 0 and k."""
    return k - float((found.v[:k] @ other.v[: k + 1].T).square().sum())


def _slim(ritz: Ritz) -> Ritz:
    """Without its products and residuals, which are as large as the vectors."""
    none = ritz.v.new_empty(0, ritz.v.shape[1])
    return replace(ritz, hv=none, residuals=none)


def _packed(ritz: Ritz | None) -> dict[str, Tensor] | None:
    """What a next point needs of it. What was not yet good enough matters no more."""
    return None if ritz is None else {"values": torch.from_numpy(ritz.values.copy()), "v": ritz.v, "hv": ritz.hv}


def _unpacked(state: dict[str, Tensor] | None) -> Ritz | None:
    if state is None:
        return None
    none = np.empty(0)
    return Ritz(state["values"].cpu().numpy(), state["v"], state["hv"], state["v"][:0], none, none, none, [])


def _by_gap(values: Array, norms: Array) -> Array:
    """min(r, r²/gap) for each pair but the last, the guard; a neighbour's own uncertainty narrows the gap to it.

    Shapes (…, all) and (…, k + 1) to (…, k): one point, or a stack of them.
    """
    n = norms.shape[-1]
    distance, r = values[..., : n - 1] - values[..., 1:n], norms[..., :-1]  # to the next one below
    gap = distance - norms[..., 1:]
    if n > 2:
        gap[..., 1:] = np.minimum(gap[..., 1:], (distance - r)[..., :-1])  # to the one above
    return np.asarray(r * r / np.maximum(np.maximum(gap, r), 1e-300))  # so that 0 / 0 is 0

"""Eigenvalues of the Hessian: exact when it fits in memory, matrix-free when it does not.

The sharpness is the largest *algebraic* eigenvalue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from eoslib.eigensolver import Goal, Ritz, Subspace, solve
from eoslib.landscape import Curved, Landscape

__all__ = ["Eigenpairs", "check_k", "dense_hessian", "eigenpairs", "sharpness_gradient", "top_eigenpairs"]

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
    check_k(k, w.numel())
    if not 0 < tol < 1:
        raise ValueError(f"tol is {tol}; give a relative error in (0, 1), for example 1e-6.")
    if end not in ("top", "bottom"):
        raise ValueError(f"end is {end!r}; use 'top' for the largest eigenvalues or 'bottom' for the smallest.")
    point, sign = landscape.at(w), 1 if end == "top" else -1
    generator, space = torch.Generator().manual_seed(seed), Subspace(lambda v: sign * point.hvp(v), w)
    goal = Goal(k, tol, errors=lambda _, r: r[:k])
    pairs = eigenpairs(solve(space, goal, max_hvps, generator), space, k)
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


def check_k(k: int, p: int) -> None:
    """Raise ValueError unless 1 ≤ k ≤ p."""
    if not 1 <= k <= p:
        raise ValueError(f"k = {k} eigenvalues of a {p} × {p} Hessian; choose 1 ≤ k ≤ {p}.")


def eigenpairs(found: Ritz, space: Subspace, k: int) -> Eigenpairs:
    """The k pairs asked for, as tensors beside w. A basis of the whole space leaves nothing to estimate."""
    exact = space.size == found.v.shape[1]
    arrays = found.values, found.norms, found.norms if exact else found.errors
    values, norms, errors = (torch.from_numpy(x[:k].copy()).to(found.v) for x in arrays)
    return Eigenpairs(values, found.v[:k].T, norms, errors, space.hvps, converged=exact or not found.open)

"""Other matrices through the Hessian's interface: the Gauss–Newton matrix, and curvature as a preconditioner sees it.

Each has `at(w)`, whose result has `hvp`, so `top_eigenpairs`, `dense_hessian`, `spectral_density`, `hessian_trace`
and `SharpnessTracker` take it where they take a landscape or a point of one.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from eoslib.landscape import Landscape, Matrix
from eoslib.objective import Objective

__all__ = ["GaussNewton", "Operator", "Preconditioned", "preconditioned"]


class Operator:
    """A symmetric matrix at one w, known only by its products with vectors."""

    def __init__(self, w: Tensor, product: Callable[[Tensor], Tensor], approximate: Matrix | None = None) -> None:
        self.w = w.detach()  # (p,)
        self.approximate = approximate  # the same matrix with cheaper, less exact products, where there is one
        self._product = product

    def hvp(self, v: Tensor) -> Tensor:
        """The matrix times v: (p,) to (p,), or m vectors at once, (m, p) to (m, p)."""
        if v.ndim not in (1, 2) or v.shape[-1] != len(self.w):
            raise ValueError(f"hvp got a vector of shape {tuple(v.shape)}; w has shape {tuple(self.w.shape)}.")
        return self._product(v) if v.ndim == 1 else torch.stack([self._product(row) for row in v])


class Preconditioned:
    """P^-1/2 H P^-1/2 for a diagonal P > 0, whose largest eigenvalue decides the stability of w ← w − η P⁻¹ ∇L.

    It has the eigenvalues of P⁻¹ H and is symmetric. `diagonal` is P's, shape (p,): for RMSProp √ν + ε.
    Raises ValueError when the diagonal has another shape than w0, or an entry that is not finite and above 0.
    Source: Cohen et al. 2022 (arXiv:2207.14484), the preconditioned Hessian.

    >>> from eoslib import quadratic, top_eigenpairs
    >>> bowl = quadratic([8.0, 9.0])
    >>> seen = Preconditioned(bowl, torch.tensor([2.0, 3.0], dtype=torch.float64))
    >>> round(top_eigenpairs(seen, bowl.w0).values.item(), 6)     # 8/2, above 9/3
    4.0
    """

    def __init__(self, landscape: Landscape, diagonal: Tensor) -> None:
        if diagonal.shape != landscape.w0.shape:
            raise ValueError(f"The diagonal has shape {tuple(diagonal.shape)}; w has {tuple(landscape.w0.shape)}.")
        wrong = ~(torch.isfinite(diagonal) & (diagonal > 0))
        if wrong.any():
            raise ValueError(f"The diagonal holds {float(diagonal[wrong][0])}; every entry must be finite and above 0.")
        self.landscape = landscape
        self._diagonal = diagonal.detach().to(landscape.w0)  # (p,) P

    def at(self, w: Tensor) -> Operator:
        """The preconditioned Hessian at w, shape (p,)."""
        return preconditioned(self.landscape.at(w), self._diagonal)


def preconditioned(point: Matrix, diagonal: Tensor) -> Operator:
    """P^-1/2 A P^-1/2 for the matrix A at a point and the diagonal P > 0, shape (p,)."""
    scale, cheaper = diagonal.rsqrt(), getattr(point, "approximate", None)
    approximate = cheaper and preconditioned(cheaper, diagonal)
    return Operator(point.w, lambda v: scale * point.hvp(scale * v), approximate)


class GaussNewton:
    """G(w) = (1/n) Σ_i J_iᵀ ∇²ℓ_i J_i, the part of the Hessian that is left when the network is linearised at w.

    J_i = ∂f_w(x_i)/∂w, shape (outputs, p), and ∇²ℓ_i is the Hessian of example i's loss in the network's outputs
    (the identity for the square loss). G has no negative eigenvalue, and equals the Hessian where the network is
    linear in w or fits its data exactly.
    Raises ValueError when the objective is evaluated in chunks.
    Source: Schraudolph 2002, for the product in three passes.

    >>> from eoslib import chebyshev, dense_hessian, mlp
    >>> line = Objective(mlp(1, 1, seed=0), chebyshev(3))         # linear in w: G is the whole Hessian
    >>> torch.allclose(dense_hessian(GaussNewton(line), line.w0), dense_hessian(line, line.w0))
    True
    """

    def __init__(self, objective: Objective) -> None:
        if objective.chunk is not None:
            raise ValueError(f"GaussNewton got an objective in chunks of {objective.chunk}; build it without chunk.")
        self.objective = objective

    def at(self, w: Tensor) -> Operator:
        """The Gauss–Newton matrix at w, shape (p,); its graph is built once and shared by all products."""
        w = w.detach().requires_grad_()
        outputs = self.objective.outputs(w)
        (slope,) = torch.autograd.grad(self.objective.loss_of(outputs), outputs, create_graph=True)
        probe = torch.zeros_like(outputs, requires_grad=True)
        (pulled,) = torch.autograd.grad(outputs, w, probe, create_graph=True)  # Jᵀ probe: its gradient in probe is J

        def product(v: Tensor) -> Tensor:
            (jv,) = torch.autograd.grad(pulled, probe, v, retain_graph=True)
            (curved,) = torch.autograd.grad(slope, outputs, jv, retain_graph=True)
            (result,) = torch.autograd.grad(outputs, w, curved, retain_graph=True)
            return result

        return Operator(w, product)

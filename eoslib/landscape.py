"""A scalar function of one flat vector w: value, gradient, and the Hessian through its products with vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

__all__ = ["Curved", "Landscape", "Matrix", "Point", "quadratic"]

Function = Callable[[Tensor], Tensor]  # (p,) to a scalar
PRODUCTS = ("exact", "bfloat16", "difference")  # what a SharpnessTracker may search with
# The step of a difference, in √(rounding unit) · ‖w‖: rounding falls as the step grows, the third derivative's part
# grows with it. On three networks, each at several points, the two were about equal near this, at 1e-3 of the sharpness
STEP = 0.1
# How the names of operations whose gradient jumps begin: a difference across a jump is no derivative
KINKS = ("Relu", "LeakyRelu", "Prelu", "Rrelu", "Threshold", "Hard", "Softshrink", "Abs", "Clamp", "Max", "Min",
         "AdaptiveMax", "FractionalMax")  # fmt: skip


class Matrix(Protocol):
    """A symmetric matrix at one w, known by its products: what the eigensolvers need."""

    w: Tensor  # (p,)

    def hvp(self, v: Tensor) -> Tensor:
        """The matrix times v, (p,) or (m, p)."""


class Curved(Protocol):
    """Anything with a symmetric matrix at every w: a landscape, or an operator made from one."""

    def at(self, w: Tensor) -> Matrix:
        """The matrix at w."""


class Point:
    """Everything known at one w: the loss, the gradient, and the Hessian as a linear map.

    The loss is the sum of `pieces`. One piece: its graph is built here and kept, and the gradient step and any
    number of `hvp` calls share it. Several (an objective in chunks): one graph at a time is in memory, so each
    `hvp` call builds them again. Where most products are those of `approximate`, a graph of the exact ones is built
    at the first of them.
    """

    def __init__(self, pieces: Sequence[Function], w: Tensor, products: str = "exact") -> None:
        self.w = w.detach().clone().requires_grad_()  # (p,) a copy: chunks are evaluated again, and w may have moved on
        self._pieces, self._products = pieces, products
        keep = products == "exact" and len(pieces) == 1
        self.loss, slope = _loss_and_slope(pieces, self.w, keep=keep)
        self.gradient = slope.detach()  # (p,)
        self._kept: Tensor | None = slope if keep else None

    @cached_property
    def approximate(self) -> Matrix | None:
        """The same Hessian with cheaper, less exact products; None where they were not asked for."""
        if self._products == "bfloat16":
            return Point([_autocast(piece, torch.bfloat16) for piece in self._pieces], self.w)
        return _Differences(self._pieces, self.w.detach(), self.gradient) if self._products == "difference" else None

    def hvp(self, v: Tensor) -> Tensor:
        """The Hessian-vector product H v, with H = ∇²L(w). v and the result have shape (p,), or (m, p) for m at once.

        H v is the gradient of ⟨∇L(w), v⟩, v held fixed: about the price of one more gradient, and H is never formed.
        Source: Pearlmutter 1994, in its reverse-over-reverse form.
        """
        if v.ndim not in (1, 2) or v.shape[-1] != len(self.w):
            raise ValueError(f"hvp got a vector of shape {tuple(v.shape)}; w has shape {tuple(self.w.shape)}.")
        if self._kept is None and len(self._pieces) == 1:
            self._kept = _loss_and_slope(self._pieces, self.w, keep=True)[1]
        if self._kept is not None:
            return self._product(self._kept, v)
        result = torch.zeros_like(v)
        for piece in self._pieces:
            result = result + self._product(_loss_and_slope([piece], self.w, keep=True)[1], v)
        return result

    def _product(self, slope: Tensor, v: Tensor) -> Tensor:
        if not slope.requires_grad:  # the gradient is constant: a linear function
            return torch.zeros_like(v)
        try:
            (product,) = torch.autograd.grad(
                slope, self.w, v, retain_graph=True, materialize_grads=True, is_grads_batched=v.ndim == 2
            )
        except RuntimeError as error:
            if "is not implemented" not in str(error):
                raise
            raise RuntimeError(f"{error}: it has no second derivative. If it is fused attention, do everything inside "
                               "`with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):`.") from error
        return product


class _Differences:
    """The Hessian by forward differences, H v ≈ (∇L(w + εv) − ∇L(w)) / ε: one gradient a product, without its graph."""

    def __init__(self, pieces: Sequence[Function], w: Tensor, gradient: Tensor) -> None:
        self.w, self._pieces, self._gradient = w, pieces, gradient
        self._step = STEP * math.sqrt(torch.finfo(w.dtype).eps) * (float(w.norm()) or 1.0)

    def hvp(self, v: Tensor) -> Tensor:
        if v.ndim == 2:
            return torch.stack([self.hvp(row) for row in v])
        step = self._step / (float(v.norm()) or 1.0)
        _, slope = _loss_and_slope(self._pieces, (self.w + step * v).requires_grad_(), keep=False)
        return (slope - self._gradient) / step


class Landscape:
    """Any scalar torch function of one flat vector, with the interface that `descend` and the curvature tools use.

    `products` is as in Objective. Raises ValueError when w0 is not a finite vector of 32 or 64 bits, products are none
    that an Objective takes, or the function gives no scalar made of w.

    >>> bowl = Landscape(lambda w: (w**4).sum(), torch.tensor([1.0, 2.0], dtype=torch.float64))
    >>> bowl.at(bowl.w0).hvp(torch.ones(2, dtype=torch.float64)).tolist()   # 12 w²
    [12.0, 48.0]
    """

    def __init__(
        self, function: Callable[[Tensor], Tensor], w0: Tensor, *, name: str = "landscape", products: str = "exact"
    ) -> None:
        self.function, self.products, self._smooth = function, products, False  # not known to be
        self.pieces: Sequence[Function] = (function,)  # they sum to the function; more than one only to save memory
        self.w0 = torch.as_tensor(w0).detach().clone()  # (p,)
        self.name = name
        if self.w0.ndim != 1 or self.w0.numel() == 0 or self.w0.dtype not in (torch.float32, torch.float64):
            raise ValueError(f"w0 has shape {tuple(self.w0.shape)} and dtype {self.w0.dtype}; give a vector of floats "
                             "of 32 or 64 bits (of a network: network.float() or .double()).")  # fmt: skip
        if not torch.isfinite(self.w0).all():
            raise ValueError("w0 holds nan or inf; start from finite parameters.")
        if products not in PRODUCTS or (products == "bfloat16" and self.w0.dtype == torch.float64):
            raise ValueError(f"products is {products!r} and the parameters are {self.w0.dtype}; use 'exact', "
                             "'difference', or 'bfloat16' with a network in float32.")  # fmt: skip

    def at(self, w: Tensor) -> Point:
        """Loss, gradient and Hessian-vector products at w (shape (p,)), all from one graph.

        Raises ValueError where differences are asked of a function whose gradient jumps.
        """
        if self.products == "difference" and not self._smooth:
            _refuse_kinks(self.pieces[0](self.w0.clone().requires_grad_()))
            self._smooth = True
        return Point(self.pieces, self._checked(w), self.products)

    def loss(self, w: Tensor) -> float:
        """L(w), without a graph."""
        with torch.no_grad():
            return float(self.function(self._checked(w)))

    def gradient(self, w: Tensor) -> Tensor:
        """∇L(w), shape (p,)."""
        return self.loss_and_gradient(w)[1]

    def loss_and_gradient(self, w: Tensor) -> tuple[float, Tensor]:
        """L(w) and ∇L(w), cheaper than `at` where no curvature is wanted."""
        return _loss_and_slope(self.pieces, self._checked(w).detach().requires_grad_(), keep=False)

    def _checked(self, w: Tensor) -> Tensor:
        if w.shape != self.w0.shape:
            raise ValueError(f"w has shape {tuple(w.shape)}; {self.name} takes {tuple(self.w0.shape)}, all trainable.")
        if w.dtype != self.w0.dtype:
            raise ValueError(f"w is {w.dtype} and {self.name} is {self.w0.dtype}; use w.to({self.w0.dtype}).")
        return w

    def __str__(self) -> str:
        p = self.w0.numel()
        return f"{self.name} ({p:,} parameter{'s' if p > 1 else ''})"


def _autocast(piece: Function, dtype: torch.dtype) -> Function:
    """The same function, its matrix products and convolutions in `dtype`."""

    def function(w: Tensor) -> Tensor:
        with torch.autocast(w.device.type, dtype):
            return piece(w)

    return function


def _refuse_kinks(value: Tensor) -> None:
    """Raise ValueError where the graph of a value holds an operation whose gradient jumps."""
    seen, left = set(), [value.grad_fn]
    while left:
        node = left.pop()
        if node is None or node in seen:
            continue
        name = node.name().partition("Backward")[0]
        if name.startswith(KINKS) or (name == "Elu" and getattr(node, "_saved_alpha", 1) != 1):  # SELU
            raise ValueError(f"products='difference' needs a gradient without jumps, and {name} has them; use 'exact', "
                             "or a smooth activation, and average pooling for max-pooling.")  # fmt: skip
        seen.add(node)
        left += [inner for inner, _ in node.next_functions]


def _loss_and_slope(pieces: Sequence[Function], w: Tensor, *, keep: bool) -> tuple[float, Tensor]:
    """The value of a sum at w and its gradient, (p,), with its graph where that is to be kept."""
    loss, gradient = 0.0, torch.zeros_like(w)
    for piece in pieces:
        value = piece(w)
        if value.numel() != 1 or not value.requires_grad:
            raise ValueError(f"The function gave shape {tuple(value.shape)}, requires_grad={value.requires_grad}; "
                             "compute a scalar from w, with torch.")  # fmt: skip
        (slope,) = torch.autograd.grad(value, w, create_graph=keep)
        loss, gradient = loss + float(value.detach()), slope if len(pieces) == 1 else gradient + slope
    return loss, gradient


def quadratic(curvature: Tensor | Sequence[float], w0: Tensor | Sequence[float] | None = None) -> Landscape:
    """L(w) = ½ wᵀ A w: the landscape whose Hessian is A everywhere.

    `curvature` is A itself, (p, p) symmetric, or the list of its p eigenvalues along the axes.
    w0 defaults to all ones. Raises ValueError when A is not symmetric.

    >>> quadratic([1.0, 10.0]).loss(torch.tensor([2.0, 1.0], dtype=torch.float64))   # ½(1·4 + 10·1)
    7.0
    """
    a = torch.as_tensor(curvature, dtype=torch.float64)
    a = torch.diag(a) if a.ndim == 1 else a
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not torch.equal(a, a.T) or not torch.isfinite(a).all():
        raise ValueError(f"quadratic got the curvature {curvature!r:.60}; give p finite numbers or a symmetric matrix.")
    start = torch.ones(len(a), dtype=a.dtype) if w0 is None else torch.as_tensor(w0, dtype=a.dtype)
    if len(start) != len(a):
        raise ValueError(f"w0 has {len(start)} entries and the curvature {len(a)}; give as many of each.")
    return Landscape(lambda w: 0.5 * w @ (a @ w), start, name="quadratic")

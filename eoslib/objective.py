"""The training loss as a function of one flat parameter vector w: value, gradient, Hessian-vector products."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from eoslib.data import Dataset

__all__ = ["Landscape", "Objective", "Point", "quadratic"]


class Point:
    """Everything known at one w: the loss, the gradient, and the Hessian as a linear map.

    One graph is built here and kept: the gradient step and any number of `hvp` calls share it.
    """

    def __init__(self, function: Callable[[Tensor], Tensor], w: Tensor) -> None:
        self.w = w.detach().requires_grad_()  # (p,)
        value = function(self.w)
        (self._gradient,) = torch.autograd.grad(value, self.w, create_graph=True)
        self.loss = float(value.detach())
        self.gradient = self._gradient.detach()  # (p,)

    def hvp(self, v: Tensor) -> Tensor:
        """The Hessian-vector product H v, with H = ∇²L(w). v and the result have shape (p,), or (m, p) for m at once.

        H v is the gradient of ⟨∇L(w), v⟩, v held fixed: about the price of one more gradient, and H is never formed.
        Source: Pearlmutter 1994, in its reverse-over-reverse form.
        """
        if v.ndim not in (1, 2) or v.shape[-1] != len(self.w):
            raise ValueError(f"hvp got a vector of shape {tuple(v.shape)}; w has shape {tuple(self.w.shape)}.")
        if not self._gradient.requires_grad:  # the gradient is constant: a linear function
            return torch.zeros_like(v)
        (product,) = torch.autograd.grad(
            self._gradient, self.w, v, retain_graph=True, materialize_grads=True, is_grads_batched=v.ndim == 2
        )
        return product


class Landscape:
    """Any scalar torch function of one flat vector, with the interface that `descend` and the curvature tools use.

    Raises ValueError when w0 is not a finite vector.

    >>> bowl = Landscape(lambda w: (w**4).sum(), torch.tensor([1.0, 2.0], dtype=torch.float64))
    >>> bowl.at(bowl.w0).hvp(torch.ones(2, dtype=torch.float64)).tolist()   # 12 w²
    [12.0, 48.0]
    """

    def __init__(self, function: Callable[[Tensor], Tensor], w0: Tensor, *, name: str = "landscape") -> None:
        self.function = function
        self.w0 = torch.as_tensor(w0).detach().clone()  # (p,)
        self.name = name
        if self.w0.ndim != 1 or self.w0.numel() == 0 or not self.w0.is_floating_point():
            raise ValueError(f"w0 has shape {tuple(self.w0.shape)} and dtype {self.w0.dtype}; give a vector of floats.")
        if not torch.isfinite(self.w0).all():
            raise ValueError("w0 holds nan or inf; start from finite parameters.")

    def at(self, w: Tensor) -> Point:
        """Loss, gradient and Hessian-vector products at w (shape (p,)), all from one graph."""
        return Point(self.function, self._checked(w))

    def loss(self, w: Tensor) -> float:
        """L(w), without a graph."""
        with torch.no_grad():
            return float(self.function(self._checked(w)))

    def gradient(self, w: Tensor) -> Tensor:
        """∇L(w), shape (p,)."""
        return self.loss_and_gradient(w)[1]

    def loss_and_gradient(self, w: Tensor) -> tuple[float, Tensor]:
        """L(w) and ∇L(w), cheaper than `at` where no curvature is wanted."""
        w = self._checked(w).detach().requires_grad_()
        value = self.function(w)
        (gradient,) = torch.autograd.grad(value, w)
        return float(value.detach()), gradient

    def _checked(self, w: Tensor) -> Tensor:
        if w.shape != self.w0.shape:
            raise ValueError(f"w has shape {tuple(w.shape)}; {self.name} takes shape {tuple(self.w0.shape)}.")
        if w.dtype != self.w0.dtype:
            raise ValueError(f"w is {w.dtype} and {self.name} is {self.w0.dtype}; use w.to({self.w0.dtype}).")
        return w

    def __str__(self) -> str:
        p = self.w0.numel()
        return f"{self.name} ({p:,} parameter{'s' if p > 1 else ''})"


def quadratic(curvature: Tensor | Sequence[float], w0: Tensor | Sequence[float] | None = None) -> Landscape:
    """L(w) = ½ wᵀ A w: the landscape whose Hessian is A everywhere.

    `curvature` is A itself, (p, p) symmetric, or the list of its p eigenvalues along the axes.
    w0 defaults to all ones. Raises ValueError when A is not symmetric.

    >>> quadratic([1.0, 10.0]).loss(torch.tensor([2.0, 1.0], dtype=torch.float64))   # ½(1·4 + 10·1)
    7.0
    """
    a = torch.as_tensor(curvature, dtype=torch.float64)
    a = torch.diag(a) if a.ndim == 1 else a
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not torch.equal(a, a.T):
        raise ValueError(f"quadratic got a curvature of shape {tuple(a.shape)}; give p numbers or a symmetric matrix.")
    start = torch.ones(len(a), dtype=a.dtype) if w0 is None else torch.as_tensor(w0, dtype=a.dtype)
    if len(start) != len(a):
        raise ValueError(f"w0 has {len(start)} entries and the curvature {len(a)}; give as many of each.")
    return Landscape(lambda w: 0.5 * w @ (a @ w), start, name="quadratic")


def _square(outputs: Tensor, y: Tensor) -> Tensor:
    return 0.5 * (outputs - y).square().sum() / len(y)


LOSSES: dict[str, tuple[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "mse": ("square loss", _square),
    "cross-entropy": ("cross-entropy", F.cross_entropy),
}


class Objective(Landscape):
    """The full-batch training loss of a network on a data set, as a function of one flat vector w.

    mse:            L(w) = (1/n) Σ_i ½ ‖f_w(x_i) − y_i‖²   (summed over outputs; the paper's ½ is kept)
    cross-entropy:  L(w) = −(1/n) Σ_i Σ_c y_ic log softmax(f_w(x_i))_c
    w stacks the network's trainable parameters in the order of `network.parameters()`, shape (p,); w0 is where
    the network stands now. The network itself is never changed.
    Raises ValueError when shapes do not fit, the loss is unknown, or the loss is not a function of w (dropout).
    Source: Cohen et al. 2021, the authors' code, for both normalisations. torch's own MSELoss also divides by
    the number of outputs, so with 10 outputs its sharpness is 1/5 of the one here.

    >>> from eoslib import chebyshev, mlp
    >>> print(Objective(mlp(1, 50, 50, 1), chebyshev(degree=4, n=20), loss="mse"))
    tanh network 1-50-50-1 (2,701 parameters) on chebyshev-4 (20 examples), square loss
    """

    def __init__(self, network: nn.Module, dataset: Dataset, *, loss: str = "mse") -> None:
        if loss not in LOSSES:
            raise ValueError(f"Objective does not know the loss {loss!r}; use one of {', '.join(LOSSES)}.")
        parameters = {name: q for name, q in network.named_parameters() if q.requires_grad}
        if not parameters:
            raise ValueError("The network has no trainable parameters; there is nothing to descend on.")
        self.network, self.dataset = network, dataset
        self._shapes = {name: q.shape for name, q in parameters.items()}
        w0 = torch.cat([q.detach().reshape(-1) for q in parameters.values()])
        self._x, self._y = (z.to(w0.device, w0.dtype) for z in (dataset.x, dataset.y))
        self._loss_name, self._loss = LOSSES[loss]
        name = getattr(network, "name", type(network).__name__)
        super().__init__(lambda w: self._loss(self.outputs(w), self._y), w0, name=str(name))
        self._refuse_misfits()

    def outputs(self, w: Tensor, x: Tensor | None = None) -> Tensor:
        """The network's outputs f_w(x), shape (n, outputs), on the training inputs unless x is given."""
        pieces = torch.split(w, [shape.numel() for shape in self._shapes.values()])
        parameters = {n: v.view(s) for (n, s), v in zip(self._shapes.items(), pieces, strict=True)}
        result: Tensor = functional_call(self.network, parameters, (self._x if x is None else x,))
        return result

    def accuracy(self, w: Tensor) -> float:
        """Share of training examples whose largest output is the target's class; nan for one output."""
        if self._y.shape[1] == 1:
            return math.nan
        with torch.no_grad():
            right = self.outputs(self._checked(w)).argmax(1) == self._y.argmax(1)
        return float(right.double().mean())

    def _refuse_misfits(self) -> None:
        try:
            with torch.no_grad():
                shape = tuple(self.outputs(self.w0).shape)
        except RuntimeError as error:
            raise ValueError(f"The network cannot read inputs of shape {tuple(self._x.shape)}: {error}") from error
        if shape != tuple(self._y.shape):
            raise ValueError(
                f"The network's outputs have shape {shape} and the targets {tuple(self._y.shape)}; "
                "make the last layer as wide as the targets."
            )
        rows = self._y.sum(1)
        if self._loss is F.cross_entropy and ((self._y < 0).any() or not torch.allclose(rows, torch.ones_like(rows))):
            raise ValueError("Cross-entropy needs targets that are probabilities; give one-hot rows that sum to 1.")
        if self.loss(self.w0) != self.loss(self.w0):
            raise ValueError(
                f"The loss of {self.name} at one w came out different twice, or nan. Remove what is random "
                "(dropout: call network.eval()) and start from finite outputs: full-batch descent needs a function."
            )

    def __str__(self) -> str:
        return f"{super().__str__()} on {self.dataset}, {self._loss_name}"

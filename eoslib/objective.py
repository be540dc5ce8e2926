"""The training loss of a network on a data set, as a function of one flat parameter vector w."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from eoslib.data import Dataset
from eoslib.landscape import Function, Landscape

__all__ = ["Objective"]


def _square(outputs: Tensor, y: Tensor) -> Tensor:
    return 0.5 * (outputs - y).square().sum() / y[..., 0].numel()


def _cross_entropy(outputs: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(outputs.flatten(0, -2), y.flatten(0, -2))


LOSSES: dict[str, tuple[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "mse": ("square loss", _square),
    "cross-entropy": ("cross-entropy", _cross_entropy),
}


class Objective(Landscape):
    """The full-batch training loss of a network on a data set, as a function of one flat vector w.

    mse:            L(w) = (1/n) Σ_i ½ ‖f_w(x_i) − y_i‖²   (summed over outputs; the paper's ½ is kept)
    cross-entropy:  L(w) = −(1/n) Σ_i Σ_c y_ic log softmax(f_w(x_i))_c
    Outputs of shape (n, length, classes), one for each word of a text, count as n · length examples.
    w stacks the network's trainable parameters in the order of `network.parameters()`, shape (p,); w0 is where
    the network stands now. The network itself is never changed.
    `chunk` bounds memory: loss, gradient and products are summed over chunks of that many examples, each weighted by
    its share of n, so they stay those of the full batch. BatchNorm in training mode normalises over the chunk,
    which makes another function of w: such a network takes `ghost_batch`, the size it normalises over, instead.
    `products` says what a SharpnessTracker, and so `descend`, searches with. Loss, gradient and all else stay exact.
    - "exact": second derivatives, from the graph of the gradient.
    - "difference": (∇L(w + εv) − ∇L(w)) / ε, the price of one gradient and no graph of it. It pays where an exact
      product costs much more than that: convolutions, deep networks, chunks. Not with ReLU or max-pooling.
    - "bfloat16": a second graph, its matrix products and convolutions in bfloat16 (torch's autocast). It pays where
      arithmetic is what a product costs and the machine has instructions for it. Of a network in float32.
    x of whole numbers (torch.long) stays as it is, for networks that look words up; all else takes the network's dtype.
    Raises ValueError when shapes do not fit, the loss is unknown or not a function of w (dropout), the network is in
    half precision, products are none of these or do not fit its dtype, or chunk meets BatchNorm.
    Source: Cohen et al. 2021, the authors' code, for both normalisations. torch's own MSELoss also divides by
    the number of outputs, so with 10 outputs its sharpness is 1/5 of the one here.

    >>> from eoslib import chebyshev, mlp
    >>> print(Objective(mlp(1, 50, 50, 1), chebyshev(degree=4, n=20), loss="mse"))
    tanh network 1-50-50-1 (2,701 parameters) on chebyshev-4 (20 examples), square loss
    """

    def __init__(
        self, network: nn.Module, dataset: Dataset, *, loss: str = "mse",
        chunk: int | None = None, ghost_batch: int | None = None, products: str = "exact",
    ) -> None:  # fmt: skip
        if not isinstance(dataset, Dataset):
            raise ValueError(f"Objective got a {type(dataset).__name__}; give an eos.Dataset(x, y), all examples.")
        if not isinstance(loss, str) or loss not in LOSSES:
            raise ValueError(f"Objective does not know the loss {loss!r}; use one of {', '.join(LOSSES)}, or write "
                             "your own as a Landscape.")  # fmt: skip
        parameters = {name: q for name, q in network.named_parameters() if q.requires_grad}
        if not parameters:
            raise ValueError("The network has no trainable parameters; there is nothing to descend on.")
        self.network, self.dataset = network, dataset
        self._shapes = {name: q.shape for name, q in parameters.items()}
        w0 = torch.cat([q.detach().reshape(-1) for q in parameters.values()])
        self._x, self._y = (z.to(w0.device, w0.dtype) for z in (dataset.x, dataset.y))
        self._x = dataset.x.to(w0.device) if dataset.x.dtype == torch.long else self._x
        self._loss_name, self._loss = LOSSES[loss]
        self.chunk = _chunk_size(network, len(dataset), chunk, ghost_batch)
        self._ghosts = ghost_batch is not None and self.chunk is not None  # one ghost batch of all n is the full batch
        name = getattr(network, "name", type(network).__name__)
        super().__init__(lambda w: self.loss_of(self.outputs(w)), w0, name=str(name), products=products)
        if self.chunk is not None:
            self.pieces = [self._piece(slice(i, i + self.chunk)) for i in range(0, len(dataset), self.chunk)]
            self.function = lambda w: torch.stack([piece(w) for piece in self.pieces]).sum()
        self._refuse_misfits()

    def outputs(self, w: Tensor, x: Tensor | None = None) -> Tensor:
        """The network's outputs f_w(x), shape (n, outputs), on the training inputs unless x is given."""
        pieces = torch.split(w, [shape.numel() for shape in self._shapes.values()])
        parameters = {n: v.view(s) for (n, s), v in zip(self._shapes.items(), pieces, strict=True)}
        buffers = {n: b.clone() for n, b in self.network.named_buffers()}  # BatchNorm would write to the network's own
        result: Tensor = functional_call(self.network, parameters | buffers, (self._x if x is None else x,))
        return result

    def loss_of(self, outputs: Tensor) -> Tensor:
        """The training loss as a function of the network's outputs on all examples, shape (n, outputs)."""
        return self._loss(outputs, self._y)

    def batch(self, indices: Tensor) -> Landscape:
        """The loss on these examples alone, shape (batch,), as a function of the same w: SGD's gradients are its."""
        x, y = self._x[indices], self._y[indices]
        return Landscape(lambda w: self._loss(self.outputs(w, x), y), self.w0, name=f"{self.name}, a batch")

    @property
    def separable(self) -> bool:
        """The loss of an example does not depend on the others: no BatchNorm that reads its batch."""
        return not _normalises(self.network)

    def weighted(self, w: Tensor, indices: Tensor, weights: Tensor) -> Tensor:
        """Σ_j weights_j · loss of example indices_j, shapes (b,), for `torch.vmap`. ValueError if not separable."""
        if not self.separable:
            raise ValueError(f"BatchNorm mixes the examples of {self.name}; use batch(indices), one batch at a time.")
        x, y = self._x[indices], self._y[indices]
        return weights @ torch.vmap(self._loss)(self.outputs(w, x)[:, None], y[:, None])

    def _piece(self, part: slice) -> Function:
        x, y = self._x[part], self._y[part]
        share = len(x) / len(self._x)  # the last chunk may be shorter, and then weighs less
        return lambda w: share * self._loss(self.outputs(w, x), y)

    def accuracy(self, w: Tensor) -> float:
        """Share of training examples whose largest output is the target's class; nan for one output."""
        if self._y.shape[-1] == 1:
            return math.nan
        w, size = self._checked(w), self.chunk or len(self._x)
        with torch.no_grad():
            outputs = torch.cat([self.outputs(w, x) for x in torch.split(self._x, size)])
        return float((outputs.argmax(-1) == self._y.argmax(-1)).double().mean())

    def _refuse_misfits(self) -> None:
        """Raise ValueError where network, data and loss do not go together, at the price of two losses."""
        drawn = _random_state(self.w0)
        try:
            with torch.no_grad():
                outputs = self.outputs(self.w0, self._x[: self.chunk])
            self._refuse_outputs(outputs)
            same = self.loss(self.w0) == self.loss(self.w0) and torch.equal(drawn, _random_state(self.w0))
        except (RuntimeError, TypeError, IndexError) as error:
            raise ValueError(f"The network cannot read inputs of shape {tuple(self._x.shape)} and {self._x.dtype}: "
                             f"{error}") from error  # fmt: skip
        if not same:
            raise ValueError(
                f"The loss of {self.name} at one w drew random numbers, came out different twice, or is nan. Remove "
                "what is random (dropout: call network.eval()) and start from finite outputs: full-batch descent needs "
                "a function."
            )

    def _refuse_outputs(self, outputs: Tensor) -> None:
        if not isinstance(outputs, Tensor):
            raise ValueError(f"The network returns a {type(outputs).__name__}; wrap it in a module that returns the "
                             "outputs alone, one tensor.")  # fmt: skip
        if outputs.shape[1:] != self._y.shape[1:] or len(outputs) != len(self._x[: self.chunk]):
            raise ValueError(
                f"The network's outputs have shape {tuple(outputs.shape)} and the targets {tuple(self._y.shape)}; make "
                "the last layer as wide as the targets. Class numbers become rows by torch.nn.functional.one_hot(y)."
            )
        rows = self._y.sum(-1)
        if self._loss is _cross_entropy and ((self._y < 0).any() or not torch.allclose(rows, torch.ones_like(rows))):
            raise ValueError("Cross-entropy needs targets that are probabilities; give one-hot rows that sum to 1.")

    def __str__(self) -> str:
        ghosts = f", BatchNorm over batches of {self.chunk}" if self._ghosts else ""
        searched = "" if self.products == "exact" else f", {self.products} products"
        return f"{super().__str__()} on {self.dataset}, {self._loss_name}{ghosts}{searched}"


def _normalises(network: nn.Module) -> bool:
    """Whether a BatchNorm reads its batch: in training mode, or always where it keeps no running statistics."""
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    return any(m.training or m.running_mean is None for m in norms)


def _random_state(like: Tensor) -> Tensor:
    return torch.cuda.get_rng_state(like.device) if like.is_cuda else torch.get_rng_state()


def _chunk_size(network: nn.Module, n: int, chunk: int | None, ghost_batch: int | None) -> int | None:
    for name, size in (("chunk", chunk), ("ghost_batch", ghost_batch)):
        if size is not None and size < 1:
            raise ValueError(f"{name} is {size}; give a number of examples, at least 1.")
    batchnorm = _normalises(network)
    if chunk is not None and batchnorm and chunk < n:
        raise ValueError(
            f"BatchNorm normalises over the chunk, so chunk={chunk} would silently make another loss. Say "
            f"ghost_batch={chunk} if that loss is meant; otherwise leave chunk out, or freeze it by network.eval() "
            "(with track_running_stats=True)."
        )
    if ghost_batch is not None and not batchnorm:
        raise ValueError(f"ghost_batch={ghost_batch} is for BatchNorm in training mode; use chunk={ghost_batch}.")
    size = chunk if ghost_batch is None else ghost_batch
    return None if size is None or size >= n else size

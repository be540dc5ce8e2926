"""The tasks of the assignment on Hessian-vector products and Lanczos' method."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from eoslib.tasks import Case, Cases, task

__all__: list[str] = []

MATRIX = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, -2.0]])
START = np.array([1.0, 2.0, 3.0])


def _bowl(w: Tensor) -> Tensor:
    return w @ torch.tensor(MATRIX) @ w / 2


def _bent(w: Tensor) -> Tensor:
    return (w**4).sum() / 12


@task
def hvp() -> Cases:
    """The product of a Hessian with a vector, exact."""
    w, v = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64), torch.tensor(START)
    hint = "Differentiate once with create_graph=True, take the inner product with v, and differentiate again."
    yield Case((_bowl, w, v), MATRIX @ START, hint, "(½ wᵀAw, w, v)", 1e-10)
    yield Case((_bent, w, v), (w**2 * v).numpy(), hint, "(Σ w⁴/12, w, v)", 1e-10)
    rest = "Work on w.detach().clone(), and do not ask for a graph in the second derivative."
    yield Case((_bent, w, v), lambda _: not w.requires_grad or "changed w: it now requires a gradient", rest)


@task
def difference_hvp() -> Cases:
    """The central difference of two gradients."""
    w, v = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64), torch.tensor(START)
    hint = "Two gradients, at w + hv and w − hv, that lie 2h apart."
    yield Case((_bowl, w, v, 0.5), MATRIX @ START, hint, "(½ wᵀAw, w, v, h=0.5)", 1e-10)
    central = (w**2 * v + 0.01 * v**3 / 3).numpy()  # ((w + hv)³ − (w − hv)³) / 6h
    yield Case((_bent, w, v, 0.1), central, hint, "(Σ w⁴/12, w, v, h=0.1)", 1e-9)


@task
def power_iteration() -> Cases:
    """The Rayleigh quotient and the vector after some steps."""
    hint = "Normalise before the first step and after each; then one more product for vᵀAv."
    for matrix, steps in ((MATRIX, 0), (MATRIX, 3), (-MATRIX, 50)):
        v = np.linalg.matrix_power(matrix, steps) @ START
        v = v / np.linalg.norm(v)
        words = f"(matvec, {START}, steps={steps})"
        yield Case((matrix.__matmul__, START, steps), (float(v @ matrix @ v), v), hint, words, 1e-9)


@task
def lanczos() -> Cases:
    """The tridiagonal form: told part by part what is wrong with it."""
    wide = np.diag(np.concatenate([[1000.0, 500.0], np.linspace(-1, 1, 28)]))
    for matrix, v, k, m in ((MATRIX, START, 2, 2), (MATRIX, START, 3, 3), (wide, np.ones(30), 25, 25),
                            (np.diag([1.0, 1.0, 4.0]), START, 3, 2)):  # fmt: skip
        hint = "The space is complete after two vectors here." if m < k else "Compare QᵀAQ with your alpha and beta."
        words = f"(matvec of a {len(v)} × {len(v)} matrix, v, k={k})"
        yield Case((matrix.__matmul__, v, k), _Tridiagonal(matrix, v, m), hint, words)


@task
def sharpness() -> Cases:
    """The largest eigenvalue from products alone."""
    hint = "The largest eigenvalue of the tridiagonal matrix, when β_k times the last entry of its vector is small."
    for matrix in (MATRIX, -MATRIX, np.diag(np.linspace(-30, 20, 60))):
        v = np.cos(np.arange(len(matrix)) ** 2)
        truth = float(np.linalg.eigvalsh(matrix)[-1])
        yield Case((matrix.__matmul__, v, 1e-8), truth, hint, f"(matvec of a {len(v)} × {len(v)} matrix, v, tol=1e-8)")


class _Tridiagonal:
    """Judges the three parts of an answer of `lanczos` against the matrix itself."""

    def __init__(self, matrix: np.ndarray, v: np.ndarray, m: int) -> None:
        self.matrix, self.v, self.m = matrix, v, m

    def __call__(self, got: Any) -> bool | str:
        if not (isinstance(got, tuple) and len(got) == 3):
            return "is to return three things: alpha, beta, Q"
        alpha, beta, q = (np.asarray(part, dtype=float) for part in got)
        wanted = ((self.m,), (self.m - 1,), (len(self.v), self.m))
        for name, part, shape in zip(("alpha", "beta", "Q"), (alpha, beta, q), wanted, strict=True):
            if part.shape != shape:
                return f"gave {name} of shape {part.shape} where {shape} is asked for"
        if not np.abs(q.T @ q - np.eye(self.m)).max() < 1e-8:
            return "gave a Q whose columns are not orthonormal"
        if not np.allclose(q[:, 0], self.v / np.linalg.norm(self.v)):
            return "gave a Q that does not begin with v/‖v‖"
        scale = 1e-8 * max(1.0, float(np.abs(alpha).max()))
        small = q.T @ self.matrix @ q
        if not np.abs(np.diag(small) - alpha).max() < scale:
            return "gave an alpha that is not the diagonal of QᵀAQ"
        off = np.diag(small, 1) - beta
        return bool((np.abs(off) < scale).all()) or "gave a beta that does not stand beside the diagonal of QᵀAQ"

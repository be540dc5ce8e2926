"""The whole spectrum from a few random probes: its density by Lanczos quadrature, and its trace."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from eoslib.eigensolver import NOT_SMOOTH
from eoslib.landscape import Curved, Matrix

__all__ = ["SpectralDensity", "TraceEstimate", "hessian_trace", "spectral_density"]


@dataclass(frozen=True)
class TraceEstimate:
    """tr H from random probes."""

    value: float  # curvature
    standard_error: float  # curvature; of the mean over the probes
    probes: int  # Hessian-vector products spent


@dataclass(frozen=True)
class SpectralDensity:
    """The share of eigenvalues near each point of a grid, smoothed by a Gaussian of width `width`."""

    grid: Tensor  # (g,) curvature
    density: Tensor  # (g,) share of eigenvalues per unit of curvature; integrates to 1
    standard_error: Tensor  # (g,) of the mean over the probes
    width: float  # standard deviation of the Gaussian, curvature
    hvps: int  # Hessian-vector products spent


def hessian_trace(landscape: Curved, w: Tensor, *, probes: int = 32, seed: int = 0) -> TraceEstimate:
    """tr H ≈ the mean of zᵀ H z over probes z of independent random signs.

    Unbiased; one probe's variance is twice the sum of the squared off-diagonal entries of H, so a diagonal H
    needs one. The standard error comes from the spread over the probes.
    Raises ValueError when probes < 2, FloatingPointError when a product holds nan or inf.
    Source: Hutchinson 1990.

    >>> from eoslib import quadratic
    >>> bowl = quadratic([1.0, -2.0, 10.0])
    >>> hessian_trace(bowl, bowl.w0, probes=2)
    TraceEstimate(value=9.0, standard_error=0.0, probes=2)
    """
    _check_probes(probes)
    point, generator = landscape.at(w), torch.Generator().manual_seed(seed)
    samples = torch.stack([z @ _finite(point.hvp(z)) for z in (_signs(w, generator) for _ in range(probes))])
    return TraceEstimate(float(samples.mean()), float(samples.std()) / math.sqrt(probes), probes)


def spectral_density(
    landscape: Curved, w: Tensor, *, probes: int = 8, steps: int = 60, points: int = 400, width: float = 0.01,
    seed: int = 0,
) -> SpectralDensity:  # fmt: skip
    """φ(t) = (1/p) Σ_i N(t; λ_i, σ²), estimated by stochastic Lanczos quadrature.

    Each probe runs `steps` Lanczos steps with full reorthogonalisation; the eigenvalues of its tridiagonal matrix
    are the nodes of a Gauss rule for the spectral measure of that probe, the squared first entries of the
    eigenvectors its weights. σ is `width` times the range of the nodes (of their size, where they are all the same).
    The grid covers all nodes and 4 σ more, at distances of at most 1.5 σ: enough for the integral to be 1 to 0.1 %.
    The standard error holds the spread over probes, not the bias of too few steps: features narrower than about
    range / steps are blurred away from the ends of the spectrum.
    Raises ValueError when probes < 2, steps < 1, width ≤ 0, or points are too few for it; FloatingPointError on nan.
    Source: Ghorbani, Krishnan and Xiao 2019; Golub & Welsch 1969 for nodes and weights.

    >>> from eoslib import quadratic
    >>> bowl = quadratic([0.0] * 9 + [10.0])
    >>> d = spectral_density(bowl, bowl.w0, probes=4)
    >>> round(torch.trapezoid(d.density, d.grid).item(), 3), d.hvps <= 4 * 3
    (1.0, True)
    """
    _check_probes(probes)
    if steps < 1 or not 0 < width < math.inf:
        raise ValueError(f"spectral_density got steps={steps}, width={width}; use steps ≥ 1 and width > 0.")
    if points < (least := math.ceil((1 / width + 8) / 1.5) + 1):
        raise ValueError(f"points is {points}, too few for bumps of width={width:g}; use at least {least:,}.")
    point, generator = landscape.at(w), torch.Generator().manual_seed(seed)
    rules = [_gauss_rule(point, _signs(w, generator), steps) for _ in range(probes)]
    low = min(float(nodes.min()) for nodes, _, _ in rules)
    high = max(float(nodes.max()) for nodes, _, _ in rules)
    size = max(abs(low), abs(high))
    sigma = width * (high - low if high - low > 1e-6 * size else size or 1.0)  # all the same, but for rounding
    grid = torch.linspace(low - 4 * sigma, high + 4 * sigma, points, dtype=torch.float64)
    per_probe = torch.stack([_bumps(grid, nodes, sigma) @ weights for nodes, weights, _ in rules])
    return SpectralDensity(
        grid, per_probe.mean(0), per_probe.std(0) / math.sqrt(probes), sigma, sum(n for _, _, n in rules)
    )


def _gauss_rule(point: Matrix, start: Tensor, steps: int) -> tuple[Tensor, Tensor, int]:
    """Nodes, weights (both float64) and products spent: Lanczos from `start`, ended early in an invariant subspace."""
    basis, diagonal, off = [start / start.norm()], [], []
    while True:
        v = basis[-1]
        product = _finite(point.hvp(v))
        diagonal.append(float(v @ product))
        known = torch.stack(basis)
        left = product
        for _ in range(2):  # once leaves copies of converged eigenvalues behind
            left = left - known.T @ (known @ left)
        size = float(left.norm())
        if len(diagonal) == min(steps, len(start)) or size <= 1e-6 * float(product.norm()):
            break
        off.append(size)
        basis.append(left / size)
    t = torch.diag(torch.tensor(diagonal, dtype=torch.float64))
    if off:
        beside = torch.tensor(off, dtype=torch.float64)
        t = t + torch.diag(beside, 1) + torch.diag(beside, -1)
    nodes, vectors = torch.linalg.eigh(t)
    return nodes, vectors[0].square(), len(diagonal)


def _bumps(grid: Tensor, nodes: Tensor, sigma: float) -> Tensor:
    z = (grid[:, None] - nodes[None, :]) / sigma
    return torch.exp(-0.5 * z * z) / (sigma * math.sqrt(2 * math.pi))


def _signs(like: Tensor, generator: torch.Generator) -> Tensor:
    return (torch.randint(0, 2, (len(like),), generator=generator) * 2 - 1).to(like)


def _finite(product: Tensor) -> Tensor:
    if not bool(torch.isfinite(product).all()):
        raise FloatingPointError(NOT_SMOOTH)
    return product


def _check_probes(probes: int) -> None:
    if probes < 2:
        raise ValueError(f"probes is {probes}; a standard error needs at least 2.")

"""The sharpness as other libraries compute it, each the way its own documentation shows: value and products spent."""

import sys
import warnings
from collections.abc import Callable

import curvlinops
import numpy as np
import pyhessian
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import nn
from torch.nn.utils import vector_to_parameters

import eoslib as eos

Peer = Callable[[eos.Objective, torch.Tensor], tuple[float, int]]


def rebuilt(objective: eos.Objective, w: torch.Tensor) -> tuple[float, int]:
    """scipy's eigsh from a random start, the graph built again for every product, as the paper's code does."""
    return _eigsh(lambda v: objective.at(w).hvp(torch.from_numpy(v).to(w)).cpu().numpy(), w, tol=0.0)


def curvlinops_eigsh(objective: eos.Objective, w: torch.Tensor) -> tuple[float, int]:
    """scipy's eigsh on curvlinops' HessianLinearOperator."""
    network, outputs = _at(objective, w), objective.dataset.y.shape[1]
    operator = curvlinops.HessianLinearOperator(
        network, nn.MSELoss(), list(network.parameters()), [_data(objective, w)], check_deterministic=False
    ).to_scipy()
    value, count = _eigsh(operator.matvec, w, tol=1e-3)
    return value * outputs / 2, count  # torch's loss also divides by the outputs, and has no ½


def pyhessian_power(objective: eos.Objective, w: torch.Tensor) -> tuple[float, int]:
    """PyHessian's power iteration, with its default tolerance."""
    count, module = 0, sys.modules["pyhessian.hessian"]  # the package's attribute of that name is the class
    product = module.hessian_vector_product

    def counted(*arguments: object) -> object:
        nonlocal count
        count += 1
        return product(*arguments)

    network = _at(objective, w)
    network.zero_grad()  # it reads .grad, and adds to what an earlier object left there
    module.hessian_vector_product = counted
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of backward(create_graph=True), which PyHessian calls
            computer = pyhessian.hessian(network, _half_square, data=_data(objective, w), cuda=w.is_cuda)
            values, _ = computer.eigenvalues()
    finally:
        module.hessian_vector_product = product
        network.zero_grad()
    return float(values[0]), count


PEERS: dict[str, Peer] = {"eigsh": rebuilt, "curvlinops": curvlinops_eigsh, "PyHessian": pyhessian_power}


def _at(objective: eos.Objective, w: torch.Tensor) -> nn.Module:
    """The objective's own network, standing at w."""
    vector_to_parameters(w, objective.network.parameters())
    return objective.network


def _data(objective: eos.Objective, w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return objective.dataset.x.to(w), objective.dataset.y.to(w)


def _half_square(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return 0.5 * (outputs - y).square().sum() / len(y)


def _eigsh(product: Callable[[np.ndarray], np.ndarray], w: torch.Tensor, tol: float) -> tuple[float, int]:
    count = 0

    def counted(v: np.ndarray) -> np.ndarray:
        nonlocal count
        count += 1
        return product(v.ravel())

    dtype = torch.empty(0, dtype=w.dtype).numpy().dtype
    operator = LinearOperator((len(w), len(w)), matvec=counted, dtype=dtype)
    start = np.random.default_rng(0).standard_normal(len(w)).astype(dtype)
    return float(eigsh(operator, k=1, which="LA", return_eigenvectors=False, v0=start, tol=tol)[0]), count

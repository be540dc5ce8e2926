"""The same point, other libraries: curvlinops and PyHessian, and the ways the benchmark calls them."""

import curvlinops
import pytest
import torch
from peers import PEERS
from torch import nn
from torch.nn.utils import vector_to_parameters

import eoslib as eos


@pytest.fixture(scope="module")
def objective():
    return eos.Objective(eos.mlp(64, 8, 10, seed=1), eos.digits(60))


@pytest.fixture(scope="module")
def w(objective):
    """A point after some training, where the largest eigenvalue is also the largest in size."""
    w = objective.w0
    for _ in range(100):
        w = w - 0.2 * objective.gradient(w)
    return w


def matrix(kind, objective, w, loss, targets):
    vector_to_parameters(w, objective.network.parameters())
    data = [(objective.dataset.x, targets)]
    return kind(objective.network, loss, list(objective.network.parameters()), data, check_deterministic=False)


@pytest.mark.parametrize("loss", ["mse", "cross-entropy"])
@pytest.mark.parametrize(
    ("kind", "ours"),
    [(curvlinops.HessianLinearOperator, lambda o: o), (curvlinops.GGNLinearOperator, eos.GaussNewton)],
)
def test_products_agree_with_curvlinops(loss, kind, ours, w):
    objective = eos.Objective(eos.mlp(64, 8, 10, seed=1), eos.digits(60), loss=loss)
    if loss == "mse":  # torch's own divides by the 10 outputs and has no ½
        theirs, scale = matrix(kind, objective, w, nn.MSELoss(), objective.dataset.y), 5
    else:
        theirs, scale = matrix(kind, objective, w, nn.CrossEntropyLoss(), objective.dataset.y.argmax(1)), 1
    v = torch.randn(3, len(w), dtype=w.dtype, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(ours(objective).at(w).hvp(v), scale * (theirs @ v.T).T, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("name", "tol"), [("eigsh", 1e-9), ("curvlinops", 1e-5), ("PyHessian", 2e-2)])
def test_the_sharpness_agrees_with_every_peer_of_the_benchmark(objective, w, name, tol):
    exact = torch.linalg.eigvalsh(eos.dense_hessian(objective, w))[-1].item()
    assert eos.top_eigenpairs(objective, w, tol=1e-8).values.item() == pytest.approx(exact, rel=1e-10)
    value, products = PEERS[name](objective, w)
    assert value == pytest.approx(exact, rel=tol)
    assert products > 3


def test_the_workloads_have_the_sizes_they_are_known_by():
    from workloads import objective as build

    sizes = {name: len(build(name, torch.float32, 0).w0) for name in "ABCD"}
    assert sizes == {"A": 301, "B": 656_810, "C": 30_634, "D": 17_610}

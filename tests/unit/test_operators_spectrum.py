"""Chunks against the full batch, other operators against brute force, the spectrum against its closed form."""

import math

import pytest
import torch

import eoslib as eos
from eoslib.landscape import Landscape


@pytest.fixture(scope="module")
def objective():
    return eos.Objective(eos.mlp(64, 6, 10, seed=1), eos.digits(64), loss="cross-entropy")


@pytest.mark.parametrize("chunk", [1, 60, 63, 64, 1000])
@pytest.mark.parametrize("loss", ["mse", "cross-entropy"])
def test_uneven_chunks_are_the_full_batch(loss, chunk):
    """60 + 4: a mean of the two chunks' means would be wrong by a lot."""
    net, data = eos.mlp(64, 6, 10, seed=1), eos.digits(64)
    whole, parts = eos.Objective(net, data, loss=loss), eos.Objective(net, data, loss=loss, chunk=chunk)
    a, b = whole.at(whole.w0), parts.at(whole.w0)
    v = torch.randn(2, len(whole.w0), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert b.loss == pytest.approx(a.loss, rel=1e-14) == parts.loss(whole.w0)
    for left, right in (
        (a.gradient, b.gradient),
        (a.gradient, parts.gradient(whole.w0)),
        (a.hvp(v[0]), b.hvp(v[0])),
        (a.hvp(v), b.hvp(v)),
    ):
        assert torch.allclose(left, right, rtol=1e-12, atol=1e-14)
    assert str(whole) == str(parts)


def batchnorm():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(64, 5), torch.nn.BatchNorm1d(5), torch.nn.Linear(5, 10)).double()


def test_batchnorm_refuses_a_silent_change_of_the_loss():
    net, data = batchnorm(), eos.digits(64)
    with pytest.raises(ValueError, match="ghost_batch=32 if that loss is meant"):
        eos.Objective(net, data, chunk=32)
    whole, ghosts = eos.Objective(net, data), eos.Objective(net, data, ghost_batch=32)
    assert abs(whole.loss(whole.w0) - ghosts.loss(whole.w0)) > 1e-4
    assert str(ghosts).endswith("BatchNorm over batches of 32")
    assert str(eos.Objective(net, data, ghost_batch=100)) == str(whole)  # there is no batch of 100 in 64 examples
    halves = [eos.Objective(net, eos.Dataset(data.x[i : i + 32], data.y[i : i + 32], "half")) for i in (0, 32)]
    assert ghosts.loss(whole.w0) == pytest.approx(sum(half.loss(whole.w0) for half in halves) / 2, rel=1e-13)
    net.eval()  # fixed statistics: chunks are harmless
    assert eos.Objective(net, data, chunk=32).loss(whole.w0) == pytest.approx(eos.Objective(net, data).loss(whole.w0))


def test_measuring_leaves_batchnorms_running_statistics_alone():
    net = batchnorm()
    before = {name: b.clone() for name, b in net.named_buffers()}
    whole = eos.Objective(net, eos.digits(64))
    whole.at(whole.w0)
    assert all(torch.equal(before[name], b) for name, b in net.named_buffers())


@pytest.mark.parametrize("loss", ["mse", "cross-entropy"])
def test_gauss_newton_against_jacobians(loss):
    objective = eos.Objective(eos.mlp(64, 3, 10, seed=1), eos.digits(12), loss=loss)
    w, n = objective.w0, 12
    outputs = objective.outputs(w).detach()
    jacobian = torch.autograd.functional.jacobian(objective.outputs, w).reshape(n * 10, -1)
    curvature = torch.autograd.functional.hessian(objective.loss_of, outputs).reshape(n * 10, n * 10)
    exact = jacobian.T @ curvature @ jacobian
    got = eos.dense_hessian(eos.GaussNewton(objective), w)
    assert torch.allclose(got, exact, atol=1e-12 * float(exact.abs().max()))
    assert float((got - eos.dense_hessian(objective, w)).norm() / exact.norm()) > 1e-2  # G is not H here


def test_preconditioned_curvature_against_its_definition_and_the_step_it_rules():
    a = torch.tensor([[4.0, 1.0, 0.0], [1.0, -3.0, 2.0], [0.0, 2.0, 9.0]], dtype=torch.float64)
    d = torch.tensor([0.5, 2.0, 3.0], dtype=torch.float64)
    bowl = eos.quadratic(a)
    exact = torch.linalg.eigvals(a / d[:, None]).real.sort(descending=True).values
    seen = eos.Preconditioned(bowl, d)
    assert torch.allclose(eos.top_eigenpairs(seen, bowl.w0, k=3).values, exact, rtol=1e-9)
    assert torch.allclose(eos.SharpnessTracker(k=2)(seen.at(bowl.w0)).values, exact[:2], rtol=1e-3)


def test_sharpness_at_the_saddle_of_a_deep_linear_net_is_the_algebraic_one():
    """ab with target 1.275 at a = b = 0: eigenvalues ±1.275, between which power iteration wanders."""
    net = eos.mlp(1, 1, 1, activation="relu", bias=False)
    net[1] = torch.nn.Identity()
    data = eos.Dataset(torch.ones(1, 1).double(), torch.full((1, 1), 1.275, dtype=torch.float64), "one point")
    saddle = eos.Objective(net, data)
    zero = torch.zeros_like(saddle.w0)
    assert torch.linalg.eigvalsh(eos.dense_hessian(saddle, zero)).tolist() == pytest.approx([-1.275, 1.275])
    assert eos.top_eigenpairs(saddle, zero).values.item() == pytest.approx(1.275, rel=1e-9)
    assert eos.SharpnessTracker()(saddle.at(zero)).values.item() == pytest.approx(1.275, rel=1e-3)


def test_trace_is_within_its_own_standard_error(objective):
    exact = float(eos.dense_hessian(objective, objective.w0).trace())
    few, many = (eos.hessian_trace(objective, objective.w0, probes=n) for n in (20, 2000))
    assert abs(few.value - exact) < 4 * few.standard_error and abs(many.value - exact) < 4 * many.standard_error
    assert many.standard_error < few.standard_error / 5  # 10 times smaller, give or take


def test_density_of_a_known_spectrum_and_its_standard_error(objective):
    values = torch.linalg.eigvalsh(eos.dense_hessian(objective, objective.w0))
    got = eos.spectral_density(objective, objective.w0, probes=24, steps=100, width=0.02)
    z = (got.grid[:, None] - values[None, :]) / got.width
    exact = torch.exp(-0.5 * z * z).mean(1) / (got.width * math.sqrt(2 * math.pi))
    assert torch.trapezoid(got.density, got.grid).item() == pytest.approx(1, abs=1e-3)
    off = (got.density - exact).abs()
    assert (off <= 4 * got.standard_error + 1e-3 * exact.max()).all()
    assert torch.trapezoid(off, got.grid).item() < 0.1
    assert got.hvps == 24 * 100


def test_the_trace_is_the_densitys_first_moment(objective):
    got = eos.spectral_density(objective, objective.w0, probes=16, points=4000, seed=3)
    trace = eos.hessian_trace(objective, objective.w0, probes=16, seed=3)  # the same seed draws the same probes
    moment = torch.trapezoid(got.density * got.grid, got.grid).item() * len(objective.w0)
    assert moment == pytest.approx(trace.value, rel=1e-4)  # the grid cuts the Gaussians at 4 σ, 6e-5 of their weight


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda o: eos.hessian_trace(o, o.w0, probes=1), "probes is 1"),
        (lambda o: eos.spectral_density(o, o.w0, probes=0), "probes is 0"),
        (lambda o: eos.spectral_density(o, o.w0, width=0.0), "width=0.0"),
        (lambda o: eos.spectral_density(o, o.w0, width=math.inf), "width=inf"),
        (lambda o: eos.spectral_density(o, o.w0, width=1e-4), "points is 400, too few .* at least 6,673"),
        (lambda o: eos.spectral_density(o, o.w0, steps=0), "steps=0"),
        (lambda o: eos.Preconditioned(o, torch.ones(3)), "diagonal has shape"),
        (lambda o: eos.Preconditioned(o, torch.zeros_like(o.w0)), "holds 0.0"),
        (lambda o: eos.Objective(o.network, o.dataset, chunk=0), "chunk is 0"),
        (lambda o: eos.Objective(o.network, o.dataset, ghost_batch=8), "use chunk=8"),
        (lambda o: eos.GaussNewton(eos.Objective(o.network, o.dataset, chunk=8)), "chunks of 8"),
        (lambda o: eos.GaussNewton(o).at(o.w0).hvp(torch.ones(3)), "shape"),
    ],
)
def test_bad_input_is_a_sentence(objective, make, says):
    with pytest.raises(ValueError, match=says):
        make(objective)


@pytest.mark.parametrize("measure", [eos.hessian_trace, eos.spectral_density])
def test_not_finite_is_an_error_and_not_a_number(measure):
    broken = Landscape(lambda w: (w.abs() ** 1.5).sum(), torch.zeros(3, dtype=torch.float64))
    with pytest.raises(FloatingPointError, match="nan or inf"):
        measure(broken, broken.w0)


def test_the_density_integrates_to_one_on_the_coarsest_grid_it_takes():
    bowl = eos.quadratic([0.0] * 9 + [10.0])
    for width, points in ((0.01, 73), (0.001, 673)):
        found = eos.spectral_density(bowl, bowl.w0, probes=4, width=width, points=points)
        assert torch.trapezoid(found.density, found.grid).item() == pytest.approx(1, abs=1e-3)
        with pytest.raises(ValueError, match=f"use at least {points}"):
            eos.spectral_density(bowl, bowl.w0, probes=4, width=width, points=points - 1)


def test_eigenvalues_that_differ_by_rounding_alone_are_one_bump():
    """3.1 I in a basis of random directions: the nodes of two probes differ in their last bit."""
    q = torch.linalg.qr(torch.randn(7, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64))[0]
    a = 3.1 * q @ q.T
    ball = eos.quadratic((a + a.T) / 2)
    found = eos.spectral_density(ball, ball.w0, probes=4)
    assert found.width == pytest.approx(0.031) and found.density.max().item() == pytest.approx(12.87, rel=1e-2)
    assert torch.trapezoid(found.density, found.grid).item() == pytest.approx(1, abs=1e-3)

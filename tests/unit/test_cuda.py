"""The same numbers on a GPU. Skipped where there is none; in float64, so that little rounding stands between."""

import numpy as np
import pytest
import torch

import eoslib as eos

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


@pytest.fixture
def pair():
    """One objective on the CPU and on the GPU, the same network and data."""
    return [eos.Objective(eos.mlp(64, 12, 10, seed=1).to(d), eos.digits(100)) for d in ("cpu", "cuda")]


@pytest.fixture
def edge():
    """A start at the edge of 1-30-20-1 with η = 0.4, on the CPU and on the GPU."""
    both = [eos.Objective(eos.mlp(1, 30, 20, 1, seed=1).to(d), eos.chebyshev(5)) for d in ("cpu", "cuda")]
    w = eos.descend(both[0], eos.GradientDescent(lr=0.4), steps=500, every=0, progress=False).w
    return both, w


@pytest.mark.parametrize("end", ["top", "bottom"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_top_eigenpairs_against_the_dense_hessian(dtype, end):
    objective = eos.Objective(eos.mlp(64, 12, 10, seed=1, dtype=dtype).cuda(), eos.digits(100))
    h = eos.dense_hessian(objective, objective.w0)
    exact = torch.linalg.eigvalsh(h.double().cpu())
    exact = exact.flip(0)[:3] if end == "top" else exact[:3]
    tol = 1e-9 if dtype == torch.float64 else 1e-4
    pairs = eos.top_eigenpairs(objective, objective.w0, k=3, tol=tol, end=end)
    assert pairs.converged and pairs.values.is_cuda and pairs.vectors.is_cuda
    assert torch.allclose(pairs.values.double().cpu(), exact, atol=10 * tol * float(abs(exact).max()))
    assert torch.allclose(h @ pairs.vectors, pairs.vectors * pairs.values, atol=10 * tol * float(abs(exact).max()))


@pytest.mark.parametrize("k", [1, 3])
def test_the_tracker_is_right_at_every_step(edge, k):
    (_, objective), w = edge
    w, tracker, worst = w.cuda(), eos.SharpnessTracker(k=k), 0.0
    for _ in range(100):
        point = objective.at(w)
        values = torch.linalg.eigvalsh(eos.dense_hessian(objective, w)).flip(0)[:k]
        worst = max(worst, float((tracker(point).values - values).abs().max() / values[0]))
        w = w - 0.4 * point.gradient
    assert worst < 2e-3


def test_trace_density_and_operators(pair):
    """The probes are drawn on the CPU, so both devices get the same."""
    here, there = pair
    g, v = there.at(there.w0).gradient, torch.randn(len(here.w0), dtype=torch.float64)
    assert eos.hessian_trace(there, there.w0).value == pytest.approx(eos.hessian_trace(here, here.w0).value, rel=1e-9)
    densities = [eos.spectral_density(o, o.w0, probes=3, steps=30) for o in pair]
    assert torch.allclose(densities[1].density.cpu(), densities[0].density, rtol=1e-6, atol=1e-9)
    products = [eos.GaussNewton(o).at(o.w0).hvp(v.to(o.w0)).cpu() for o in pair]
    assert torch.allclose(*products, rtol=1e-9, atol=1e-12)
    scaled = [eos.Preconditioned(o, (g.abs() + 1e-3).to(o.w0)) for o in pair]
    tops = [eos.top_eigenpairs(a, o.w0, tol=1e-8).values.item() for a, o in zip(scaled, pair, strict=True)]
    assert tops[1] == pytest.approx(tops[0], rel=1e-7)
    u = eos.top_eigenpairs(there, there.w0, tol=1e-8).vectors[:, 0]
    slopes = [eos.sharpness_gradient(o, o.w0, u.to(o.w0)).cpu() for o in pair]
    assert torch.allclose(*slopes, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("chunk", [1, 33, 99])
def test_uneven_chunks_are_the_full_batch(pair, chunk):
    _, whole = pair
    parts = eos.Objective(whole.network, whole.dataset, chunk=chunk)
    a, b = whole.at(whole.w0), parts.at(whole.w0)
    v = torch.randn_like(whole.w0)
    assert b.loss == pytest.approx(a.loss, rel=1e-13)
    assert torch.allclose(a.gradient, b.gradient, rtol=1e-11, atol=1e-13)
    assert torch.allclose(a.hvp(v), b.hvp(v), rtol=1e-11, atol=1e-12)


RULES = {
    "gradient descent": eos.GradientDescent(lr=0.1),
    "momentum": eos.Polyak(lr=0.05, beta=0.9),
    "SGD": eos.SGD(lr=0.1, batch=10),
    "SAM": eos.SAM(lr=0.1, rho=0.05),
    "RMSProp": eos.RMSProp(lr=1e-4),
    "Adam": eos.Adam(lr=1e-4),
    "a schedule that asks for the sharpness": eos.GradientDescent(lr=eos.InverseSharpness(scale=1.0)),
}


@pytest.mark.parametrize("name", RULES)
def test_a_descent_is_the_same_run(pair, name):
    measures = {"accuracy": lambda now: now.loss}
    runs = [eos.descend(o, RULES[name], steps=30, k=2, measures=measures, progress=False) for o in pair]
    np.testing.assert_allclose(runs[1].loss, runs[0].loss, rtol=1e-9)
    np.testing.assert_allclose(runs[1].eigenvalues, runs[0].eigenvalues, rtol=5e-3)  # the tracker's tolerance
    np.testing.assert_allclose(runs[1].w.cpu(), runs[0].w, rtol=1e-7, atol=1e-9)
    assert torch.cuda.get_device_name() in runs[1].provenance["hardware"]


@pytest.mark.parametrize("rule", [eos.GradientDescent, eos.Polyak, eos.Adam, eos.SGD])
def test_a_sweep_is_its_separate_runs(pair, rule):
    _, there = pair
    rules = [rule(lr=lr) for lr in ((1e-4, 2e-4, 3e-4) if rule is eos.Adam else (0.02, 0.05, 0.1))]
    together = eos.sweep(there, rules, steps=30, progress=False)
    for run, one in zip(together, rules, strict=True):
        alone = eos.descend(there, one, steps=30, progress=False)
        assert "batched" in run.provenance["sweep"]
        np.testing.assert_allclose(run.loss, alone.loss, rtol=1e-9)
        np.testing.assert_allclose(run.sharpness, alone.sharpness, rtol=5e-3)


def test_an_interrupted_run_goes_on_from_its_checkpoint(pair, tmp_path):
    _, there = pair
    path, rule = tmp_path / "run.pt", eos.Polyak(lr=0.05, beta=0.9)
    whole = eos.descend(there, rule, steps=40, progress=False)

    class Stop(Exception):
        pass

    def measure(now):
        if now.step == 25 and not path.with_suffix(".went").exists():
            path.with_suffix(".went").touch()
            raise Stop
        return now.loss

    options = {"steps": 40, "measures": {"own": measure}, "progress": False, "checkpoint": path}
    with pytest.raises(Stop):
        eos.descend(there, rule, **options)
    assert path.exists()
    again = eos.descend(there, rule, **options)
    np.testing.assert_allclose(again.loss, whole.loss, rtol=1e-9)


def test_gradient_flow_and_batch_sharpness(pair):
    flows = [eos.flow(o, np.linspace(0, 2, 5), progress=False) for o in pair]
    np.testing.assert_allclose(flows[1].loss, flows[0].loss, rtol=1e-5)
    np.testing.assert_allclose(flows[1].sharpness, flows[0].sharpness, rtol=5e-3)
    runs = [
        eos.descend(o, eos.SGD(lr=0.1, batch=10), steps=2, progress=False,
                    measures={"batch": eos.batch_sharpness(o, batch=10, batches=5)})
        for o in pair
    ]  # fmt: skip
    np.testing.assert_allclose(runs[1].measures["batch"], runs[0].measures["batch"], rtol=1e-6)


@pytest.mark.parametrize("network", [eos.vgg11, lambda: eos.vgg11(batchnorm=True), eos.resnet32])
def test_the_papers_networks_train_a_step(network):
    x = torch.randn(20, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    y = torch.nn.functional.one_hot(torch.arange(20) % 10, 10).float()
    objective = eos.Objective(network().cuda(), eos.Dataset(x, y, "noise"))
    run = eos.descend(objective, eos.GradientDescent(lr=1e-3), steps=2, progress=False)
    assert np.isfinite(run.loss).all() and np.isfinite(run.sharpness).all()


@pytest.mark.parametrize("products", ["bfloat16", "difference"])
def test_approximate_products_find_what_exact_ones_do(products):
    network, data = eos.mlp(64, 30, 20, 10, seed=0, dtype=torch.float32).cuda(), eos.digits(500)
    plain, cheap = eos.Objective(network, data), eos.Objective(network, data, products=products)
    runs = [eos.descend(o, eos.GradientDescent(0.55), steps=60, tol=3e-3, progress=False) for o in (plain, cheap)]
    assert torch.equal(runs[0].w, runs[1].w)
    assert not (runs[0].sharpness == runs[1].sharpness)[1:].any()  # the first audit is exact
    assert abs(runs[1].sharpness / runs[0].sharpness - 1).max() < 6e-3

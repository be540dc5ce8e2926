"""Measures along a run: closed forms on quadratics, then the definition spelled out on a network."""

import itertools
import math

import numpy as np
import pytest
import torch

import eoslib as eos
from eoslib import measures


@pytest.fixture(scope="module")
def objective():
    return eos.Objective(eos.mlp(64, 5, 10, seed=0), eos.digits(30), loss="cross-entropy")


def visit(landscape, w, lr=0.1):
    return eos.Visit(0, 0.0, w, landscape.loss(w), landscape.gradient(w), lr)


def test_test_loss_and_accuracy_of_the_same_network_on_other_data(objective):
    data = eos.digits(60)
    test = eos.Objective(objective.network, eos.Dataset(data.x[30:], data.y[30:], "held out"), loss="cross-entropy")
    run = eos.descend(objective, eos.GradientDescent(0.5), steps=40, every=0, progress=False, measures={
        "test loss": lambda now: test.loss(now.w), "test accuracy": lambda now: test.accuracy(now.w),
    })  # fmt: skip
    assert run.measures["test loss"][-1] == test.loss(run.w) < run.measures["test loss"][0]
    assert run.measures["test accuracy"][-1] == test.accuracy(run.w) > 0.3


def test_each_eigenvector_of_a_quadratic_follows_its_closed_form():
    bowl = eos.quadratic([1.0, 15.0], w0=[2.0, 3.0])
    pairs = eos.top_eigenpairs(bowl, bowl.w0, k=2)
    along = {"q": lambda now: pairs.vectors.T @ now.w}
    run = eos.descend(bowl, eos.GradientDescent(0.1), steps=10, progress=False, measures=along)
    assert run.measures["q"].shape == (11, 2)
    for column, a, x0 in ((0, 15.0, 3.0), (1, 1.0, 2.0)):
        np.testing.assert_allclose(np.abs(run.measures["q"][:, column]),
                                   np.abs(eos.theory.quadratic_path(0.1, a, x0, 10)), rtol=1e-9)  # fmt: skip


def test_a_sketch_is_linear_seeded_and_keeps_lengths():
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(200, 3000, generator=generator, dtype=torch.float64)
    sketch = measures.sketch(3000, dims=500)
    short = torch.stack([sketch(eos.Visit(0, 0.0, v, 0.0, v)) for v in vectors])
    assert short.shape == (200, 500)
    ratio = (short.norm(dim=1) / vectors.norm(dim=1)) ** 2
    assert ratio.mean().item() == pytest.approx(1, abs=4 * math.sqrt(2 / 500 / 200))
    assert ratio.std().item() == pytest.approx(math.sqrt(2 / 500), rel=0.25)
    both = sketch(eos.Visit(0, 0.0, 2 * vectors[0] - vectors[1], 0.0, vectors[0]))
    assert torch.allclose(both, 2 * short[0] - short[1])
    again = measures.sketch(3000, dims=500)(eos.Visit(0, 0.0, vectors[0], 0.0, vectors[0]))
    other = measures.sketch(3000, dims=500, seed=8)(eos.Visit(0, 0.0, vectors[0], 0.0, vectors[0]))
    assert torch.equal(again, short[0]) and not torch.allclose(other, short[0])


def test_effective_smoothness_of_a_quadratic_is_that_of_its_gradient_direction():
    """‖A γg‖/(γ‖g‖) = ‖A g‖/‖g‖ for every γ: the curvature along an eigenvector, and never above the sharpness."""
    bowl = eos.quadratic([2.0, 10.0])
    measure = measures.effective_smoothness(bowl)
    for w, expected in (([3.0, 0.0], 2.0), ([0.0, 1.0], 10.0), ([5.0, 1.0], math.sqrt((2**2 + 10**2) / 2))):
        assert measure(visit(bowl, torch.tensor(w, dtype=torch.float64))) == pytest.approx(expected)
    assert math.isnan(measure(visit(bowl, torch.zeros(2, dtype=torch.float64))))
    assert math.isnan(measure(visit(bowl, bowl.w0, lr=0.0)))


def test_effective_smoothness_of_a_network_is_its_definition(objective):
    w, lr = objective.w0, 0.7
    g = objective.gradient(w)
    by_hand = [
        float((g - objective.gradient(w - gamma * g)).norm() / (gamma * g.norm())) for gamma in lr * np.arange(1, 5) / 4
    ]
    got = measures.effective_smoothness(objective, points=4)(visit(objective, w, lr))
    assert got == pytest.approx(max(by_hand), rel=1e-9) and max(by_hand) > 1.001 * min(by_hand)


def test_the_quadratic_model_has_the_loss_gradient_and_hessian_of_its_point(objective):
    w = objective.w0 + 0.1
    model = eos.taylor(objective, w)
    h = eos.dense_hessian(objective, w)
    d = torch.randn(len(w), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    by_hand = objective.loss(w) + d @ objective.gradient(w) + 0.5 * d @ h @ d
    assert model.loss(w + d) == pytest.approx(by_hand.item(), rel=1e-12)
    assert torch.equal(model.w0, w) and model.loss(w) == objective.loss(w)
    point = model.at(w + d)
    torch.testing.assert_close(point.gradient, objective.gradient(w) + h @ d)
    torch.testing.assert_close(point.hvp(d), h @ d)
    torch.testing.assert_close(eos.dense_hessian(model, w + d), h, rtol=1e-9, atol=1e-12)


def test_the_quadratic_model_leaves_the_loss_at_third_order(objective):
    generator = torch.Generator().manual_seed(1)
    d = torch.randn(len(objective.w0), generator=generator, dtype=torch.float64)
    model = eos.taylor(objective, objective.w0)
    off = [abs(model.loss(model.w0 + e * d) - objective.loss(model.w0 + e * d)) for e in (1e-2, 5e-3)]
    assert off[0] / off[1] == pytest.approx(8, rel=0.1)


def test_a_chunked_objective_has_the_same_model(objective):
    parts = eos.Objective(objective.network, objective.dataset, loss="cross-entropy", chunk=7)
    w = objective.w0 + 0.1
    a, b = eos.taylor(objective, objective.w0), eos.taylor(parts, parts.w0)
    assert a.loss(w) == pytest.approx(b.loss(w), rel=1e-12)


def test_a_linear_function_is_its_own_model():
    plane = eos.Landscape(lambda w: 3 * w.sum(), torch.ones(2, dtype=torch.float64))
    model = eos.taylor(plane, plane.w0)
    assert model.loss(torch.zeros(2, dtype=torch.float64)) == 0


def line(x, y):
    """Linear regression without bias: H_B = X_BᵀX_B/b and g_B = X_Bᵀ(X_B w − y_B)/b are known."""
    return eos.Objective(eos.mlp(x.shape[1], 1, bias=False), eos.Dataset(x, y, "line"))


@pytest.fixture(scope="module")
def regression():
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(6, d, generator=generator, dtype=torch.float64) for d in (3, 1))
    return line(x, y)


def along(x, y, w):
    """gᵀHg/‖g‖² of linear regression on these examples, in closed form."""
    h, g = x.T @ x / len(x), x.T @ (x @ w - y[:, 0]) / len(x)
    return float(g @ h @ g / (g @ g))


def test_batch_sharpness_of_one_example_is_its_squared_length(regression):
    """g = r x and H = x xᵀ, so the curvature along g is ‖x‖², whatever the residual r."""
    x, y = regression.dataset.x, regression.dataset.y
    got = eos.batch_sharpness(line(3 * x / x.norm(dim=1, keepdim=True), y), batch=1, batches=4)
    assert got(visit(regression, regression.w0)) == pytest.approx(9, rel=1e-12)
    many = eos.batch_sharpness(regression, batch=1, batches=20_000)(visit(regression, regression.w0))
    lengths = x.square().sum(1)
    assert many == pytest.approx(float(lengths.mean()), abs=5 * float(lengths.std()) / math.sqrt(20_000))


@pytest.mark.parametrize("replacement", [False, True])
def test_batch_sharpness_is_the_mean_over_all_batches(regression, replacement):
    x, y, w = regression.dataset.x, regression.dataset.y, regression.w0
    all_pairs = itertools.product(range(6), repeat=2) if replacement else itertools.permutations(range(6), 2)
    every = np.array([along(x[list(pair)], y[list(pair)], w) for pair in all_pairs])
    got = eos.batch_sharpness(regression, batch=2, batches=20_000, replacement=replacement)
    assert got(visit(regression, w)) == pytest.approx(every.mean(), abs=5 * every.std() / math.sqrt(20_000))
    other = eos.batch_sharpness(regression, batch=2, batches=20_000, replacement=not replacement)
    assert abs(other(visit(regression, w)) - every.mean()) > 10 * every.std() / math.sqrt(20_000)


def test_batch_sharpness_of_the_full_batch_is_exact_and_repeats(regression, objective):
    x, y, w = regression.dataset.x, regression.dataset.y, regression.w0
    assert eos.batch_sharpness(regression, batch=6)(visit(regression, w)) == pytest.approx(along(x, y, w))
    point = objective.at(objective.w0)
    curvature = float(point.gradient @ point.hvp(point.gradient) / point.gradient.square().sum())
    whole = eos.batch_sharpness(objective, batch=30)
    assert whole(visit(objective, objective.w0)) == pytest.approx(curvature, rel=1e-9)
    few = eos.batch_sharpness(objective, batch=3, batches=5)
    now = visit(objective, objective.w0)
    assert few(now) == few(now) != eos.batch_sharpness(objective, batch=3, batches=5, seed=1)(now)


def test_batch_sharpness_of_a_network_is_its_definition(objective):
    generator = np.random.default_rng([0, 0])
    by_hand = []
    for _ in range(5):
        point = objective.batch(torch.from_numpy(generator.choice(30, 4, replace=False))).at(objective.w0)
        by_hand.append(float(point.gradient @ point.hvp(point.gradient) / point.gradient.square().sum()))
    got = eos.batch_sharpness(objective, batch=4, batches=5)(visit(objective, objective.w0))
    assert got == pytest.approx(np.mean(by_hand), rel=1e-9)


def test_batch_sharpness_leaves_out_what_has_no_gradient_and_refuses_what_it_cannot_take(regression):
    x = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
    half = line(x, torch.tensor([[1.0], [0.0]], dtype=torch.float64))  # at w = 1 the first example is fitted
    one = torch.ones(1, dtype=torch.float64)
    assert eos.batch_sharpness(half, batch=1)(visit(half, one)) == pytest.approx(4)
    assert math.isnan(eos.batch_sharpness(line(x, x), batch=2)(visit(half, one)))
    for wrong in ({"batch": 0}, {"batch": 7}, {"batch": 2, "batches": 0}):
        with pytest.raises(ValueError, match="use 1 ≤ batch ≤ 6"):
            eos.batch_sharpness(regression, **wrong)
    layers = [torch.nn.Linear(64, 5), torch.nn.BatchNorm1d(5), torch.nn.Linear(5, 10)]
    normed = eos.Objective(torch.nn.Sequential(*layers).double(), eos.digits(30))
    with pytest.raises(ValueError, match="one batch at a time"):
        eos.batch_sharpness(normed, batch=2)(visit(normed, normed.w0))


@pytest.mark.parametrize(("alpha", "beta"), [(0.2, 20.0), (3.0, 0.5)])
def test_the_smallest_cubic_valley_has_the_constants_it_was_made_from(alpha, beta):
    """L = ½(2/η + √β v) x² − (α/√β) v: S = 2/η + √β v on the floor x = 0."""
    lr, root = 0.1, math.sqrt(beta)
    valley = eos.Landscape(lambda w: 0.5 * (2 / lr + root * w[1]) * w[0] ** 2 - alpha / root * w[1],
                           torch.tensor([0.0, 0.3], dtype=torch.float64))  # fmt: skip
    found = measures.balance(valley, valley.w0)
    assert found.sharpness == pytest.approx(2 / lr + 0.3 * root)
    assert found.u.abs().tolist() == pytest.approx([1, 0], abs=1e-6)
    assert (found.alpha, found.beta, found.delta) == pytest.approx((alpha, beta, math.sqrt(2 * alpha / beta)))
    # and gradient descent on it is the map of self-stabilisation, step by step
    run = eos.descend(valley, eos.GradientDescent(lr), steps=100, every=0, progress=False,
                      w=torch.tensor([0.05, 0.0], dtype=torch.float64), measures={"w": lambda now: now.w})  # fmt: skip
    x, y = eos.theory.self_stabilisation(lr, alpha, beta, x0=0.05, steps=100)
    np.testing.assert_allclose(run.measures["w"], np.stack([x, y / root], axis=1), rtol=1e-8, atol=1e-10)


def test_balance_on_a_network_agrees_with_the_sharpness_a_small_step_later():
    """S along −∇L without its part along u rises at the rate α; along the slope itself it falls at the rate β."""
    network = eos.Objective(eos.mlp(1, 8, 6, 1, seed=0), eos.chebyshev(4))
    w = eos.descend(network, eos.GradientDescent(0.1), steps=300, every=0, progress=False).w
    found, g = measures.balance(network, w), network.gradient(w)

    def sharpness(at):
        return torch.linalg.eigvalsh(eos.dense_hessian(network, at))[-1].item()

    for direction, rate in ((-(g - (g @ found.u) * found.u), found.alpha), (-found.slope, -found.beta)):
        h = 1e-4 / direction.norm()
        assert ((sharpness(w + h * direction) - sharpness(w - h * direction)) / (2 * h)).item() == pytest.approx(
            rate, rel=1e-4
        )
    assert found.u @ found.slope == pytest.approx(0, abs=1e-9)


def test_there_is_no_balance_where_two_eigenvalues_meet_and_no_delta_where_the_sharpness_falls():
    with pytest.raises(ValueError, match="no gradient"):
        measures.balance(eos.quadratic([3.0, 3.0, 1.0]), torch.ones(3, dtype=torch.float64))
    downhill = eos.Landscape(lambda w: 0.5 * (9 + w[1]) * w[0] ** 2 + w[1], torch.zeros(2, dtype=torch.float64))
    found = measures.balance(downhill, downhill.w0)
    assert found.alpha == pytest.approx(-1)
    assert math.isnan(found.delta)

"""Approximate products find the eigenvectors; exact ones weigh them, and take over where too much is off."""

import math

import pytest
import torch

import eoslib as eos

HALF = {"products": "bfloat16"}


def pair(products="bfloat16", **options):
    """The same network in float32, with exact and with approximate products."""
    network, data = eos.mlp(64, 30, 20, 10, seed=0, dtype=torch.float32), eos.digits(500)
    return eos.Objective(network, data, **options), eos.Objective(network, data, **options, products=products)


class Matrix:
    """A symmetric matrix, and the same with products that are off by the factor 1 + `wrong` and by bfloat16."""

    def __init__(self, values, wrong=0.0, seed=0):
        generator, p = torch.Generator().manual_seed(seed), len(values)
        q, _ = torch.linalg.qr(torch.randn(p, p, generator=generator, dtype=torch.float64))
        self.w, self.exact = torch.zeros(p), 0
        self.a = (q @ torch.diag(torch.tensor(values, dtype=torch.float64)) @ q.T).float()
        self.approximate = Rounded(self.a * (1 + wrong))

    def hvp(self, v):
        self.exact += 1
        return self.a @ v


class Rounded:
    def __init__(self, a):
        self.a, self.count = a.bfloat16(), 0

    def hvp(self, v):
        self.count += 1
        return (self.a @ v.bfloat16()).float()


@pytest.mark.parametrize("loss", ["mse", "cross-entropy"])
@pytest.mark.parametrize("chunk", [None, 150])
@pytest.mark.parametrize(("products", "least", "most"), [("bfloat16", 1e-4, 2e-2), ("difference", 1e-6, 5e-3)])
def test_loss_gradient_and_exact_products_are_untouched(products, least, most, chunk, loss):
    plain, cheap = pair(products, loss=loss, chunk=chunk)
    v = torch.randn(len(plain.w0), generator=torch.Generator().manual_seed(1))
    a, b = plain.at(plain.w0), cheap.at(cheap.w0)
    assert a.loss == b.loss and torch.equal(a.gradient, b.gradient)
    assert torch.equal(a.hvp(v), b.hvp(v))
    assert a.approximate is None
    off = float((b.approximate.hvp(v) - b.hvp(v)).norm() / b.hvp(v).norm())
    assert least < off < most  # bfloat16 carries 8 bits


@pytest.mark.parametrize("products", ["bfloat16", "difference"])
def test_a_run_is_the_same_run_and_its_sharpness_within_the_tolerance(products):
    plain, cheap = pair(products)
    gd = eos.GradientDescent(0.55)
    runs = [eos.descend(o, gd, steps=100, tol=3e-3, progress=False) for o in (plain, cheap)]
    assert torch.equal(runs[0].w, runs[1].w) and (runs[0].loss == runs[1].loss).all()
    assert runs[0].sharpness[0] == runs[1].sharpness[0]  # the first audit is exact, and then weighs the others
    assert not (runs[0].sharpness == runs[1].sharpness)[1:].any()
    assert runs[1].crossing() is not None
    ratio = runs[1].sharpness / runs[0].sharpness
    assert abs(ratio - 1).max() < 6e-3  # each is within 3e-3 of the true one
    assert f"{products} products" in runs[1].provenance["objective"]


def test_a_difference_goes_a_tenth_of_the_root_of_the_rounding_unit_of_w():
    """L = Σ exp(c (wᵢ − aᵢ)) at a: a difference over ε gives c (exp(cε) − 1) / ε, 4e-5 more than the Hessian's c²."""
    c, a = 1e4, torch.tensor([3.0, 4.0]).double()
    steep = eos.Landscape(lambda w: torch.exp(c * (w - a)).sum(), a, products="difference").at(a)
    step = 0.1 * torch.finfo(torch.float64).eps ** 0.5 * 5.0  # ‖w‖ = 5
    axis = torch.tensor([0.0, 1.0]).double()
    expected = c * math.expm1(c * step) / step
    assert expected / c**2 - 1 > 3e-5
    for size in (1e-6, 1.0, 1e6):  # the step does not depend on the length of v
        assert steep.approximate.hvp(size * axis).tolist() == pytest.approx([0.0, size * expected], rel=1e-6)
    assert steep.approximate.hvp(torch.zeros(2).double()).tolist() == [0.0, 0.0]
    both = steep.approximate.hvp(torch.eye(2).double())
    assert torch.allclose(both, expected * torch.eye(2).double(), rtol=1e-6)


def test_differences_build_no_graph_of_the_gradient_between_audits(monkeypatch):
    """A product is one gradient. Only an audit, every tenth point, needs a second derivative."""
    kept, real = [], torch.autograd.grad

    def grad(*inputs, **options):
        kept.append(bool(options.get("create_graph")))
        return real(*inputs, **options)

    _, cheap = pair("difference")
    losses, piece = [], cheap.pieces[0]
    cheap.pieces = [lambda w: losses.append(w) or piece(w)]
    track, w = eos.SharpnessTracker(tol=3e-3), cheap.w0
    monkeypatch.setattr(torch.autograd, "grad", grad)
    for t in range(11):
        kept.clear(), losses.clear()
        point = cheap.at(w)
        pairs = track(point)
        assert sum(kept) == (t % 10 == 0)
        assert len(kept) == 1 + pairs.hvps + sum(kept)  # the gradient, the products, and the audit's graph
        assert t == 0 or len(losses) <= 1 + pairs.hvps  # a backward pass alone is an exact product
        w = w - 0.005 * point.gradient  # no value moves by 3 %


class Smooth(torch.nn.Module):
    def forward(self, x):
        return torch.nn.functional.softplus(x) + torch.nn.functional.elu(x) + torch.nn.functional.gelu(x)


class Cut(torch.nn.Module):
    def forward(self, x):
        return x * torch.clamp(x, -1, 1)


@pytest.mark.parametrize(("activation", "named"), [
    (torch.nn.ReLU, "Relu"), (torch.nn.LeakyReLU, "LeakyRelu"), (torch.nn.SELU, "Elu"), (torch.nn.Hardtanh, "Hardtanh"),
    (lambda: torch.nn.MaxPool1d(2), "MaxPool"), (Cut, "Clamp"), (Smooth, None), (torch.nn.Tanh, None),
    (lambda: torch.nn.AvgPool1d(2), None),
])  # fmt: skip
@pytest.mark.parametrize("chunk", [None, 4])
def test_differences_are_refused_where_a_gradient_jumps(activation, named, chunk):
    """A difference across one kink was 7.6 times the sharpness, on a ReLU network of 2,780 parameters."""
    network = torch.nn.Sequential(torch.nn.Linear(2, 4), activation(), torch.nn.LazyLinear(1))
    data = eos.Dataset(torch.randn(10, 2, generator=torch.Generator().manual_seed(0)), torch.zeros(10, 1))
    network(data.x)
    objective = eos.Objective(network, data, products="difference", chunk=chunk)
    if named is None:
        assert objective.at(objective.w0).approximate is not None
        return
    with pytest.raises(ValueError, match=rf"needs a gradient without jumps, and {named}.* has them; use 'exact'"):
        objective.at(objective.w0)


def test_a_difference_from_the_origin_and_where_the_loss_is_not_finite():
    bowl = eos.Landscape(lambda w: (w**2 * torch.tensor([1.0, 2.0])).sum(), torch.zeros(2), products="difference")
    assert bowl.at(bowl.w0).approximate.hvp(torch.tensor([0.0, 1.0])).tolist() == pytest.approx([0.0, 4.0], rel=1e-5)
    cliff = eos.Landscape(lambda w: w.sqrt().sum(), torch.tensor([1.0, 0.0]), products="difference")
    with pytest.raises(FloatingPointError, match="not smooth"):
        eos.SharpnessTracker()(cliff.at(cliff.w0))


def test_most_products_are_approximate_and_every_audit_weighs_with_an_exact_one():
    values = [10.0, 8.0, 7.0] + [0.02 * i for i in range(60)]
    matrix, track = Matrix(values), eos.SharpnessTracker(k=2, tol=3e-3)
    first = track(matrix)
    assert matrix.approximate.count == 2 and first.hvps == matrix.exact + 2
    matrix.exact = 0
    for t in range(1, 21):
        pairs = track(matrix)
        assert pairs.converged and pairs.values.tolist() == pytest.approx([10.0, 8.0], rel=3e-3)
        off = abs(pairs.values - torch.tensor([10.0, 8.0]))
        assert (off <= 3 * pairs.errors).all()  # an estimate: rounding is not the same at every point
        # an audit does not know yet what is off, and allows for the most
        audited = pairs.errors.min() >= 0.5 * 3e-3 * 10
        assert audited == (t in (10, 20))
    assert matrix.exact == 2 * 2
    assert matrix.approximate.count > 10 * matrix.exact


def test_where_a_value_is_off_by_too_much_exact_products_take_over():
    """2 % too large, all of it in the products: a residual cannot see that."""
    good, bad = Matrix([10.0, 5.0, *[0.1] * 30]), Matrix([10.0, 5.0, *[0.1] * 30], wrong=0.02)
    track = eos.SharpnessTracker(tol=3e-3)
    seen = [track(bad) for _ in range(10)]
    assert all(p.converged and p.values.item() == pytest.approx(10.0, rel=1e-4) for p in seen)
    assert bad.approximate.count == 1  # the audit weighed it, and that was all
    assert sum(p.hvps for p in seen) == bad.exact + 1
    track(good)  # the eleventh point is an audit: they are weighed again, and serve
    assert good.approximate.count == 1
    good.exact = 0
    for _ in range(5):
        track(good)
    assert good.exact == 0 and good.approximate.count > 5
    pairs = [track(bad) for _ in range(5)][-1]  # points 16 to 20
    assert pairs.values.item() == pytest.approx(10.0, rel=1e-4)  # the audit at 20 found out, and solved it again


def test_where_a_value_moves_exact_products_weigh_it_at_once():
    """Between audits, too: products that were good and are 8 % off now."""
    good, bad = Matrix([10.0, 5.0, *[0.1] * 30]), Matrix([10.0, 5.0, *[0.1] * 30], wrong=0.08)
    track = eos.SharpnessTracker(tol=3e-3)
    for _ in range(3):
        track(good)
    for _ in range(3):
        assert track(bad).values.item() == pytest.approx(10.0, rel=1e-4)
    assert bad.exact > 0


def test_where_approximate_products_do_not_converge_exact_ones_take_over():
    class Noisy(Rounded):
        """A tenth of every product points anywhere: the value hardly moves, and no residual gets small."""

        def hvp(self, v):
            noise = torch.randn(v.shape, generator=torch.Generator().manual_seed(self.count))
            return super().hvp(v) + noise / noise.norm()

    good, noisy = (Matrix([10.0, 9.99, 9.98, 9.97, *[0.1] * 200]) for _ in range(2))
    noisy.approximate = Noisy(noisy.a)
    track = eos.SharpnessTracker(tol=3e-3, max_hvps=30)
    for _ in range(3):
        track(good)
    pairs = track(noisy)
    assert pairs.converged and pairs.values.item() == pytest.approx(10.0, rel=1e-3)
    assert noisy.approximate.count == 30 and pairs.hvps == 30 + noisy.exact
    track(noisy)
    assert noisy.approximate.count == 30


def test_noise_in_the_products_does_not_keep_a_cluster_from_converging():
    """Where eigenvalues are closer than the residual, the residual must fall below tol, and bfloat16 alone is 2e-3."""
    values = [10.0, 9.99, 9.98, 9.97] + [0.05 * i for i in range(100)]
    matrix, track = Matrix(values), eos.SharpnessTracker(tol=1e-3)
    for _ in range(12):
        pairs = track(matrix)
        assert pairs.converged and pairs.hvps < 40
        assert pairs.values.item() == pytest.approx(10.0, rel=3e-3)


def test_a_hessian_of_zeros_and_nan_are_what_they_are_without():
    zero = eos.Objective(torch.nn.Linear(2, 1), eos.Dataset(torch.zeros(3, 2), torch.zeros(3, 1)), **HALF)
    flat = torch.zeros_like(zero.w0)
    assert eos.SharpnessTracker(k=1)(zero.at(flat)).values.item() == pytest.approx(1.0, rel=1e-2)  # the bias alone
    still = Matrix([0.0] * 12)
    assert eos.SharpnessTracker()(still).values.item() == 0.0
    still.a[:] = torch.nan
    with pytest.raises(FloatingPointError, match="not smooth"):
        eos.SharpnessTracker()(still)


def test_a_preconditioned_matrix_has_approximate_products_too():
    _, half = pair()
    diagonal = torch.linspace(0.5, 2.0, len(half.w0))
    point = eos.Preconditioned(half, diagonal).at(half.w0)
    v = torch.ones_like(half.w0)
    scale = diagonal.rsqrt()
    assert torch.equal(point.approximate.hvp(v), scale * half.at(half.w0).approximate.hvp(scale * v))
    assert eos.Preconditioned(pair()[0], diagonal).at(half.w0).approximate is None


def test_a_tracker_goes_on_from_its_state_to_the_last_bit():
    bad = Matrix([10.0, 5.0, *[0.1] * 30], wrong=0.02)
    for point in (Matrix([10.0, 8.0, 7.0] + [0.02 * i for i in range(60)]), bad):
        first, second = eos.SharpnessTracker(tol=3e-3), eos.SharpnessTracker(tol=3e-3)
        for _ in range(3):
            first(point)
        second.load_state_dict(first.state_dict())
        for _ in range(12):
            a, b = first(point), second(point)
            assert torch.equal(a.values, b.values) and a.hvps == b.hvps


@pytest.mark.parametrize("products", ["bfloat16", "difference"])
def test_a_sweep_of_them_runs_one_after_another(products):
    _, cheap = pair(products)
    runs = eos.sweep(cheap, [eos.GradientDescent(0.1), eos.GradientDescent(0.2)], steps=2, progress=False)
    assert f"no {products} products" in runs[0].provenance["sweep"]


@pytest.mark.parametrize(("products", "parameters"), [("float16", torch.float32), ("bfloat16", torch.float64)])
def test_what_makes_no_sense_is_a_sentence(products, parameters):
    with pytest.raises(ValueError, match=rf"products is '{products}' .* use 'exact', 'difference', or 'bfloat16' with"):
        eos.Objective(eos.mlp(1, 3, 1, dtype=parameters), eos.chebyshev(3), products=products)

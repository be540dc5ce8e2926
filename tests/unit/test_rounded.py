"""Products in bfloat16 find the eigenvectors; exact ones weigh them, and take over where rounding changes too much."""

import pytest
import torch

import eoslib as eos

HALF = {"hvp_dtype": torch.bfloat16}


def pair(**options):
    """The same network in float32, without and with rounded products."""
    network, data = eos.mlp(64, 30, 20, 10, seed=0, dtype=torch.float32), eos.digits(500)
    return eos.Objective(network, data, **options), eos.Objective(network, data, **options, **HALF)


class Matrix:
    """A symmetric matrix, and the same with products that are off by the factor 1 + `wrong` and by bfloat16."""

    def __init__(self, values, wrong=0.0, seed=0):
        generator, p = torch.Generator().manual_seed(seed), len(values)
        q, _ = torch.linalg.qr(torch.randn(p, p, generator=generator, dtype=torch.float64))
        self.w, self.exact = torch.zeros(p), 0
        self.a = (q @ torch.diag(torch.tensor(values, dtype=torch.float64)) @ q.T).float()
        self.rounded = Rounded(self.a * (1 + wrong))

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
def test_loss_gradient_and_exact_products_are_untouched(loss, chunk):
    plain, half = pair(loss=loss, chunk=chunk)
    v = torch.randn(len(plain.w0), generator=torch.Generator().manual_seed(1))
    a, b = plain.at(plain.w0), half.at(half.w0)
    assert a.loss == b.loss and torch.equal(a.gradient, b.gradient)
    assert torch.equal(a.hvp(v), b.hvp(v))
    assert a.rounded is None
    off = float((b.rounded.hvp(v) - b.hvp(v)).norm() / b.hvp(v).norm())
    assert 1e-4 < off < 2e-2  # bfloat16 carries 8 bits


def test_a_run_is_the_same_run_and_its_sharpness_within_the_tolerance():
    plain, half = pair()
    gd = eos.GradientDescent(0.55)
    runs = [eos.descend(o, gd, steps=100, tol=3e-3, progress=False) for o in (plain, half)]
    assert torch.equal(runs[0].w, runs[1].w) and (runs[0].loss == runs[1].loss).all()
    assert not (runs[0].sharpness == runs[1].sharpness).any()
    assert runs[1].crossing() is not None
    ratio = runs[1].sharpness / runs[0].sharpness
    assert abs(ratio - 1).max() < 6e-3  # each is within 3e-3 of the true one
    assert "searched in bfloat16" in runs[1].provenance["objective"]


def test_most_products_are_rounded_and_every_audit_weighs_with_an_exact_one():
    values = [10.0, 8.0, 7.0] + [0.02 * i for i in range(60)]
    matrix, track = Matrix(values), eos.SharpnessTracker(k=2, tol=3e-3)
    for _ in range(21):  # points 0, 10 and 20 are audits
        pairs = track(matrix)
        assert pairs.converged and pairs.values.tolist() == pytest.approx([10.0, 8.0], rel=3e-3)
        off = abs(pairs.values - torch.tensor([10.0, 8.0]))
        assert (off <= 2 * pairs.errors).all()  # an estimate: rounding is not the same at every point
    assert matrix.exact == 3 * 2
    assert matrix.rounded.count > 5 * matrix.exact


def test_where_rounding_changes_a_value_too_much_exact_products_take_over():
    """2 % too large, all of it in the products: a residual cannot see that."""
    good, bad = Matrix([10.0, 5.0, *[0.1] * 30]), Matrix([10.0, 5.0, *[0.1] * 30], wrong=0.02)
    track = eos.SharpnessTracker(tol=3e-3)
    seen = [track(bad) for _ in range(10)]
    assert all(p.converged and p.values.item() == pytest.approx(10.0, rel=1e-4) for p in seen)
    assert sum(p.hvps for p in seen) == bad.exact + bad.rounded.count
    tried = bad.rounded.count  # at the first point alone
    assert tried < seen[0].hvps
    for _ in range(5):
        track(good)  # the eleventh point is an audit: rounded products are tried again, and serve
    assert bad.rounded.count == tried and good.exact == 1 and good.rounded.count > 5


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


def test_a_preconditioned_matrix_has_rounded_products_too():
    _, half = pair()
    diagonal = torch.linspace(0.5, 2.0, len(half.w0))
    point = eos.Preconditioned(half, diagonal).at(half.w0)
    v = torch.ones_like(half.w0)
    scale = diagonal.rsqrt()
    assert torch.equal(point.rounded.hvp(v), scale * half.at(half.w0).rounded.hvp(scale * v))
    assert eos.Preconditioned(pair()[0], diagonal).at(half.w0).rounded is None


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


def test_a_sweep_of_them_runs_one_after_another():
    _, half = pair()
    runs = eos.sweep(half, [eos.GradientDescent(0.1), eos.GradientDescent(0.2)], steps=2, progress=False)
    assert "no rounded products" in runs[0].provenance["sweep"]


@pytest.mark.parametrize(("dtype", "parameters"), [(torch.float16, torch.float32), (torch.bfloat16, torch.float64)])
def test_what_makes_no_sense_is_a_sentence(dtype, parameters):
    with pytest.raises(ValueError, match=r"give torch\.bfloat16 with a network in float32"):
        eos.Objective(eos.mlp(1, 3, 1, dtype=parameters), eos.chebyshev(3), hvp_dtype=dtype)

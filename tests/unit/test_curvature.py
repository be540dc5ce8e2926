"""Eigenvalues: known spectra, closed forms, the dense Hessian; and the tracker at every step of a real edge."""

import gc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import eoslib as eos
from eoslib.operators import Operator
from eoslib.tracker import _by_gap


def with_spectrum(values, seed=0):
    """A symmetric matrix with exactly these eigenvalues, in random directions, as a quadratic landscape."""
    p = len(values)
    generator = torch.Generator().manual_seed(seed)
    q, _ = torch.linalg.qr(torch.randn(p, p, generator=generator, dtype=torch.float64))
    a = q @ torch.diag(torch.tensor(values, dtype=torch.float64)) @ q.T
    return eos.quadratic((a + a.T) / 2)


SPECTRA = {
    "separated": [10.0, 5.0, 2.0] + [0.1 * i for i in range(40)],
    "degenerate": [3.0, 3.0, 3.0] + [1.0] * 30,
    "clustered to 1e-6": [1.0, 1.0 - 1e-6, 1.0 - 2e-6] + [0.5 - 0.01 * i for i in range(30)],
    "indefinite": [2.0, 1.5, 1.0] + [-50.0 - i for i in range(20)],
    "plus minus pairs": [1.275, -1.275, 0.9, -0.9, 0.5, -0.5, 0.1, -0.1],
    "rank one": [4.0] + [0.0] * 29,
    "zero": [0.0] * 12,
    "all negative": [-1.0, -2.0, -3.0, -4.0, -5.0],
    "p = 1": [-3.0],
    "p = 2": [1.0, 7.0],
}


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("name", SPECTRA)
def test_known_spectra_from_the_top(name, k):
    values = sorted(SPECTRA[name], reverse=True)
    k = min(k, len(values))
    landscape = with_spectrum(values)
    pairs = eos.top_eigenpairs(landscape, landscape.w0, k=k, tol=1e-8)
    scale = max(map(abs, values)) or 1.0
    assert pairs.converged
    assert pairs.values.tolist() == pytest.approx(values[:k], abs=1e-7 * scale)
    h = eos.dense_hessian(landscape, landscape.w0)
    residuals = (h @ pairs.vectors - pairs.vectors * pairs.values).norm(dim=0)
    assert torch.allclose(residuals, pairs.residuals, atol=1e-9 * scale)
    assert torch.allclose(pairs.vectors.T @ pairs.vectors, torch.eye(k, dtype=torch.float64), atol=1e-10)


@pytest.mark.parametrize("name", SPECTRA)
def test_known_spectra_from_the_bottom(name):
    values = sorted(SPECTRA[name])
    landscape = with_spectrum(values)
    pairs = eos.top_eigenpairs(landscape, landscape.w0, k=min(2, len(values)), tol=1e-8, end="bottom")
    assert pairs.values.tolist() == pytest.approx(values[:2], abs=1e-7 * (max(map(abs, values)) or 1.0))
    h = eos.dense_hessian(landscape, landscape.w0)
    assert torch.allclose(h @ pairs.vectors, pairs.vectors * pairs.values, atol=1e-6 * float(h.abs().max() + 1))


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.floats(-100, 100), min_size=1, max_size=40), seed=st.integers(0, 99))
def test_the_largest_algebraic_eigenvalue_of_any_spectrum(values, seed):
    landscape = with_spectrum(values, seed)
    # tol 1e-9 for an error of 1e-6: a start with a small share s of the top direction can stop short of it by tol / s
    got = eos.top_eigenpairs(landscape, landscape.w0, tol=1e-9).values.item()
    assert got == pytest.approx(max(values), abs=1e-6 * max(map(abs, values)) + 1e-12)


@pytest.mark.parametrize("loss", ["mse", "cross-entropy"])
def test_a_network_against_its_dense_hessian(loss):
    objective = eos.Objective(eos.mlp(64, 8, 10, seed=1), eos.digits(60), loss=loss)
    exact = torch.linalg.eigvalsh(eos.dense_hessian(objective, objective.w0)).flip(0)[:4]
    pairs = eos.top_eigenpairs(objective, objective.w0, k=4, tol=1e-9)
    assert torch.allclose(pairs.values, exact, rtol=1e-8)
    assert pairs.hvps < len(objective.w0) / 4


def test_float32_works_to_its_own_precision():
    net = eos.mlp(64, 8, 10, seed=1, dtype=torch.float32)
    objective = eos.Objective(net, eos.digits(60))
    exact = torch.linalg.eigvalsh(eos.dense_hessian(objective, objective.w0).double())[-1]
    assert eos.top_eigenpairs(objective, objective.w0, tol=1e-4).values.item() == pytest.approx(exact.item(), rel=1e-4)


@pytest.mark.parametrize(
    ("seed", "lr", "start", "stop", "crosses"),
    [(1, 0.4, 500, 600, True), (2, 0.4, 260, 340, False), (2, 0.3, 370, 430, False)],
)
def test_the_tracker_is_right_at_every_step(seed, lr, start, stop, crosses):
    """Every step is compared with the dense Hessian: where eigenvectors swap, and where a weaker audit goes wrong."""
    objective = eos.Objective(eos.mlp(1, 30, 20, 1, seed=seed), eos.chebyshev(5))
    tracker, w, hvps, worst, followed, top = eos.SharpnessTracker(), objective.w0, 0, 0.0, [], []
    for t in range(stop):
        point = objective.at(w)
        pairs = tracker(point)
        hvps += pairs.hvps
        if t >= start:
            values, vectors = torch.linalg.eigh(eos.dense_hessian(objective, w))
            worst = max(worst, abs(pairs.values.item() / values[-1].item() - 1))
            followed.append(abs(float(vectors[:, -1] @ top[-1])) if top else 1.0)
            top.append(vectors[:, -1])
        w = w - lr * point.gradient
    assert (min(followed) < 0.5) == crosses
    assert worst < 2e-3  # twice the tolerance asked for
    assert hvps / stop < 4


def test_at_a_lone_top_eigenvalue_most_steps_need_one_product():
    """1-100-1 at its edge, the guard far below: its old product serves, and every step is still right."""
    objective, tracker = eos.Objective(eos.mlp(1, 100, 1), eos.chebyshev(3)), eos.SharpnessTracker()
    w, products, worst = objective.w0, [], 0.0
    for t in range(740):
        point = objective.at(w)
        if t >= 640:
            pairs = tracker(point)
            products.append(pairs.hvps)
            exact = torch.linalg.eigvalsh(eos.dense_hessian(objective, w))[-1].item()
            worst = max(worst, abs(pairs.values.item() / exact - 1))
        w = w - 0.08 * point.gradient
    assert sum(n == 1 for n in products) > 60
    assert worst < 1e-3


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), k=st.integers(1, 10), speed=st.floats(0, 0.02))
def test_the_top_k_of_a_drifting_matrix(seed, k, speed):
    """A + t B, both random: at every t the tracker is within its tolerance of the exact eigenvalues, give or take."""
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.randn(2, 30, 30, generator=generator, dtype=torch.float64)
    tracker = eos.SharpnessTracker(k=k)
    for t in range(25):
        moved = a + a.T + speed * t * (b + b.T)
        place = eos.quadratic(moved)
        pairs = tracker(place.at(place.w0))
        exact = torch.linalg.eigvalsh(moved).flip(0)[:k]
        assert float((pairs.values - exact).abs().max()) < 0.01 * float(exact[0])


def test_a_small_residual_can_be_the_wrong_eigenvalue_and_the_audit_notices():
    """An eigenvalue the tracker has never seen rises from below to above the one it follows."""
    tracker = eos.SharpnessTracker(audit_every=5)
    seen = []
    for t in range(40):
        rising = eos.quadratic([5.0, 4.0, 0.2 * t] + [0.01 * i for i in range(20)])
        seen.append(tracker(rising.at(rising.w0)).values.item())
    exact = [max(5.0, 0.2 * t) for t in range(40)]
    assert max(abs(a - b) / b for a, b in zip(seen, exact, strict=True)) < 0.25
    assert seen[-5:] == pytest.approx(exact[-5:], rel=1e-2)


def test_the_basis_stays_orthonormal_over_many_products():
    """One pass of Gram–Schmidt loses orthogonality here, and copies of eigenvalues appear."""
    landscape = with_spectrum([2.0**-i for i in range(150)])
    pairs = eos.top_eigenpairs(landscape, landscape.w0, k=10, tol=1e-13)
    assert pairs.values.tolist() == pytest.approx([2.0**-i for i in range(10)], abs=1e-12)
    assert torch.allclose(pairs.vectors.T @ pairs.vectors, torch.eye(10, dtype=torch.float64), atol=1e-13)


def test_the_dense_hessian_is_exactly_symmetric():
    objective = eos.Objective(eos.mlp(4, 6, 3, seed=1), eos.Dataset(torch.randn(9, 4), torch.randn(9, 3), "noise"))
    h = eos.dense_hessian(objective, objective.w0)
    assert torch.equal(h, h.T)


def test_tracking_several_eigenvalues():
    objective = eos.Objective(eos.mlp(1, 10, 10, 1, seed=0), eos.chebyshev(4))
    tracker, w = eos.SharpnessTracker(k=3, tol=1e-5), objective.w0
    for _ in range(60):
        point = objective.at(w)
        pairs = tracker(point)
        w = w - 0.3 * point.gradient
    exact = torch.linalg.eigvalsh(eos.dense_hessian(objective, point.w.detach())).flip(0)[:3]
    assert torch.allclose(pairs.values, exact, rtol=1e-4)


@pytest.mark.parametrize("p", [1, 2, 5])
def test_tracking_every_eigenvalue_there_is(p):
    bowl = eos.quadratic([float(i + 1) for i in range(p)])
    pairs = eos.SharpnessTracker(k=p)(bowl.at(bowl.w0))
    assert pairs.converged and pairs.values.tolist() == pytest.approx(list(range(p, 0, -1)))
    assert pairs.errors.shape == pairs.residuals.shape == (p,) and pairs.errors.max() < 1e-12


def test_not_finite_is_an_error_and_not_a_number():
    broken = eos.Landscape(lambda w: (w.abs() ** 1.5).sum(), torch.zeros(3, dtype=torch.float64))
    with pytest.raises(FloatingPointError, match="nan or inf"):
        eos.top_eigenpairs(broken, broken.w0)


def test_too_few_products_is_an_error_that_says_what_to_raise():
    landscape = with_spectrum([1.0 - 0.001 * i for i in range(200)])
    with pytest.raises(RuntimeError, match="raise max_hvps"):
        eos.top_eigenpairs(landscape, landscape.w0, tol=1e-12, max_hvps=10)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda q: eos.top_eigenpairs(q, q.w0, k=0), "k = 0"),
        (lambda q: eos.top_eigenpairs(q, q.w0, k=4), "4 eigenvalues of a 3 × 3"),
        (lambda q: eos.top_eigenpairs(q, q.w0, end="low"), "end is 'low'"),
        (lambda q: eos.top_eigenpairs(q, q.w0, tol=-1e-6), "tol is -1e-06"),
        (lambda q: eos.top_eigenpairs(q, q.w0, tol=float("nan")), "tol is nan"),
        (lambda q: eos.top_eigenpairs(q, q.w0, tol=5.0), r"tol is 5.0; give a relative error in \(0, 1\)"),
        (lambda q: eos.SharpnessTracker(k=0), "k=0"),
        (lambda q: eos.SharpnessTracker(tol=0), "tol=0"),
        (lambda q: eos.SharpnessTracker(audit_every=0), "audit_every=0"),
        (lambda q: eos.SharpnessTracker(k=5)(q.at(q.w0)), "5 eigenvalues"),
        (lambda q: eos.SharpnessTracker()(q.w0), r"tracker\(objective.at\(w\)\)"),
        (lambda q: eos.dense_hessian(q, torch.zeros(10_001)), "top_eigenpairs"),
    ],
)
def test_bad_input_is_a_sentence(make, says):
    with pytest.raises(ValueError, match=says):
        make(eos.quadratic([1.0, 2.0, 3.0]))


def test_the_estimated_error_is_the_residual_or_its_square_over_the_gap():
    """By hand: a gap runs from one value to the next, less the residual of that next one."""
    values = np.array([10.0, 8.0, 7.0, 1.0])
    assert _by_gap(values, np.array([0.3, 0.5])).tolist() == pytest.approx([0.09 / 1.5])
    assert _by_gap(values, np.array([0.3, 1.9])).tolist() == [0.3]  # the neighbour may be as high
    assert _by_gap(values, np.array([1.6, 0.1, 0.0])).tolist() == pytest.approx([2.56 / 1.9, 0.01 / 0.4])  # from above
    assert _by_gap(np.array([5.0, 5.0, 1.0]), np.zeros(3)).tolist() == [0.0, 0.0]
    stack = _by_gap(np.stack([values, values]), np.array([[0.3, 0.5], [0.3, 1.9]]))
    assert stack.tolist() == [pytest.approx([0.06]), [0.3]]


@pytest.mark.parametrize("seed", range(8))
def test_a_third_eigenvalue_that_overtakes_two_at_once_is_seen(seed):
    """Between two audits the third climbs from below the guard to the top, as it did in 656,810 parameters."""
    generator, p = torch.Generator().manual_seed(seed), 120
    q, _ = torch.linalg.qr(torch.randn(p, p, generator=generator, dtype=torch.float64))
    rest, tracker = torch.linspace(0, 6, p - 3, dtype=torch.float64), eos.SharpnessTracker(tol=3e-3)
    for top in 5 * [(10.0, 9.5, 9.2)] + 4 * [(9.0, 9.3, 10.4)]:
        turn = 0.01 * torch.randn(p, p, generator=generator, dtype=torch.float64) / p**0.5
        u = q @ torch.linalg.matrix_exp(turn - turn.T)  # eigenvectors turn a little, as along a run
        a = u @ torch.diag(torch.cat([torch.tensor(top, dtype=torch.float64), rest])) @ u.T
        bowl = eos.quadratic((a + a.T) / 2)
        assert tracker(bowl.at(bowl.w0)).values.item() == pytest.approx(max(top), rel=0.01)


@pytest.mark.parametrize("turn", [0.01, 0.03, 0.1])
def test_where_the_top_falls_a_search_finds_what_rose_from_far_below(turn):
    """In one step the top three fall, and the sixth of nine outliers is on top: nothing that is tracked leads there."""
    before, after = (10.0, 9.7, 9.4, 8.0, 7.8, 7.6, 7.4, 7.2, 7.0), (9.0, 8.9, 8.8, 8.0, 7.8, 9.6, 7.4, 7.2, 7.0)
    right, rest = 0, torch.linspace(0, 6, 141, dtype=torch.float64)
    for seed in range(12):
        generator = torch.Generator().manual_seed(seed)
        q, _ = torch.linalg.qr(torch.randn(150, 150, generator=generator, dtype=torch.float64))
        tracker = eos.SharpnessTracker(tol=3e-3)
        for outliers in (before, before, after):
            t = turn * torch.randn(150, 150, generator=generator, dtype=torch.float64) / 150**0.5
            u = q @ torch.linalg.matrix_exp(t - t.T)
            a = u @ torch.diag(torch.cat([torch.tensor(outliers, dtype=torch.float64), rest])) @ u.T
            bowl = eos.quadratic((a + a.T) / 2)
            found = tracker(bowl.at(bowl.w0)).values.item()
        right += found == pytest.approx(9.6, rel=0.01)
    assert right >= 10  # without the search 0, 0 and 1


def test_the_digits_crossing_stretch_in_float32():
    """Steps 250–380 of 64-100-100-10 at η = 0.1, at most 1 % from the float64 value."""
    data = eos.digits(1797)
    nets = [eos.mlp(64, 100, 100, 10, dtype=dtype) for dtype in (torch.float32, torch.float64)]
    single, double = (eos.Objective(net, data) for net in nets)
    tracker, w, worst, hvps = eos.SharpnessTracker(), single.w0, 0.0, 0
    for t in range(381):
        if t < 240:
            w = w - 0.1 * single.gradient(w)
            continue
        point = single.at(w)
        pairs = tracker(point)
        if t >= 250:
            hvps += pairs.hvps
            if t % 3 == 0:
                exact = eos.top_eigenpairs(double, w.double(), tol=1e-7).values.item()
                worst = max(worst, abs(pairs.values.item() / exact - 1))
        w = w - 0.1 * point.gradient
    assert worst < 0.01
    assert hvps / 131 < 8


def test_memory_does_not_grow_over_a_thousand_steps():
    """No graph outlives its step: Python holds as many tensors at the end as after the first steps, or two more."""
    objective, tracker = eos.Objective(eos.mlp(1, 5, 1), eos.chebyshev(3)), eos.SharpnessTracker()
    w, counts = objective.w0, []
    for t in range(1000):
        point = objective.at(w)
        tracker(point)
        w = w - 0.05 * point.gradient
        if t in (20, 999):
            gc.collect()
            counts.append(sum(type(o) is torch.Tensor for o in gc.get_objects()))
    assert counts[1] <= counts[0] + 2  # a graph holds dozens, and there were 979 more


@pytest.mark.parametrize("chunk", [None, 7])
def test_the_gradient_of_the_sharpness_is_its_finite_difference(chunk):
    network = eos.Objective(eos.mlp(1, 8, 6, 1, seed=0), eos.chebyshev(4), chunk=chunk)
    w = eos.descend(network, eos.GradientDescent(0.1), steps=50, every=0, progress=False).w
    u = eos.top_eigenpairs(network, w, tol=1e-10).vectors[:, 0]
    slope = eos.sharpness_gradient(network, w, u)
    generator = torch.Generator().manual_seed(0)
    for _ in range(3):
        v = torch.randn(len(w), generator=generator, dtype=w.dtype)
        v = v / v.norm()
        beside = [torch.linalg.eigvalsh(eos.dense_hessian(network, w + h * v))[-1] for h in (1e-4, -1e-4)]
        assert ((beside[0] - beside[1]) / 2e-4).item() == pytest.approx((slope @ v).item(), rel=1e-5, abs=1e-6)


def test_where_the_curvature_is_constant_its_gradient_is_zero():
    bowl = eos.quadratic([1.0, 3.0])
    plane = eos.Landscape(lambda w: 2 * w.sum(), bowl.w0)
    u = torch.tensor([0.0, 1.0], dtype=torch.float64)
    assert eos.sharpness_gradient(bowl, bowl.w0, u).tolist() == [0, 0]
    assert eos.sharpness_gradient(plane, plane.w0, u).tolist() == [0, 0]


@pytest.mark.parametrize("u", [[0.0, 2.0], [1.0], [0.0, 0.0]])
def test_the_gradient_of_the_sharpness_wants_a_unit_vector(u):
    bowl = eos.quadratic([1.0, 3.0])
    with pytest.raises(ValueError, match="give a unit vector"):
        eos.sharpness_gradient(bowl, bowl.w0, torch.tensor(u, dtype=torch.float64))


def test_a_tracker_whose_points_lie_far_apart_takes_nothing_on_trust():
    """½(1 − xy)² at x = y = a has eigenvalues 3a² − 1 and 1 − a²: they cross, which an old product would hide."""
    chain = eos.Landscape(lambda w: 0.5 * (1 - w.prod()) ** 2, torch.ones(2, dtype=torch.float64))
    track = eos.SharpnessTracker()
    for a in (0.5, 0.99993, 0.9999996):
        got = track(chain.at(torch.full((2,), a, dtype=torch.float64))).values.item()
        assert got == pytest.approx(max(3 * a * a - 1, 1 - a * a), rel=1e-3)


def swinging(t, values, angle=0.6, drift=1e-3):
    """A matrix with these eigenvalues whose eigenvectors turn by ± angle / 2 at every other t, and drift slowly."""
    generator, p = torch.Generator().manual_seed(0), len(values)
    turn, slide = (torch.randn(p, p, generator=generator, dtype=torch.float64) / (2 * p) ** 0.5 for _ in range(2))
    q = torch.matrix_exp((-1) ** t * angle / 2 * (turn - turn.T) + t * drift * (slide - slide.T))
    matrix = q @ torch.diag(values) @ q.T
    return Operator(torch.zeros(p).double(), lambda v: matrix @ v)


BULK = torch.linspace(0, 6, 77, dtype=torch.float64)
SWINGING = torch.cat([torch.tensor([10.0, 9.5, 9.0]).double(), BULK])


def test_where_points_swing_each_begins_from_the_last_one_on_its_side(monkeypatch):
    points = [swinging(t, SWINGING) for t in range(40)]

    def products(track):
        pairs = [track(point) for point in points]
        assert all(p.converged and p.values.item() == pytest.approx(10.0, rel=1e-3) for p in pairs)
        return np.mean([p.hvps for p in pairs[5:]])

    here = products(eos.SharpnessTracker())
    monkeypatch.setattr("eoslib.tracker.SWING", np.inf)
    assert 2 * here < products(eos.SharpnessTracker())


def test_where_points_swing_no_product_of_a_guard_is_old():
    """Renewed at every fourth point, it would be renewed on one side only."""
    lone = torch.cat([torch.tensor([10.0, 6.0]).double(), BULK / 2])  # elsewhere the guard would be far enough below
    track = eos.SharpnessTracker()
    products = [track(swinging(t, lone)).hvps for t in range(20)]
    assert track.state_dict()["swings"] and min(products) == 2


def test_where_only_the_other_side_is_higher_nothing_is_weighed_for_it():
    """The sharpness is 10 and 8 in turn. Against the last point it moves at every step, on its own side never."""
    weighed = []
    track = eos.SharpnessTracker(tol=3e-3)
    for t in range(30):
        scale = 1.0 if t % 2 else 0.8
        point = swinging(t, scale * SWINGING)
        exact = point.hvp
        point.approximate = Operator(point.w, exact)
        point.hvp = lambda v, t=t, exact=exact: weighed.append(t) or exact(v)  # an append returns None
        assert track(point).values.item() == pytest.approx(10.0 * scale, rel=3e-3)
    assert {t for t in weighed if t >= 10} == {10, 20}  # the audits


def test_points_that_only_drift_begin_from_the_last_one():
    track = eos.SharpnessTracker()
    for t in range(40):
        track(swinging(t, SWINGING, angle=0.0, drift=0.1))
    assert not track.state_dict()["swings"]


def test_a_swinging_tracker_goes_on_from_its_state_to_the_last_bit():
    first, second = eos.SharpnessTracker(), eos.SharpnessTracker()
    for t in range(7):
        first(swinging(t, SWINGING))
    assert first.state_dict()["swings"]
    second.load_state_dict(first.state_dict())
    for t in range(7, 20):
        a, b = (track(swinging(t, SWINGING)) for track in (first, second))
        assert torch.equal(a.values, b.values) and a.hvps == b.hvps


@pytest.mark.parametrize("at", [21, 22, 25])
def test_a_fall_while_points_swing_is_seen_too(at):
    """Away from the audits the top falls from 10 to 8.5, and what was in the bulk rises to 9.8."""
    fallen = SWINGING.clone()
    fallen[0], fallen[40] = 8.5, 9.8
    track = eos.SharpnessTracker()
    for t in range(at + 4):
        pairs = track(swinging(t, fallen if t >= at else SWINGING))
        assert pairs.values.item() == pytest.approx(9.8 if t >= at else 10.0, rel=1e-2)

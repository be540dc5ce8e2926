"""A sweep is its separate runs: the same numbers up to the horizon, right at the edge, and every end its own."""

import math

import numpy as np
import pytest
import torch

import eoslib as eos
from eoslib.stack import Stack, StackTracker, _Bases

LRS = (0.1, 0.3, 0.35, 0.4)


def rates(*lrs):
    return [eos.GradientDescent(lr=lr) for lr in lrs]


def values(pairs):
    """The eigenvalues of a stack, (m, k)."""
    return np.stack([pair.values for pair in pairs])


def horizon(run):
    """The last step up to which rounding has grown by less than 10,000: it grows by |1 − ηλ| a step where that is
    above 1. From 2e-16 a step this leaves the tenth digit untouched."""
    growth = np.cumprod(np.maximum(1.0, np.abs(1 - run.lr * run.sharpness)))
    return int(np.searchsorted(growth, 1e4))


def far(got, expected):
    """The largest difference, relative to the largest entry expected; nan must meet nan."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert np.array_equal(np.isnan(got), np.isnan(expected))
    return np.nanmax(np.abs(got - expected)) / np.nanmax(np.abs(expected))


@pytest.fixture(scope="module")
def objective():
    return eos.Objective(eos.mlp(1, 8, 8, 1, seed=0), eos.chebyshev(4))


@pytest.fixture(scope="module")
def runs(objective):
    return eos.sweep(objective, rates(*LRS), steps=60, k=2, progress=False)


def batched(runs):
    return all(run.provenance["sweep"] == f"run {i} of {len(runs)}, batched" for i, run in enumerate(runs))


def test_a_quadratic_against_its_closed_form():
    lrs = (0.05, 0.1, 0.15, 0.2)
    runs = eos.sweep(eos.quadratic([10.0, 3.0]), rates(*lrs), steps=20, progress=False)
    assert batched(runs)
    for lr, run in zip(lrs, runs, strict=True):
        paths = np.stack([eos.theory.quadratic_path(lr, a, 1.0, 20) for a in (10.0, 3.0)], axis=1)
        np.testing.assert_allclose(run.loss, 0.5 * (paths**2 @ [10.0, 3.0]), rtol=1e-12)
        np.testing.assert_allclose(run.w, paths[-1], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(run.sharpness, 10.0, rtol=1e-12)
        assert run.lr == lr and run.threshold == 2 / lr and run.stopped == ""


def test_the_workload_is_that_of_the_separate_runs_up_to_the_horizon():
    """16 step sizes on 1-100-1 from the start until each has been at the edge for a while."""
    objective = eos.Objective(eos.mlp(1, 100, 1), eos.chebyshev(3))
    optimizers = rates(*np.linspace(0.07, 0.3, 16).tolist())
    steps = 330
    runs = eos.sweep(objective, optimizers, steps=steps, tol=1e-11, progress=False)
    assert batched(runs)
    horizons = []
    for optimizer, run in list(zip(optimizers, runs, strict=True))[::3]:
        alone = eos.descend(objective, optimizer, steps=steps, tol=1e-11, progress=False)
        t = min(horizon(alone), steps)
        horizons.append(t)
        assert far(run.loss[:t], alone.loss[:t]) < 1e-10
        assert far(run.sharpness[:t], alone.sharpness[:t]) < 1e-10
        if t == steps:
            assert far(run.w, alone.w) < 1e-10
        else:
            ends = [eos.descend(objective, optimizer, steps=t, every=0, progress=False).w,
                    eos.sweep(objective, [optimizer] * 2, steps=t, every=0, progress=False)[1].w]  # fmt: skip
            assert far(ends[1], ends[0]) < 1e-10
    assert min(horizons) < steps == max(horizons)  # some have been above the threshold, some never


def test_the_sharpness_is_right_at_every_step_at_the_edge():
    """Every step of three runs against the dense Hessians, where eigenvalues are close and eigenvectors swap."""
    objective = eos.Objective(eos.mlp(1, 12, 8, 1, seed=1), eos.chebyshev(5))
    lrs = torch.tensor([0.35, 0.4, 0.5], dtype=torch.float64)
    w = objective.w0.repeat(3, 1)
    for _ in range(500):
        w = w - lrs[:, None] * Stack(objective.function, w).gradient
    one, three, steps = StackTracker(), StackTracker(k=3), 300
    off, above, hvps = [], np.zeros(3), 0
    for _ in range(steps):
        stack = Stack(objective.function, w)
        found, more = one(stack), three(stack)
        assert all(pair.converged for pair in (*found, *more))
        h = torch.stack([eos.dense_hessian(objective, row) for row in w])
        exact = torch.linalg.eigvalsh(h).flip(1)[:, :3].numpy()
        off.append(np.abs(np.hstack([values(found) - exact[:, :1], values(more) - exact])) / exact[:, :1])
        above, hvps = above + (exact[:, 0] > 2 / lrs.numpy()), hvps + found[0].hvps
        w = w - lrs[:, None] * stack.gradient
    worst = np.max(off, axis=(0, 1))  # of the sharpness by itself, then of three eigenvalues
    assert worst[:3].max() < 2e-3  # twice the tolerance asked for
    assert worst[3] < 3e-2  # the last one asked for may swap with the guard; alone, the tracker is as far off there
    assert (above / steps > 0.2).all()  # the edge, in every run
    assert hvps / steps < 4


def test_a_stack_is_its_members_one_by_one(objective):
    w = objective.w0 + 0.1 * torch.randn(5, 97, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    v = torch.randn(5, 97, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    stack = Stack(objective.function, w)
    for i in range(5):
        point = objective.at(w[i])
        assert float(stack.loss[i]) == pytest.approx(point.loss, rel=1e-14)
        torch.testing.assert_close(stack.gradient[i], point.gradient, rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(stack.hvp(v)[i], point.hvp(v[i]), rtol=1e-12, atol=1e-13)


def test_an_old_product_spoils_only_the_corner_of_the_small_matrix(objective):
    w = objective.w0 + 0.1 * torch.randn(3, 97, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    v = torch.linalg.qr(torch.randn(3, 97, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64))[0].mT
    exact = v @ torch.stack([eos.dense_hessian(objective, row) for row in w]) @ v.mT
    space = _Bases(Stack(objective.function, w), v, old=torch.zeros_like(w))
    assert space.stale and space.hvps == 1
    cornerless = exact.clone()
    cornerless[:, 1, 1] = 0.0
    np.testing.assert_allclose(space.t, cornerless, atol=1e-13)
    space.renew(1)
    np.testing.assert_allclose(space.t, exact, atol=1e-13)
    assert not space.stale and space.hvps == 2


def test_a_small_residual_can_be_the_wrong_eigenvalue_and_the_audit_notices():
    """In each member, at another time, an eigenvalue never seen rises above the one that is followed."""
    p, speeds = 23, torch.tensor([[0.1], [0.2], [0.3]], dtype=torch.float64)
    still = torch.tensor([5.0, 4.0, 0.0] + [0.01 * i for i in range(p - 3)], dtype=torch.float64)
    rising = torch.nn.functional.one_hot(torch.tensor(2), p).double()
    tracker, off = StackTracker(audit_every=5), []
    for t in range(60):
        curvature = still + rising * speeds * t

        class Made(Stack):
            def hvp(self, v, curvature=curvature):
                return curvature * v

        seen = values(tracker(Made(lambda w: w @ w, torch.ones(3, p, dtype=torch.float64))))[:, 0]
        exact = curvature.amax(1).numpy()
        off.append(abs(seen / exact - 1))
    assert np.max(off) < 0.25 and np.max(off[-5:]) < 1e-2


def test_a_third_eigenvalue_that_overtakes_two_at_once_is_seen_in_every_member():
    """Between two audits the third of each climbs from below the guard to the top."""
    generator, m, p, tracker = torch.Generator().manual_seed(0), 8, 120, StackTracker(tol=3e-3)
    q = torch.linalg.qr(torch.randn(m, p, p, generator=generator, dtype=torch.float64))[0]
    rest = torch.linspace(0, 6, p - 3, dtype=torch.float64)
    for top in 5 * [(10.0, 9.5, 9.2)] + 4 * [(9.0, 9.3, 10.4)]:
        turn = 0.01 * torch.randn(m, p, p, generator=generator, dtype=torch.float64) / p**0.5
        u = q @ torch.linalg.matrix_exp(turn - turn.mT)  # eigenvectors turn a little, as along a run
        a = u * torch.cat([torch.tensor(top, dtype=torch.float64), rest]) @ u.mT

        class Made(Stack):
            def hvp(self, v, a=a):
                return (a @ v[..., None])[..., 0]

        seen = values(tracker(Made(lambda w: w @ w, torch.ones(m, p, dtype=torch.float64))))[:, 0]
        np.testing.assert_allclose(seen, max(top), rtol=0.01)


@pytest.mark.parametrize("turn", [0.01, 0.03, 0.1])
def test_where_the_top_of_one_falls_a_search_finds_what_rose_from_far_below(turn):
    """In one step the top three of the odd members fall, and the sixth of nine is on top; the even ones stay."""
    before, after = (10.0, 9.7, 9.4, 8.0, 7.8, 7.6, 7.4, 7.2, 7.0), (9.0, 8.9, 8.8, 8.0, 7.8, 9.6, 7.4, 7.2, 7.0)
    generator, m, p, tracker = torch.Generator().manual_seed(0), 12, 150, StackTracker(tol=3e-3)
    q = torch.linalg.qr(torch.randn(m, p, p, generator=generator, dtype=torch.float64))[0]
    for both in ((before, before), (before, before), (before, after)):
        t = turn * torch.randn(m, p, p, generator=generator, dtype=torch.float64) / p**0.5
        u = q @ torch.linalg.matrix_exp(t - t.mT)
        outliers = torch.tensor(both, dtype=torch.float64).repeat(m // 2, 1)
        d = torch.cat([outliers, torch.linspace(0, 6, p - 9, dtype=torch.float64).expand(m, -1)], dim=1)
        a = u * d[:, None] @ u.mT

        class Made(Stack):
            def hvp(self, v, a=a):
                return (a @ v[:, :, None])[:, :, 0]

        found = values(tracker(Made(lambda w: w @ w, torch.ones(m, p, dtype=torch.float64))))[:, 0]
    assert found[::2] == pytest.approx(10.0, rel=0.01)
    assert sum(abs(found[1::2] / 9.6 - 1) < 0.01) >= 5  # of 6


def test_the_record_is_a_run_like_any_other(objective, runs, tmp_path):
    assert batched(runs) and [run.lr for run in runs] == list(LRS)
    alone = eos.descend(objective, rates(0.3)[0], steps=60, k=2, progress=False)
    assert runs[1].provenance | {"sweep": ""} == alone.provenance | {"sweep": ""}
    assert runs[1].eigenvalues.shape == (61, 2) and runs[1].step.tolist() == list(range(61))
    assert (runs[1].hvps >= 1).all() and np.array_equal(runs[1].hvps, runs[2].hvps)
    back = eos.Trajectory.load(runs[1].save(tmp_path / "run"))
    assert np.array_equal(back.loss, runs[1].loss) and torch.equal(back.w, runs[1].w)
    assert torch.equal(back.w0, objective.w0)
    exact = torch.linalg.eigvalsh(eos.dense_hessian(objective, runs[3].w)).flip(0)[:2]
    np.testing.assert_allclose(runs[3].eigenvalues[-1], exact, rtol=1e-2)


def test_every_so_often_is_nan_between_and_disturbs_nothing(objective, runs):
    sparse = eos.sweep(objective, rates(*LRS), steps=60, every=20, progress=False)
    for few, all_of_them in zip(sparse, runs, strict=True):
        assert np.flatnonzero(np.isfinite(few.sharpness)).tolist() == [0, 20, 40, 60]
        assert np.flatnonzero(few.hvps).tolist() == [0, 20, 40, 60]
        assert far(few.loss, all_of_them.loss) < 1e-10
        np.testing.assert_allclose(few.sharpness[::20], all_of_them.sharpness[::20], rtol=2e-3)


def test_a_run_that_diverges_ends_alone(objective):
    """As it would have ended by itself, sentence and all; the others do not notice."""
    lrs = (0.1, 5.0, 0.3, 40.0)
    runs = eos.sweep(objective, rates(*lrs), steps=60, tol=1e-11, blowup=1e3, progress=False)
    assert batched(runs)
    for lr, run in zip(lrs, runs, strict=True):
        alone = eos.descend(objective, *rates(lr), steps=60, tol=1e-11, blowup=1e3, progress=False)
        assert run.stopped == alone.stopped and len(run.loss) == len(alone.loss)
        assert bool(run.stopped) == (lr > 1) and run.hvps[-1] == (0 if lr > 1 else run.hvps[-1])
        assert far(run.loss, alone.loss) < 1e-8 and far(run.w, alone.w) < 1e-8
        assert far(run.sharpness, alone.sharpness) < 1e-8
    assert len({len(run.loss) for run in runs}) == 3  # they left at different steps


def test_all_may_diverge():
    runs = eos.sweep(eos.quadratic([10.0]), rates(0.3, 0.5), steps=1000, progress=False)
    for run, growth in zip(runs, (-2.0, -4.0), strict=True):
        assert run.stopped.startswith("diverged: the loss is") and len(run.loss) < 20
        np.testing.assert_allclose(run.w.item(), growth ** run.step[-1])


def test_a_member_that_turns_nan_poisons_no_other():
    cliff = eos.Landscape(lambda w: torch.log(w).sum() + (w**2).sum(), torch.tensor([0.5], dtype=torch.float64))
    runs = eos.sweep(cliff, rates(0.01, 1.0), steps=5, progress=False)
    assert batched(runs) and "nan" in runs[1].stopped and len(runs[1].loss) == 2
    assert runs[0].stopped == "" and np.isfinite(runs[0].loss).all() and np.isfinite(runs[0].sharpness).all()


def test_a_product_that_is_not_finite_ends_that_run_and_names_the_step():
    kink = eos.Landscape(lambda w: (w.clamp_min(0) ** 1.5).sum(), torch.tensor([1.0], dtype=torch.float64))
    runs = eos.sweep(kink, rates(2 / 3, 0.1), steps=5, progress=False)
    lost, other = (eos.descend(kink, *rates(lr), steps=5, progress=False) for lr in (2 / 3, 0.1))
    assert batched(runs) and runs[0].stopped == lost.stopped and "nan or inf" in lost.stopped
    assert len(runs[0].loss) == len(lost.loss) == 1 and torch.equal(runs[0].w, lost.w)
    assert runs[1].stopped == "" and far(runs[1].loss, other.loss) < 1e-12


def test_those_who_stay_keep_their_own_vectors(objective):
    """After one has left, the others go on from what was found for them, and not for someone else."""
    w = objective.w0 + 0.5 * torch.randn(3, 97, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    tracker, stay = StackTracker(tol=1e-6), [False, True, True]
    before = values(tracker(Stack(objective.function, w)))[stay]
    tracker.keep(stay)
    after = tracker(Stack(objective.function, w[stay]))
    np.testing.assert_allclose(values(after), before, rtol=1e-5)
    assert after[0].hvps <= 2  # at the same points there is nothing left to find


def test_ctrl_c_returns_what_there_is_of_every_run():
    calls = 0

    def interrupted(w):
        nonlocal calls
        calls += 1
        if calls > 30:
            raise KeyboardInterrupt
        return 0.5 * w @ w

    bowl = eos.Landscape(interrupted, torch.ones(2, dtype=torch.float64))
    runs = eos.sweep(bowl, rates(0.5, 0.25, 30.0), steps=100, every=0, progress=False)
    for run, factor in zip(runs[:2], (0.5, 0.75), strict=True):
        assert run.stopped == f"stopped at step {len(run.loss)} (interrupted); the points before it are kept"
        np.testing.assert_allclose(run.loss, factor ** (2 * np.arange(len(run.loss))))
        assert float(0.5 * run.w @ run.w) == run.loss[-1]
    assert len(runs[0].loss) > 10 and "diverged" in runs[2].stopped and len(runs[2].loss) < 10


def test_ctrl_c_while_one_is_leaving_keeps_why_it_left(monkeypatch, objective):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(StackTracker, "keep", interrupt)
    runs = eos.sweep(objective, rates(0.1, 40.0), steps=50, progress=False)
    assert "interrupted" in runs[0].stopped and runs[1].stopped.startswith("diverged")
    assert len(runs[1].loss) == len(runs[0].loss) + 1


def test_ctrl_c_before_the_first_point_is_ctrl_c(monkeypatch, objective):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(StackTracker, "__call__", interrupt)
    with pytest.raises(KeyboardInterrupt):
        eos.sweep(objective, rates(0.1, 0.3), steps=3, progress=False)


def test_network_seeds_and_starts():
    seeds = [eos.Objective(eos.mlp(1, 8, 8, 1, seed=seed), eos.chebyshev(4)) for seed in range(3)]
    by_seed = eos.sweep(seeds, *rates(0.2), steps=20, tol=1e-11, progress=False)
    starts = torch.stack([one.w0 for one in seeds])
    by_start = eos.sweep(seeds[0], *rates(0.2), w=starts, steps=20, tol=1e-11, progress=False)
    assert batched(by_seed) and batched(by_start)
    for one, a, b in zip(seeds, by_seed, by_start, strict=True):
        alone = eos.descend(one, *rates(0.2), steps=20, tol=1e-11, progress=False)
        assert torch.equal(a.w0, one.w0) and torch.equal(b.w0, one.w0)
        for run in (a, b):
            assert far(run.loss, alone.loss) < 1e-10 and far(run.sharpness, alone.sharpness) < 1e-10


def test_every_optimizer_there_is(objective):
    """Each with its own rule, state, threshold, schedule and preconditioner, also after another one has left."""
    optimizers = [
        eos.Polyak(lr=0.1, beta=0.9), eos.GradientDescent(lr=50.0), eos.Nesterov(lr=0.1, beta=0.5),
        eos.SAM(lr=0.2, rho=0.05), eos.SGD(lr=0.1, batch=7), eos.Adam(lr=1e-3), eos.RMSProp(lr=1e-3),
        eos.GradientDescent(lr=eos.Drop(0.2, 0.05, at=10)), eos.GradientDescent(lr=0.1),
    ]  # fmt: skip
    measures = {"size": lambda now: now.gradient.norm(), "top": lambda now: now.pairs.vectors[:, 0].abs()}
    options = {"steps": 30, "blowup": 1e3, "tol": 1e-11, "measures": measures, "progress": False}
    runs = eos.sweep(objective, optimizers, **options)
    assert batched(runs) and runs[1].stopped
    for optimizer, run in zip(optimizers, runs, strict=True):
        alone = eos.descend(objective, optimizer, **options)
        assert run.stopped == alone.stopped and np.array_equal(run.step, alone.step)
        for name in ("time", "loss", "eigenvalues", "lrs", "thresholds"):
            assert far(getattr(run, name), getattr(alone, name)) < 1e-8, (optimizer, name)
        assert far(run.w, alone.w) < 1e-8 and far(run.measures["size"], alone.measures["size"]) < 1e-7
        assert far(run.measures["top"], alone.measures["top"]) < 1e-4  # a vector is known to the root of its value


def test_every_so_many_points_are_recorded(objective, runs):
    few = eos.sweep(objective, rates(*LRS), steps=50, record=20, k=2, progress=False)
    for run, whole in zip(few, runs, strict=True):
        assert run.step.tolist() == [0, 20, 40, 50]
        assert far(run.loss, whole.loss[run.step]) < 1e-10 and np.isfinite(run.sharpness[:3]).all()


def test_float32():
    objective = eos.Objective(eos.mlp(1, 8, 8, 1, dtype=torch.float32), eos.chebyshev(4))
    runs = eos.sweep(objective, rates(0.1, 0.3), steps=20, tol=1e-3, progress=False)
    alone = eos.descend(objective, *rates(0.3), steps=20, tol=1e-3, progress=False)
    assert batched(runs) and runs[1].w.dtype == torch.float32
    assert far(runs[1].loss, alone.loss) < 1e-5 and far(runs[1].sharpness, alone.sharpness) < 2e-3


class Branch(torch.nn.Module):
    """A network that torch.vmap cannot take: it looks at a value."""

    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(1, 1, dtype=torch.float64)

    def forward(self, x):
        return self.line(x) * (2.0 if self.line.weight.detach().sum().item() > 0 else 1.0)


def with_batchnorm():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(1, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1)).double()


def net(seed=0, **options):
    return eos.Objective(eos.mlp(1, 4, 1, seed=seed), eos.chebyshev(3), **options)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: [net(), eos.Objective(eos.mlp(1, 4, 1), eos.chebyshev(4))], "not all on one function"),
        (lambda: [net(), eos.Objective(eos.mlp(1, 4, 1, activation="elu"), eos.chebyshev(3))], "not all on one"),
        (lambda: [eos.quadratic([1.0, 2.0]), eos.quadratic([1.0, 3.0])], "not all on one function"),
        (lambda: [net(chunk=7), net(1, chunk=7)], "in chunks"),
        (lambda: [eos.Objective(eos.mlp(64, 32, 10), eos.digits(1797))] * 2, "one graph keeps"),
        (lambda: [eos.Objective(Branch(), eos.chebyshev(3))] * 2, "torch.vmap cannot take"),
        (lambda: [eos.Objective(with_batchnorm(), eos.chebyshev(3))] * 2, "torch.vmap cannot take"),
    ],
)
def test_what_cannot_be_batched_runs_one_after_another_and_says_so(make, says):
    landscapes = make()
    runs = eos.sweep(landscapes, rates(0.1, 0.2), steps=10, progress=False)
    for i, (landscape, lr, run) in enumerate(zip(landscapes, (0.1, 0.2), runs, strict=True)):
        alone = eos.descend(landscape, *rates(lr), steps=10, progress=False)
        assert np.array_equal(run.loss, alone.loss) and np.array_equal(run.sharpness, alone.sharpness)
        assert run.provenance["sweep"].startswith(f"run {i} of 2, one after another: ")
        assert says in run.provenance["sweep"]


def test_networks_that_only_look_alike_are_told_apart():
    """Two networks that print alike, one with a hidden scale."""

    class Scaled(torch.nn.Module):
        def __init__(self, scale):
            super().__init__()
            self.line, self.scale = torch.nn.Linear(1, 1, dtype=torch.float64), scale

        def forward(self, x):
            return self.scale * self.line(x)

    both = [eos.Objective(Scaled(scale), eos.chebyshev(3)) for scale in (1.0, 2.0)]
    runs = eos.sweep(both, *rates(0.1), steps=5, progress=False)
    assert "do not all come out of a stack" in runs[1].provenance["sweep"]
    assert np.array_equal(runs[1].loss, eos.descend(both[1], *rates(0.1), steps=5, progress=False).loss)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"optimizer": []}, "1 landscapes, 0 optimizers and 1 starts"),
        ({"landscape": []}, "0 landscapes"),
        ({"optimizer": rates(0.1, 0.2), "w": torch.ones(3, 97, dtype=torch.float64)}, "2 optimizers and 3 starts"),
        ({"w": torch.ones(2, 3, dtype=torch.float64)}, r"shape \(3,\)"),
        ({"w": torch.full((2, 97), math.nan, dtype=torch.float64)}, "loss at the start is nan"),
        ({"steps": 0}, "steps=0"),
        ({"every": -1}, "every=-1"),
        ({"blowup": 1.0}, "blowup=1.0"),
        ({"k": 0}, "k=0"),
        ({"k": 98}, "k = 98"),
        ({"tol": 0.0}, "tol=0.0"),
    ],
)
def test_bad_input_is_a_sentence(objective, change, says):
    given = {"landscape": objective, "optimizer": rates(0.1, 0.2), "steps": 2, "progress": False} | change
    if "w" in change and "optimizer" not in change:
        given["optimizer"] = rates(0.1)
    with pytest.raises(ValueError, match=says):
        eos.sweep(**given)


@pytest.mark.parametrize("loss", ["mse", "cross-entropy"])
@pytest.mark.parametrize("record", [1, 7])
def test_sgd_of_any_batches_goes_as_one_batch(loss, record):
    """30 examples by sevens end every epoch with a batch of 2: the stack pads it, and does not count the padding."""
    objective = eos.Objective(eos.mlp(64, 5, 10, seed=0), eos.digits(30), loss=loss)
    optimizers = [eos.SGD(0.1, batch=7), eos.SGD(0.2, batch=30, seed=1), eos.SGD(0.1, batch=1, seed=2),
                  eos.SGD(0.1, batch=11, replacement=True), eos.SGD(eos.Drop(0.2, 0.1, at=5), batch=4)]  # fmt: skip
    options = {"steps": 20, "every": 7, "record": record, "progress": False}
    runs = eos.sweep(objective, optimizers, **options)
    assert batched(runs)
    for optimizer, run in zip(optimizers, runs, strict=True):
        alone = eos.descend(objective, optimizer, **options)
        for name in ("step", "time", "loss", "lrs", "w"):
            assert far(getattr(run, name), getattr(alone, name)) < 1e-8, name
        assert far(run.sharpness, alone.sharpness) < 1e-3  # the tracker's own tolerance


def test_sgd_through_batchnorm_or_beside_another_optimizer_is_as_alone():
    layers = [torch.nn.Linear(64, 5), torch.nn.BatchNorm1d(5, track_running_stats=False), torch.nn.Linear(5, 10)]
    normed = eos.Objective(torch.nn.Sequential(*layers).double(), eos.digits(30))
    plain = eos.Objective(eos.mlp(64, 5, 10, seed=0), eos.digits(30))
    sgds = [eos.SGD(0.1, batch=7), eos.SGD(0.1, batch=15)]
    for objective, optimizers in ((normed, sgds), (plain, [sgds[0], eos.GradientDescent(0.1)])):
        runs = eos.sweep(objective, optimizers, steps=6, every=0, progress=False)
        for optimizer, run in zip(optimizers, runs, strict=True):
            alone = eos.descend(objective, optimizer, steps=6, every=0, progress=False)
            assert far(run.w, alone.w) < 1e-12


def test_a_stack_tracker_whose_points_lie_far_apart_takes_nothing_on_trust():
    def bowl(w):
        return 0.5 * torch.exp(w[0]) * w[1] ** 2 + 0.5 * torch.exp(-w[0]) * w[2] ** 2  # the sharper one changes with w₀

    track = eos.stack.StackTracker()
    for x in (2.0, -2.0, 1.0, -3.0):
        w = torch.tensor([[x, 0.0, 0.0], [-x, 0.0, 0.0]], dtype=torch.float64)
        for pairs in track(eos.stack.Stack(bowl, w)):
            assert pairs.values.item() == pytest.approx(math.exp(abs(x)), rel=1e-3)


def test_a_schedule_that_has_no_step_size_ends_its_own_run_alone():
    """η = 3.5/sharpness on ¼w⁴ − ½w², where the sharpness becomes negative at once, later, or (η small) never."""
    well = eos.Landscape(lambda w: (w**4).sum() / 4 - (w**2).sum() / 2, torch.tensor([2.0], dtype=torch.float64))
    starts = torch.tensor([[2.0], [0.7], [2.0]], dtype=torch.float64)
    rules = [eos.GradientDescent(eos.InverseSharpness(scale)) for scale in (3.5, 3.5, 0.1)]
    together = eos.sweep(well, rules, w=starts, steps=20, progress=False)
    assert "batched" in together[0].provenance["sweep"]
    for rule, w, run in zip(rules, starts, together, strict=True):
        alone = eos.descend(well, rule, w=w, steps=20, progress=False)
        assert alone.stopped == run.stopped
        np.testing.assert_allclose(alone.loss, run.loss, rtol=1e-9)
    assert ["gives no step size" in run.stopped for run in together] == [True, True, False]


def test_a_function_without_curvature_sweeps_in_silence():
    plane = eos.Landscape(lambda w: w.sum(), torch.ones(3, dtype=torch.float64))
    runs = eos.sweep(plane, rates(0.1, 0.2), steps=6, progress=False)
    assert all((run.sharpness == 0).all() for run in runs)
    assert (eos.descend(plane, eos.GradientDescent(0.1), steps=6, progress=False).sharpness == 0).all()

"""Optimizers: torch's own step for step, and each threshold where a quadratic says it is."""

import dataclasses
import math

import numpy as np
import pytest
import torch

import eoslib as eos

MOMENTUM = [eos.GradientDescent(0.1)] + [kind(0.1, beta=b) for kind in (eos.Polyak, eos.Nesterov) for b in (0.5, 0.9)]
TORCH = [
    (eos.Polyak(0.05, beta=0.9), lambda q: torch.optim.SGD(q, lr=0.05, momentum=0.9)),
    (eos.Nesterov(0.05, beta=0.8), lambda q: torch.optim.SGD(q, lr=0.05, momentum=0.8, nesterov=True)),
    (eos.RMSProp(0.003, beta2=0.95), lambda q: torch.optim.RMSprop(q, lr=0.003, alpha=0.95)),
    (eos.Adam(0.003), lambda q: torch.optim.Adam(q, lr=0.003)),
    (eos.Adam(0.003, beta1=0.5, beta2=0.9, eps=1e-4),
     lambda q: torch.optim.Adam(q, lr=0.003, betas=(0.5, 0.9), eps=1e-4)),
]  # fmt: skip


@pytest.fixture(scope="module")
def objective():
    return eos.Objective(eos.mlp(64, 5, 10, seed=0), eos.digits(30))


@pytest.mark.parametrize(("ours", "make"), TORCH, ids=lambda x: str(x)[:8])
def test_forty_steps_are_torchs_to_1e_12(objective, ours, make):
    parameter = torch.nn.Parameter(objective.w0.clone())
    theirs = make([parameter])
    w, state = objective.w0, ours.init(objective.w0)
    for _ in range(40):
        w, state = ours.step(w, state, objective.gradient(w))
        parameter.grad = objective.gradient(parameter.detach())
        theirs.step()
    torch.testing.assert_close(w, parameter.detach(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("optimizer", MOMENTUM, ids=repr)
def test_a_quadratic_converges_just_below_the_threshold_and_diverges_just_above(optimizer):
    def size_after(curvature, steps=20_000):
        w = torch.ones(1, dtype=torch.float64)
        state = optimizer.init(w)
        for _ in range(steps):
            w, state = optimizer.step(w, state, curvature * w)
        return float(w.abs())

    assert size_after(0.999 * optimizer.threshold) < 1e-3
    assert size_after(1.001 * optimizer.threshold) > 1e2


@pytest.mark.parametrize("optimizer", [eos.Adam(0.01), eos.RMSProp(0.01), eos.Adam(0.01, beta1=0.5)], ids=repr)
def test_the_adaptive_threshold_is_that_of_the_preconditioned_quadratic(optimizer):
    """With ν held where it is (long ago settled), P⁻¹H = a/P: below the threshold w shrinks, above it grows."""
    nu = torch.tensor([4.0], dtype=torch.float64)
    frozen = dataclasses.replace(optimizer, beta2=1 - 1e-15)

    def size_after(share):
        a = share * optimizer.threshold * (2 + optimizer.eps)  # P = √4 + ε
        w = torch.full((1,), 1e-9, dtype=torch.float64)
        state = (10**17, torch.zeros_like(w), nu)
        assert frozen.preconditioner(state, a * w).item() == pytest.approx(2, rel=1e-6)
        for _ in range(2000):
            w, state = frozen.step(w, state, a * w)
            state = (state[0], state[1], nu)
        return float(w.abs()) / 1e-9

    assert size_after(0.99) < 1e-1 and size_after(1.01) > 1e1


def test_descend_records_the_sharpness_as_the_preconditioner_sees_it(objective):
    adam = eos.Adam(0.003)
    run = eos.descend(objective, adam, steps=3, tol=1e-7, progress=False,
                      measures={"raw": eos.measures.hessian_sharpness(objective, tol=1e-7)})  # fmt: skip
    w, state = objective.w0, adam.init(objective.w0)
    for t in range(4):
        g, h = objective.gradient(w), eos.dense_hessian(objective, w)
        p = adam.preconditioner(state, g)
        assert run.sharpness[t] == pytest.approx(torch.linalg.eigvals(h / p[:, None]).real.max().item(), rel=1e-5)
        assert run.measures["raw"][t] == pytest.approx(torch.linalg.eigvalsh(h).max().item(), rel=1e-5)
        w, state = adam.step(w, state, g)


@pytest.mark.parametrize("rho", [1e-9, 0.01, 0.5])
def test_sams_edge_is_where_one_step_mirrors_w(rho):
    """On ½ a w²: w − η a (w + ρ sign w) = −w exactly where a is the edge for the gradient a w."""
    a, sam = 12.0, eos.SAM(lr=0.1, rho=rho)
    low, high = 1e-12, 1e3  # bisect for the |w| whose edge is a
    for _ in range(200):
        w = math.sqrt(low * high)
        low, high = (w, high) if sam.edge(torch.tensor([a * w], dtype=torch.float64)) < a else (low, w)
    bowl = eos.quadratic([a], w0=[w])
    new, _ = sam.step(bowl.w0, (), sam.sense(bowl, bowl.w0, 0, bowl.gradient(bowl.w0)))
    assert new.item() == pytest.approx(-w, rel=1e-9)
    assert sam.edge(torch.zeros(1)) == 0 and sam.edge(torch.tensor([1e12])) == pytest.approx(20, rel=1e-6)
    assert sam.sense(bowl, torch.zeros(1).double(), 0, torch.zeros(1).double()).tolist() == [0.0]


def test_a_run_records_sams_moving_edge(objective):
    sam = eos.SAM(0.1, rho=0.02)
    run = eos.descend(objective, sam, steps=5, every=0, progress=False, measures={"g": lambda now: now.gradient})
    assert run.thresholds.tolist() == [sam.edge(torch.tensor(g)) for g in run.measures["g"]]
    assert np.ptp(run.thresholds) > 0 and (run.thresholds < 20).all() and sam.threshold == 20


@pytest.mark.parametrize("batch", [1, 7, 30])
def test_an_epoch_without_replacement_visits_every_example_once(batch):
    sgd, per_epoch = eos.SGD(0.1, batch=batch, seed=3), math.ceil(30 / batch)
    epochs = [torch.cat([sgd.indices(e * per_epoch + i, 30) for i in range(per_epoch)]).tolist() for e in (0, 1)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(30)) and epochs[0] != epochs[1]
    assert dataclasses.replace(sgd, seed=4).indices(0, 30).tolist() != sgd.indices(0, 30).tolist() or batch == 30


def test_with_replacement_every_example_is_as_likely_as_any_other():
    sgd = eos.SGD(0.1, batch=10, replacement=True)
    counts = torch.cat([sgd.indices(t, 5) if sgd.batch <= 5 else sgd.indices(t, 20) for t in range(2000)]).bincount()
    assert len(counts) == 20 and (counts - 1000).abs().max() < 5 * math.sqrt(1000)  # 5 standard deviations
    assert torch.equal(sgd.indices(7, 20), sgd.indices(7, 20)) and not torch.equal(
        sgd.indices(7, 20), sgd.indices(8, 20)
    )


def test_batches_of_an_epoch_average_to_the_full_gradient(objective):
    sgd, w = eos.SGD(0.1, batch=6), objective.w0
    mean = sum(sgd.sense(objective, w, t, w) for t in range(5)) / 5
    assert torch.allclose(mean, objective.gradient(w), atol=1e-14)
    whole = eos.descend(objective, eos.SGD(0.1, batch=30), steps=5, every=0, progress=False)
    full = eos.descend(objective, eos.GradientDescent(0.1), steps=5, every=0, progress=False)
    np.testing.assert_allclose(whole.loss, full.loss, rtol=1e-12)


def test_sgd_is_a_function_of_its_seed_and_thin_records_do_not_disturb_it(objective):
    a, b, c = (
        eos.descend(objective, eos.SGD(0.1, batch=4, seed=s), steps=20, every=0, record=r, progress=False)
        for s, r in ((1, 1), (1, 10), (2, 10))
    )
    assert torch.equal(a.w, b.w) and not torch.equal(a.w, c.w)
    assert b.step.tolist() == [0, 10, 20] and b.loss.tolist() == a.loss[::10].tolist()


def test_a_step_size_drop_moves_the_threshold():
    run = eos.descend(eos.quadratic([4.0]), eos.GradientDescent(eos.Drop(0.2, 0.1, at=3)), steps=5, progress=False)
    assert run.lrs.tolist() == [0.2, 0.2, 0.2, 0.1, 0.1, 0.1] and run.thresholds.tolist() == [10.0] * 3 + [20.0] * 3
    np.testing.assert_allclose(run.time, [0, 0.2, 0.4, 0.6, 0.7, 0.8])
    np.testing.assert_allclose(run.loss, 2 * np.cumprod([1, 0.2, 0.2, 0.2, 0.6, 0.6]) ** 2)
    assert (run.lr, run.threshold) == (0.1, 20.0)
    assert "Drop(before=0.2, after=0.1, at=3)" in run.provenance["optimizer"]


def test_warm_up_and_any_function_are_schedules():
    run = eos.descend(eos.quadratic([1.0]), eos.Polyak(eos.WarmUp(0.4, steps=4), beta=0.5), steps=5, progress=False)
    np.testing.assert_allclose(run.lrs, [0.1, 0.2, 0.3, 0.4, 0.4, 0.4])
    np.testing.assert_allclose(run.thresholds, 3 / run.lrs)
    own = eos.descend(eos.quadratic([1.0]), eos.GradientDescent(lambda t, _: 1 / (t + 1)), steps=3, progress=False)
    assert own.lrs.tolist() == [1, 1 / 2, 1 / 3, 1 / 4]


def test_one_over_the_sharpness_lands_a_parabola_in_one_step_and_stays_half_way_to_the_edge(objective):
    bowl = eos.descend(eos.quadratic([7.0]), eos.GradientDescent(eos.InverseSharpness()), steps=1, progress=False)
    assert bowl.loss[1] < 1e-30
    run = eos.descend(objective, eos.GradientDescent(eos.InverseSharpness(0.5)), steps=20, every=5, progress=False)
    np.testing.assert_allclose(run.lrs, 0.5 / np.repeat(run.sharpness[::5], 5)[:21])  # held until measured again


def test_no_curvature_gives_no_step_size_but_a_record():
    hill = eos.Landscape(lambda w: torch.sin(w).sum(), torch.tensor([-1.0], dtype=torch.float64))
    run = eos.descend(
        hill, eos.GradientDescent(lambda t, s: 5.0 if t == 0 else eos.InverseSharpness()(t, s)), steps=5, progress=False
    )  # from -1, where sin bends up, to where it bends down
    assert "gives no step size" in run.stopped and len(run.loss) == 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda o: eos.Polyak(0.1, beta=1.0), "beta is 1.0"),
        (lambda o: eos.Nesterov(0.1, beta=-0.1), "beta is -0.1"),
        (lambda o: eos.Adam(0.1, beta1=1.0), "beta1 is 1.0"),
        (lambda o: eos.RMSProp(0.1, beta2=math.nan), "beta2 is nan"),
        (lambda o: eos.Adam(0.1, eps=0.0), "eps is 0.0"),
        (lambda o: eos.SAM(0.1, rho=0.0), "rho is 0.0"),
        (lambda o: eos.SGD(0.1, batch=0), "batch is 0"),
        (lambda o: eos.descend(o, eos.SGD(0.1, batch=31), steps=1), "at most 30"),
        (lambda o: eos.descend(eos.quadratic([1.0]), eos.SGD(0.1), steps=1), "descend on an Objective"),
        (lambda o: eos.Drop(0.1, 0.0, at=3), "lr is 0.0"),
        (lambda o: eos.Drop(0.1, 0.2, at=0), "at is 0"),
        (lambda o: eos.WarmUp(0.1, steps=0), "steps is 0"),
        (lambda o: eos.InverseSharpness(math.inf), "lr is inf"),
        (lambda o: eos.GradientDescent(eos.Drop(0.2, 0.1, at=3)).threshold, r"optimizer.at\(t\)"),
        (lambda o: eos.GradientDescent(lambda t, s: -1.0).at(0), "lr is -1.0"),
        (lambda o: eos.descend(o, eos.GradientDescent(eos.InverseSharpness()), steps=2, every=0), "every=1"),
    ],
)
def test_bad_input_is_a_sentence(objective, make, says):
    with pytest.raises(ValueError, match=says):
        make(objective)

"""Gradient flow: the matrix exponential, Runge and Kutta's method at a tiny step, and descent where steps are small."""

import math

import numpy as np
import pytest
import torch

import eoslib as eos

A = torch.tensor([[4.0, 1.0, 0.0], [1.0, 0.5, 2.0], [0.0, 2.0, 9.0]], dtype=torch.float64)


@pytest.mark.parametrize("rtol", [1e-4, 1e-7, 1e-10])
def test_a_quadratic_flows_along_the_matrix_exponential(rtol):
    bowl = eos.quadratic(A, w0=[1.0, -2.0, 0.5])
    times = np.linspace(0, 3, 31)
    run = eos.flow(bowl, times, rtol=rtol, progress=False, measures={"w": lambda now: now.w})
    exact = torch.stack([torch.linalg.matrix_exp(-A * t) @ bowl.w0 for t in times]).numpy()
    error = np.abs(run.measures["w"] - exact).max()
    assert error < 10 * rtol * np.abs(exact).max()
    np.testing.assert_array_equal(run.time, times)
    np.testing.assert_allclose(run.sharpness, torch.linalg.eigvalsh(A).max().item(), rtol=1e-3)
    assert (run.lrs == 0).all() and (run.thresholds == math.inf).all() and run.crossing() is None and run.stopped == ""
    assert (np.diff(run.step) >= 0).all() and torch.equal(run.w, torch.tensor(run.measures["w"][-1]))


def test_a_network_flows_as_runge_and_kutta_would_take_it_in_tiny_steps():
    objective = eos.Objective(eos.mlp(1, 6, 6, 1, seed=0), eos.chebyshev(4))
    w, h = objective.w0, 2e-2
    for _ in range(100):
        k1 = objective.gradient(w)
        k2 = objective.gradient(w - h / 2 * k1)
        k3 = objective.gradient(w - h / 2 * k2)
        w = w - h / 6 * (k1 + 2 * k2 + 2 * k3 + objective.gradient(w - h * k3))
    run = eos.flow(objective, [0, 1, 2], rtol=1e-9, progress=False)
    assert float((run.w - w).norm() / w.norm()) < 1e-8  # RK4's own error at this step is 1e-10
    assert run.loss[-1] == pytest.approx(objective.loss(w), rel=1e-7)


def test_descent_with_small_steps_stays_near_the_flow_and_the_distance_says_so():
    objective = eos.Objective(eos.mlp(1, 6, 6, 1, seed=0), eos.chebyshev(4))
    exact, short = {"w": lambda now: now.w}, {"w": eos.measures.sketch(61)}
    for measures in (exact, short):
        gaps = []
        for lr in (0.02, 0.01):
            run = eos.descend(objective, eos.GradientDescent(lr), steps=round(2 / lr), record=10, every=0,
                              measures=measures, progress=False)  # fmt: skip
            smooth = eos.flow(objective, run.time, measures=measures, every=0, rtol=1e-9, progress=False)
            gaps.append(eos.measures.distance(run, smooth, name="w")[-1])
        assert gaps[1] < 2e-3 and gaps[0] / gaps[1] == pytest.approx(2, rel=0.05)  # the distance is of order η


def test_it_stops_where_it_is_told(tmp_path):
    objective = eos.Objective(eos.mlp(64, 5, 10, seed=0), eos.digits(40))
    options = {"every": 10, "progress": False, "checkpoint": tmp_path / "flow.pt"}
    run = eos.flow(objective, range(100), loss_goal=0.4, **options)
    assert run.loss[-1] <= 0.4 < run.loss[-2] and run.stopped == f"reached a loss of 0.4 at time {run.time[-1]:g}"
    assert np.isfinite(run.sharpness[::10]).all() and np.isnan(run.sharpness[1:10]).all()
    again = eos.flow(objective, range(100), loss_goal=0.4, **options)  # it ended, and is not gone on with
    assert again.stopped == run.stopped and again.loss.tolist() == run.loss.tolist()
    run = eos.flow(objective, range(100), accuracy_goal=0.5, every=0, progress=False)
    assert objective.accuracy(run.w) >= 0.5 and "accuracy of 0.5" in run.stopped


def test_a_flow_that_leaves_every_bound_stops_with_its_points_kept():
    well = eos.Landscape(lambda w: -(w**4).sum() / 4, torch.ones(1, dtype=torch.float64))  # w² = 1/(1 − 2t)
    with np.errstate(all="ignore"):
        run = eos.flow(well, [0, 0.25, 0.4, 0.6], progress=False)
    assert run.time.tolist() == [0, 0.25, 0.4] and "stopped before time 0.6" in run.stopped
    assert run.w.item() == pytest.approx(math.sqrt(5), rel=1e-5)


def test_single_precision_flows_too_and_a_flow_is_saved_and_drawn(tmp_path):
    bowl = eos.Landscape(lambda w: 0.5 * w @ w, torch.ones(2))
    run = eos.flow(bowl, [0, 1], progress=False)
    assert run.w.dtype == torch.float32 and run.w[0].item() == pytest.approx(math.exp(-1), rel=1e-5)
    back = eos.Trajectory.load(run.save(tmp_path / "flow"))
    assert back.threshold == math.inf and back.time.tolist() == [0, 1]
    gd = eos.descend(bowl, eos.GradientDescent(0.1), steps=10, progress=False)
    top, bottom = eos.plots.edge([gd, run], time="eta t")
    assert top.get_legend().get_texts()[1].get_text() == "gradient flow" and len(bottom.texts) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"times": [1, 2]}, "increasing from 0"),
        ({"times": [0, 2, 2]}, "increasing from 0"),
        ({"times": [0]}, "at least two"),
        ({"times": [0, math.inf]}, "increasing"),
        ({"times": [0, 1], "rtol": 0.0}, "rtol=0.0"),
        ({"times": [0, 1], "every": -1}, "every=-1"),
        ({"times": [0, 1], "accuracy_goal": 0.9}, "use loss_goal"),
        ({"times": [0, 1], "w": torch.full((1,), math.nan).double()}, "start is nan"),
    ],
)
def test_bad_input_is_a_sentence(options, says):
    with pytest.raises(ValueError, match=says):
        eos.flow(eos.quadratic([1.0]), **options)


def test_runs_recorded_at_different_times_have_no_distance():
    bowl = eos.quadratic([1.0])
    a, b = (eos.flow(bowl, [0, t], measures={"w": lambda now: now.w}, progress=False) for t in (1, 2))
    with pytest.raises(ValueError, match=r"times=run\.time"):
        eos.measures.distance(a, b, name="w")


def test_the_sharpness_of_a_flow_is_right_where_recorded_points_lie_far_apart():
    """½(1 − xy)² from x = y: the sharpness at the minimum is 2, in another direction than at the start."""
    chain = eos.Landscape(lambda w: 0.5 * (1 - w.prod()) ** 2, torch.full((2,), 0.5, dtype=torch.float64))
    run = eos.flow(chain, [0, 5, 60], progress=False)
    np.testing.assert_allclose(run.sharpness, [0.75, 2, 2], rtol=1e-3)


@pytest.mark.parametrize("when", [1, 4, 40, 90])
def test_an_interrupted_flow_ends_with_the_same_bits(when, tmp_path, monkeypatch):
    objective = eos.Objective(eos.mlp(1, 6, 6, 1, seed=0), eos.chebyshev(4))
    options = {"times": np.linspace(0, 20, 9), "every": 2, "progress": False, "measures": {"w": lambda now: now.w}}
    monkeypatch.setattr("eoslib.checkpoint.SAVE_EVERY", 0.0)
    gradient, calls, fails = objective.gradient, 0, None

    def counted(w):
        nonlocal calls
        calls += 1
        if calls == fails:
            raise RuntimeError("the power failed")
        return gradient(w)

    monkeypatch.setattr(objective, "gradient", counted)
    whole = eos.flow(objective, **options)
    needed, calls, fails = calls, 0, when
    with pytest.raises(RuntimeError, match="power"):
        eos.flow(objective, **options, checkpoint=tmp_path / "flow.pt")
    parts = [eos.flow(objective, **options, checkpoint=tmp_path / "flow.pt") for _ in range(2)]
    again = 12 + 2 * 2  # a step, tried twice at most, and the two gradients with which an integrator begins
    assert calls <= needed + again, "what lies before the checkpoint is not computed again"
    for part in parts:
        assert np.array_equal(part.loss, whole.loss) and torch.equal(part.w, whole.w)
        assert np.array_equal(part.step, whole.step) and np.array_equal(part.hvps, whole.hvps)
        assert np.array_equal(part.eigenvalues, whole.eigenvalues, equal_nan=True)
        assert np.array_equal(part.measures["w"], whole.measures["w"])


def test_a_flow_interrupted_by_hand_gives_what_there_is_and_goes_on(tmp_path):
    calls = 0

    def measure(now):
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return now.loss

    options = {"progress": False, "measures": {"loss": measure}, "checkpoint": tmp_path / "flow.pt"}
    half = eos.flow(eos.quadratic([2.0]), [0, 1, 2, 3], **options)
    assert half.stopped == "stopped before time 2: interrupted; the points before it are kept"
    again = eos.flow(eos.quadratic([2.0]), [0, 1, 2, 3], **options)
    assert again.stopped == "" and again.time.tolist() == [0, 1, 2, 3]
    assert again.w.item() == pytest.approx(math.exp(-6), rel=1e-4)

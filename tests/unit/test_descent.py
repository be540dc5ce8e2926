"""The loop and its record: alignment in time, early stops, and files that come back the same or not at all."""

import dataclasses
import math
import subprocess
import sys

import numpy as np
import pytest
import torch

import eoslib as eos


@pytest.fixture(scope="module")
def objective():
    return eos.Objective(eos.mlp(1, 8, 8, 1, seed=0), eos.chebyshev(4))


@pytest.fixture(scope="module")
def run(objective):
    return eos.descend(
        objective, eos.GradientDescent(lr=0.3), steps=30, k=2, tol=1e-6, progress=False,
        measures={"w": lambda now: now.w, "half of the loss": lambda now: now.loss / 2},
    )  # fmt: skip


def test_loss_and_sharpness_at_index_t_belong_to_the_same_w(objective, run):
    w = objective.w0
    for t in range(31):
        assert run.loss[t] == pytest.approx(objective.loss(w), rel=1e-14)
        if t % 10 == 0:
            exact = torch.linalg.eigvalsh(eos.dense_hessian(objective, w)).flip(0)[:2]
            np.testing.assert_allclose(run.eigenvalues[t], exact, rtol=1e-5)
        last, w = w, w - 0.3 * objective.gradient(w)
    assert torch.equal(run.w, last) and torch.equal(run.w0, objective.w0)
    assert run.step.tolist() == list(range(31)) and run.stopped == ""
    assert run.threshold == pytest.approx(2 / 0.3) and (run.hvps >= 3).all()


def test_measuring_does_not_disturb_the_descent(objective, run):
    blind = eos.descend(objective, eos.GradientDescent(lr=0.3), steps=30, every=0, progress=False)
    np.testing.assert_allclose(blind.loss, run.loss, rtol=1e-12)
    assert np.isnan(blind.sharpness).all() and blind.hvps.sum() == 0


def test_measures_and_time_belong_to_the_same_w(objective, run):
    np.testing.assert_allclose(run.time, 0.3 * np.arange(31), rtol=1e-14)
    np.testing.assert_array_equal(run.measures["half of the loss"], run.loss / 2)
    assert run.measures["w"].shape == (31, 97)
    assert all(objective.loss(torch.tensor(w)) == loss for w, loss in zip(run.measures["w"], run.loss, strict=True))


def test_recording_fewer_points_changes_nothing_else(objective, run):
    thin = eos.descend(objective, eos.GradientDescent(lr=0.3), steps=30, record=7, every=14, progress=False)
    assert thin.step.tolist() == [0, 7, 14, 21, 28, 30]
    np.testing.assert_allclose(thin.loss, run.loss[thin.step], rtol=1e-12)
    assert np.isfinite(thin.sharpness).tolist() == [True, False, True, False, True, False]
    np.testing.assert_allclose(thin.time, run.time[thin.step])
    lost = eos.descend(eos.quadratic([10.0]), eos.GradientDescent(lr=0.3), steps=90, record=50, progress=False,
                       measures={"w": lambda now: now.w})  # fmt: skip
    assert lost.step.tolist() == [0, 10] and np.isnan(lost.measures["w"][-1]).all()  # seen where it happened


def test_sharpness_every_so_often_is_nan_between(objective, run):
    sparse = eos.descend(objective, eos.GradientDescent(lr=0.3), steps=30, every=10, tol=1e-6, progress=False)
    assert np.flatnonzero(np.isfinite(sparse.sharpness)).tolist() == [0, 10, 20, 30]
    np.testing.assert_allclose(sparse.sharpness[::10], run.sharpness[::10], rtol=1e-5)


def test_descent_goes_on_from_where_a_run_ended(objective, run):
    first = eos.descend(objective, eos.GradientDescent(lr=0.3), steps=20, every=0, progress=False)
    rest = eos.descend(objective, eos.GradientDescent(lr=0.3), steps=10, every=0, w=first.w, progress=False)
    np.testing.assert_allclose(rest.loss, run.loss[20:], rtol=1e-12)


def test_divergence_stops_with_a_sentence_and_a_usable_record():
    run = eos.descend(eos.quadratic([10.0]), eos.GradientDescent(lr=0.3), steps=1000, progress=False)
    assert run.stopped.startswith("diverged: the loss is") and "smaller lr" in run.stopped
    assert len(run.loss) < 20 and run.loss[-1] > 1e6 * run.loss[0] >= run.loss[-2]
    assert np.isnan(run.sharpness[-1]) and run.hvps[-1] == 0  # nothing is measured where the run is lost
    np.testing.assert_allclose(run.w.item(), eos.theory.quadratic_path(0.3, 10.0, 1.0, run.step[-1])[-1])


def test_a_loss_that_is_not_finite_stops_the_run():
    cliff = eos.Landscape(lambda w: torch.log(w).sum() + w.sum(), torch.tensor([0.5], dtype=torch.float64))
    run = eos.descend(cliff, eos.GradientDescent(lr=1.0), steps=5, progress=False)
    assert "nan" in run.stopped and len(run.loss) == 2 and math.isfinite(run.sharpness[0])


def test_an_hvp_that_is_not_finite_stops_the_run_and_names_the_step():
    kink = eos.Landscape(lambda w: (w.clamp_min(0) ** 1.5).sum(), torch.tensor([1.0], dtype=torch.float64))
    run = eos.descend(kink, eos.GradientDescent(lr=2 / 3), steps=5, progress=False)
    assert run.stopped.startswith("stopped at step 1") and "nan or inf" in run.stopped and len(run.loss) == 1


def test_ctrl_c_returns_what_there_is():
    calls = 0

    def interrupted(w):
        nonlocal calls
        calls += 1
        if calls > 10:
            raise KeyboardInterrupt
        return 0.5 * w @ w

    bowl = eos.Landscape(interrupted, torch.ones(2, dtype=torch.float64))
    run = eos.descend(bowl, eos.GradientDescent(lr=0.5), steps=100, every=0, progress=False)
    assert "interrupted" in run.stopped and f"at step {len(run.loss)}" in run.stopped
    np.testing.assert_allclose(run.loss, 0.25 ** np.arange(len(run.loss)))
    assert float(0.5 * run.w @ run.w) == run.loss[-1]


def test_ctrl_c_before_the_first_point_is_ctrl_c(monkeypatch, objective):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(objective, "at", interrupt)
    with pytest.raises(KeyboardInterrupt):
        eos.descend(objective, eos.GradientDescent(lr=0.3), steps=3, progress=False)


def test_a_saved_run_comes_back_whole(run, tmp_path):
    back = eos.Trajectory.load(run.save(tmp_path / "run"))
    for field in dataclasses.fields(run):
        ours, theirs = getattr(run, field.name), getattr(back, field.name)
        if field.name == "measures":
            assert list(ours) == list(theirs) == ["w", "half of the loss"]
            assert all(np.array_equal(ours[name], theirs[name]) for name in ours)
        else:
            assert np.array_equal(ours, theirs) if isinstance(ours, np.ndarray | torch.Tensor) else ours == theirs
    assert [f.name for f in tmp_path.iterdir()] == ["run.npz"]


def test_a_name_with_a_dot_in_it_keeps_all_of_it(run, tmp_path):
    names = [run.save(tmp_path / name).name for name in ("edge_0.1", "edge_0.2", "edge.npz")]
    assert names == ["edge_0.1.npz", "edge_0.2.npz", "edge.npz"]


@pytest.mark.parametrize("offset", [0.0, -0.5])
def test_a_loss_that_starts_at_zero_or_below_is_not_divergence(offset):
    hill = eos.Landscape(lambda w: w.sin().sum() + offset, torch.zeros(1, dtype=torch.float64))
    run = eos.descend(hill, eos.GradientDescent(lr=6.0), steps=5, progress=False)  # jumps to where sin is positive
    assert run.stopped == "" and len(run.loss) == 6 and run.loss.max() > run.loss[0]


def test_provenance_says_where_a_run_came_from(run):
    assert run.provenance["objective"].startswith("tanh network 1-8-8-1")
    assert run.provenance["optimizer"] == "GradientDescent(lr=0.3)"
    assert run.provenance["steps"] == 30 and run.provenance["seed"] == 0
    assert run.provenance["versions"]["torch"] == torch.__version__
    assert {"revision", "hardware", "platform"} <= set(run.provenance)


@pytest.mark.parametrize("damage", ["truncated", "text", "pickle", "other npz", "flipped", "older format"])
def test_a_damaged_or_foreign_file_is_one_clear_error(run, tmp_path, damage):
    path = run.save(tmp_path / "run.npz")
    whole = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "text":
        path.write_text("not a run")
    elif damage == "pickle":
        with path.open("wb") as file:
            np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    elif damage == "older format":
        with np.load(path) as file:
            arrays = dict(file)
        arrays["head"] = np.array(str(arrays["head"]).replace("eoslib-trajectory-2", "eoslib-trajectory-1"))
        np.savez(path, **arrays)
    elif damage == "other npz":
        np.savez(path, a=np.ones(3))
    else:
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes(b ^ 255 for b in whole[middle : middle + 40]) + whole[middle + 40 :])
    with pytest.raises(ValueError, match="not a run that this version of eoslib saved"):
        eos.Trajectory.load(path)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npz"):
        eos.Trajectory.load(tmp_path / "nowhere.npz")


def test_a_record_cannot_be_changed(run):
    with pytest.raises(ValueError, match="read-only"):
        run.loss[0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.lr = 1


def test_late_and_crossing(run):
    made = dataclasses.replace(
        run, step=np.arange(10), loss=np.ones(10), hvps=np.ones(10, dtype=int), thresholds=np.full(10, 10.0),
        eigenvalues=np.array([[1.0], [5], [9], [10], [11], [12], [10], [9], [10], [11]]),
    )  # fmt: skip
    assert made.crossing() == 4
    assert made.late(0.3) == pytest.approx(1.0)
    assert dataclasses.replace(made, thresholds=np.full(10, 99.0)).crossing() is None
    moved = dataclasses.replace(made, thresholds=np.array([10.0] * 6 + [20.0] * 4))
    assert moved.crossing() == 4 and moved.late(0.3) == pytest.approx(0.5) and moved.threshold == 20
    with pytest.raises(ValueError, match="share is 0"):
        made.late(0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"steps": 0}, "steps=0"),
        ({"steps": 1, "every": -1}, "every=-1"),
        ({"steps": 1, "record": 0}, "record=0"),
        ({"steps": 1, "blowup": 1}, "blowup=1"),
        ({"steps": 1, "blowup": math.nan}, "blowup=nan"),
        ({"steps": 1, "k": 0}, "k=0"),
        ({"steps": 1, "w": torch.ones(3, dtype=torch.float64)}, r"shape \(3,\)"),
        ({"steps": 1, "w": torch.full((97,), math.nan, dtype=torch.float64)}, "loss at the start is nan"),
    ],
)
def test_bad_input_is_a_sentence(objective, options, says):
    assert len(objective.w0) == 97
    with pytest.raises(ValueError, match=says):
        eos.descend(objective, eos.GradientDescent(lr=0.1), progress=False, **options)


def test_a_run_prints_as_a_sentence(run):
    assert str(run).startswith("31 points to step 30: loss ") and repr(run) == str(run)
    assert "(threshold 6.667)" in str(run)


def test_what_is_no_optimizer_of_ours_is_a_sentence(objective):
    rules = [eos.GradientDescent(lr=0.1), eos.GradientDescent(lr=0.2)]
    with pytest.raises(ValueError, match="For lists of them there is sweep"):
        eos.descend(objective, rules, steps=1)
    with pytest.raises(ValueError, match=r"and SGD \("):
        eos.Descent(objective, torch.optim.SGD([objective.w0], lr=0.1))
    with pytest.raises(ValueError, match="got Sequential and Grad"):
        eos.Descent(objective.network, rules[0])


def test_a_step_needs_the_gradient_of_the_point_it_leaves():
    run = eos.Descent(eos.quadratic([1.0, 2.0]), eos.GradientDescent(lr=0.1))
    with pytest.raises(ValueError, match="Nothing is recorded yet"):
        run.trajectory()
    with pytest.raises(ValueError, match="no gradient at step 0; call visit"):
        run.advance()
    run.visit()
    run.advance()
    with pytest.raises(ValueError, match="no gradient at step 1; call visit"):
        run.advance()


def test_a_loop_that_goes_on_records_every_point_once(objective):
    run, whole = (eos.Descent(objective, eos.GradientDescent(lr=0.3), every=2) for _ in range(2))
    while run.visit() and run.t < 3:
        run.advance()
    other = eos.Descent(objective, eos.GradientDescent(lr=0.3), every=2)
    other.load_state_dict(run.state_dict())
    for goes_on in (run, other):
        while goes_on.visit() and goes_on.t < 5:
            goes_on.advance()
    while whole.visit() and whole.t < 5:
        whole.advance()
    for goes_on in (run, other):
        assert goes_on.trajectory().step.tolist() == [0, 1, 2, 3, 4, 5]
        assert torch.equal(goes_on.w, whole.w)


def test_a_loss_of_minus_infinity_is_not_finite():
    hole = eos.descend(eos.quadratic([-1.0]), eos.GradientDescent(lr=1.0), steps=2000, every=0, progress=False)
    assert "the loss is -inf at step 513" in hole.stopped and len(hole.loss) == 514
    both = eos.sweep(eos.quadratic([-1.0]), [eos.GradientDescent(lr=1.0), eos.GradientDescent(lr=0.1)], steps=600,
                     every=0, progress=False)  # fmt: skip
    assert both[0].stopped == hole.stopped and both[1].stopped == ""


def test_a_schedule_that_ends_at_zero_keeps_the_run():
    """Cosine annealing: 0 at the last point, where no step is to come."""
    rule = eos.GradientDescent(lambda t, _: 0.1 * (1 + math.cos(math.pi * t / 10)) / 2)
    run = eos.descend(eos.quadratic([1.0]), rule, steps=10, progress=False)
    assert run.step[-1] == 9 and "the schedule gives the step size 0.0 at step 10" in run.stopped


def test_what_was_never_measured_has_no_late_mean(objective):
    run = eos.descend(objective, eos.GradientDescent(lr=0.3), steps=3, every=0, progress=False)
    assert math.isnan(run.late()) and run.crossing() is None


def test_a_measure_may_be_an_array_but_always_of_one_shape(objective):
    numpy = eos.descend(objective, eos.GradientDescent(lr=0.3), steps=2, every=0, progress=False,
                        measures={"w": lambda now: now.w[:3].numpy()})  # fmt: skip
    assert numpy.measures["w"].shape == (3, 3)
    with pytest.raises(ValueError, match=r"'pairs' has shape \(\) at step 1 and had \(2,\)"):
        eos.descend(objective, eos.GradientDescent(lr=0.3), steps=2, every=2, k=2, progress=False,
                    measures={"pairs": lambda now: now.pairs.values if now.pairs else math.nan})  # fmt: skip


OPTIMIZERS = {
    "gd": eos.GradientDescent(lr=0.3),
    "adam": eos.Adam(lr=eos.WarmUp(1e-3, steps=20)),
    "sgd": eos.SGD(lr=0.1, batch=7),
    "polyak": eos.Polyak(lr=eos.Drop(0.2, 0.05, at=15), beta=0.5),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_interrupted_run_ends_with_the_same_bits(name, objective, tmp_path, monkeypatch):
    options = {"steps": 40, "k": 2, "every": 3, "record": 3 if name == "sgd" else 1, "progress": False,
               "measures": {"w": lambda now: now.w, "accuracy": lambda now: now.loss / 3}}  # fmt: skip
    whole = eos.descend(objective, OPTIMIZERS[name], **options)
    monkeypatch.setattr("eoslib.checkpoint.SAVE_EVERY", 0.0)
    step, calls = eos.descent.Descent.advance, 0

    def advance(run):
        nonlocal calls
        calls += 1
        if calls == 24:
            raise RuntimeError("the power failed")
        step(run)

    path = tmp_path / "deep" / "run.pt"
    monkeypatch.setattr(eos.descent.Descent, "advance", advance)
    with pytest.raises(RuntimeError, match="power"):
        eos.descend(objective, OPTIMIZERS[name], **options, checkpoint=path)
    parts = [eos.descend(objective, OPTIMIZERS[name], **options, checkpoint=path) for _ in range(2)]
    assert calls == 24 + 40 - 23, "no step before the last checkpoint is taken again, and none of a whole run"
    for part in parts:
        assert np.array_equal(part.loss, whole.loss) and torch.equal(part.w, whole.w)
        assert np.array_equal(part.eigenvalues, whole.eigenvalues, equal_nan=True)
        assert np.array_equal(part.measures["w"], whole.measures["w"]) and np.array_equal(part.hvps, whole.hvps)
    assert [f.name for f in path.parent.iterdir()] == ["run.pt"]


def test_a_checkpoint_serves_its_own_run_only(objective, tmp_path):
    path = tmp_path / "run.pt"
    eos.descend(objective, eos.GradientDescent(lr=0.3), steps=3, progress=False, checkpoint=path)
    with pytest.raises(ValueError, match=r"another run: optimizer was GradientDescent\(lr=0.3\) and is .*lr=0.2"):
        eos.descend(objective, eos.GradientDescent(lr=0.2), steps=3, progress=False, checkpoint=path)
    elsewhere = objective.w0 + 1
    with pytest.raises(ValueError, match="another run: w0 was"):
        eos.descend(objective, eos.GradientDescent(lr=0.3), steps=3, w=elsewhere, progress=False, checkpoint=path)
    old = torch.load(path, weights_only=True)
    del old["identity"]["loss at w0"]
    torch.save(old, path)
    with pytest.raises(ValueError, match="another run: loss at w0 was not noted and is"):
        eos.descend(objective, eos.GradientDescent(lr=0.3), steps=3, progress=False, checkpoint=path)
    torch.save(objective.w0, path)
    with pytest.raises(ValueError, match=r"run.pt is not a checkpoint .* Remove it to begin again"):
        eos.descend(objective, eos.GradientDescent(lr=0.3), steps=3, progress=False, checkpoint=path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match=r"run.pt is not a checkpoint .* Remove it to begin again"):
        eos.descend(objective, eos.GradientDescent(lr=0.3), steps=3, progress=False, checkpoint=path)


def test_a_diverged_run_stays_so_when_it_is_taken_up_again(tmp_path):
    runs = [eos.descend(eos.quadratic([10.0]), eos.GradientDescent(lr=0.3), steps=100, progress=False,
                        checkpoint=tmp_path / "run.pt") for _ in range(2)]  # fmt: skip
    assert runs[1].stopped == runs[0].stopped != "" and np.array_equal(runs[0].loss, runs[1].loss)


def test_a_schedule_without_a_name_is_known_again_in_another_process(objective, tmp_path):
    """The address in its repr is another one there."""
    rules = [eos.GradientDescent(lambda t, _: 0.1) for _ in range(2)]
    assert repr(rules[0]) != repr(rules[1])
    runs = [eos.descend(objective, rule, steps=3, progress=False, checkpoint=tmp_path / "run.pt") for rule in rules]
    assert np.array_equal(runs[0].loss, runs[1].loss)


def test_a_checkpoint_that_cannot_be_written_is_known_before_the_first_step(objective, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        eos.descend(objective, eos.GradientDescent(0.1), steps=3, progress=False, checkpoint=tmp_path / "file" / "a.pt",
                    measures={"step": lambda now: pytest.fail("a step was taken")})  # fmt: skip


def test_files_are_as_readable_as_any_other(objective, tmp_path):
    run = eos.descend(objective, eos.GradientDescent(0.1), steps=3, progress=False, checkpoint=tmp_path / "run.pt")
    (tmp_path / "other").write_text("")
    assert {file.stat().st_mode for file in (run.save(tmp_path / "run"), *tmp_path.iterdir())} == {
        (tmp_path / "other").stat().st_mode
    }


def test_the_revision_is_that_of_a_repository_that_holds_the_library(tmp_path, monkeypatch):
    """Installed into a virtual environment in somebody's repository, it is not of their revision."""
    trajectory = eos.descent.Trajectory.__module__
    module = sys.modules[trajectory]
    inside = tmp_path / "venv" / "trajectory.py"
    inside.parent.mkdir()
    inside.write_text("")
    commands = (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "theirs"])
    for command in commands:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *command], cwd=tmp_path, check=True)
    monkeypatch.setattr(module, "__file__", str(inside))
    assert module._revision.__wrapped__() == ""
    subprocess.run(["git", "add", "-f", str(inside)], cwd=tmp_path, check=True)
    assert module._revision.__wrapped__() != ""

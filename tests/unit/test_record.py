"""Recorded runs: what comes back is what was measured, to six digits; files that are not records say so."""

import json
import math
import os
from dataclasses import replace

import numpy as np
import pytest
import torch

import eoslib as eos
from eoslib.record import COLUMNS, LIMIT, pack, unpack
from eoslib.thinning import thin


@pytest.fixture(scope="module")
def run():
    """Gradient descent that crosses 2/η, with a measure of each shape and every third point measured."""
    objective = eos.Objective(eos.mlp(1, 8, 8, 1, seed=0), eos.chebyshev(4))
    return eos.descend(
        objective, eos.GradientDescent(lr=0.6), steps=300, k=2, every=3, progress=False,
        measures={"half": lambda now: now.loss / 2, "first": lambda now: now.w[:3]},
    )  # fmt: skip


@pytest.fixture(scope="module")
def densities():
    bowl = eos.quadratic([1.0, 2.0, 30.0])
    return {t: eos.spectral_density(bowl, bowl.w0, points=80) for t in (300, 0)}


def test_a_record_comes_back_to_six_digits(run, densities, tmp_path):
    path = eos.save_record(run, tmp_path / "edge_0.6", title="Chebyshev", experiment="cheb", densities=densities)
    assert path == tmp_path / "edge_0.6.json" and os.listdir(tmp_path) == ["edge_0.6.json"]
    back = eos.load_record(path)
    assert (back.title, back.experiment, back.thinned, back.stopped) == ("Chebyshev", "cheb", "", "")
    assert back.provenance == run.provenance and len(back.w0) == len(back.w) == 0
    for name in COLUMNS:
        got, expected = getattr(back, name), getattr(run, name)
        assert got.shape == expected.shape and got.dtype == expected.dtype, name
        np.testing.assert_allclose(got, expected, rtol=5e-6, err_msg=name)
    assert np.isnan(back.sharpness[1]) and np.isfinite(back.sharpness[::3]).all()
    assert back.threshold == run.threshold == 2 / back.lr  # a column that stands still is exact
    for name, values in run.measures.items():
        np.testing.assert_allclose(back.measures[name], values, rtol=5e-6)
    assert back.crossing() == run.crossing() and back.late() == pytest.approx(run.late(), rel=1e-5)
    assert list(back.densities) == [0, 300]
    for name in ("grid", "density", "standard_error"):
        expected = getattr(densities[0], name)
        np.testing.assert_allclose(getattr(back.densities[0], name), expected, rtol=5e-5, atol=1e-300)
    assert back.densities[300].hvps == densities[300].hvps
    assert back.densities[0].width == pytest.approx(densities[0].width, rel=1e-5)


def test_a_record_of_a_record_is_the_same_file(run, densities, tmp_path):
    first = eos.save_record(run, tmp_path / "a.json", title="t", densities=densities)
    back = eos.load_record(first)
    again = eos.save_record(back, tmp_path / "b.json", title=back.title, densities=back.densities)
    assert json.loads(again.read_text("utf-8")) == json.loads(first.read_text("utf-8"))


def test_the_late_sharpness_is_rounded_once(run):
    """The mean of rounded values, rounded, is not always the rounded mean: of these twenty some would differ."""
    packed = [pack(replace(run, eigenvalues=run.eigenvalues * (1 + i / 7)), title="t") for i in range(20)]
    assert [pack(unpack(content), title="t")["late"] for content in packed] == [content["late"] for content in packed]


def test_a_browser_can_read_it(run, tmp_path):
    """JSON has no NaN and no Infinity, and a step is a whole number however long the run."""
    still = {"thresholds": np.full(301, math.inf), "loss": np.full(301, -math.inf)}
    strange = replace(run, step=run.step + 12_345_678, **still)
    text = eos.save_record(strange, tmp_path / "a", title="η").read_text("utf-8")
    data = json.loads(text, parse_constant=lambda word: pytest.fail(word))
    assert data["eigenvalues"][1] == [None, None] and data["thresholds"] == "inf" and data["loss"] == "-inf"
    assert data["step"][1] == 12_345_679 and '"title":"η"' in text
    back = eos.load_record(tmp_path / "a.json")
    assert (back.thresholds == math.inf).all() and (back.loss == -math.inf).all() and back.step[0] == 12_345_678


def test_it_draws_like_the_run_it_is_of(run, tmp_path):
    back = eos.load_record(eos.save_record(run, tmp_path / "a", title="t"))
    above, below = eos.plots.edge(back)
    np.testing.assert_allclose(above.lines[0].get_ydata(), run.loss, rtol=5e-6)
    assert [text.get_text() for text in below.texts] == ["2/η = 3.33"]
    eos.plots.plt.close("all")


def test_only_the_measures_asked_for(run, tmp_path):
    back = eos.load_record(eos.save_record(run, tmp_path / "a", title="t", measures=["half"]))
    assert list(back.measures) == ["half"]


def spiky(n):
    """A made-up run of n points that swings with period 2, crosses 20 once and spikes once."""
    t = np.arange(n)
    swing = np.where(t % 2 == 0, 1.0, 2.0)
    spike = np.where(t == 3 * n // 4 + 1, 50.0, 0.0)
    return eos.Trajectory(
        step=t, time=0.1 * t, loss=swing + spike, eigenvalues=(30.0 * t / n + swing)[:, None], hvps=np.ones(n, int),
        lrs=np.full(n, 0.1), thresholds=np.full(n, 20.0), measures={}, w0=torch.empty(0), w=torch.empty(0),
        stopped="", provenance={},
    )  # fmt: skip


def test_a_thinned_run_keeps_its_swings_its_spike_and_its_crossing():
    run = spiky(5000)
    kept, says = thin(run, 300)
    assert 200 <= len(kept) <= 300 and kept[0] == 0 and kept[-1] == 4999 and (np.diff(kept) > 0).all()
    assert run.loss.argmax() in kept
    crossing = run.crossing()
    assert set(range(crossing - 20, crossing + 40)) <= set(kept.tolist())
    for part in np.array_split(np.arange(1, 4999), 59):  # the plot's every column shows both ends of the swing
        inside = kept[(kept >= part[0]) & (kept <= part[-1])]
        assert run.loss[inside].min() == run.loss[part].min() and run.loss[inside].max() == run.loss[part].max()
    assert says.startswith(f"{len(kept)} of 5000 points are kept: the first, the last, 60 around the first crossing")
    assert thin(spiky(300), 300)[1] == ""


@pytest.mark.parametrize("edit", ["never measured", "never crosses", "crosses at once", "last is lost"])
def test_every_kind_of_run_can_be_thinned(edit):
    run = spiky(400)
    if edit == "never measured":
        run = replace(run, eigenvalues=np.full((400, 1), math.nan))
    elif edit == "last is lost":
        run = replace(run, loss=np.where(run.step == 399, math.nan, run.loss))
    else:
        run = replace(run, thresholds=np.full(400, 99.0 if edit == "never crosses" else 0.5))
    kept, says = thin(run, 50)
    assert 20 <= len(kept) <= 50 and kept[0] == 0 and kept[-1] == 399
    assert ("crossing" in says) == (edit in ("crosses at once", "last is lost"))


def test_a_thinned_record_knows_the_late_sharpness_of_the_whole_run(tmp_path):
    run = spiky(2000)
    back = eos.load_record(eos.save_record(run, tmp_path / "a", title="t", points=40))
    assert len(back.step) <= 40 and back.thinned and back.late() == pytest.approx(run.late(), rel=1e-5)
    assert abs(eos.Trajectory.late(back) - run.late()) > 1e-3  # what the kept points alone would say
    with pytest.raises(ValueError, match=r"share is 0\.5; points were left out"):
        back.late(0.5)


def test_a_run_that_was_never_measured_has_a_record(tmp_path):
    run = eos.descend(eos.quadratic([1.0]), eos.GradientDescent(lr=0.1), steps=3, every=0, progress=False)
    back = eos.load_record(eos.save_record(run, tmp_path / "a", title="t"))
    assert np.isnan(back.whole) and np.isnan(back.sharpness).all()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"points": 19}, "points is 19; a record keeps at least 20"),
        ({"measures": ["accuracy"]}, "no measure 'accuracy'; it has half, first"),
        ({"densities": {301: None}}, "density is of step 301; the run goes from 0 to 300"),
    ],
)
def test_bad_options_are_sentences_and_write_nothing(run, tmp_path, options, says):
    with pytest.raises(ValueError, match=says):
        eos.save_record(run, tmp_path / "a", title="t", **options)
    assert os.listdir(tmp_path) == []


def test_a_record_is_small_or_refused(run, tmp_path):
    wide = replace(run, measures={"w": np.random.default_rng(0).normal(size=(301, 120))})
    with pytest.raises(ValueError, match=r"takes \d+ KB of 300; keep fewer points"):
        eos.save_record(wide, tmp_path / "a", title="t")
    assert os.listdir(tmp_path) == []
    assert eos.save_record(wide, tmp_path / "a", title="t", points=150).stat().st_size <= LIMIT


@pytest.mark.parametrize("damage", ["truncated", "bytes", "list", "figure", "later", "no loss", "short", "word",
                                    "steps", "flat", "title", "density", "empty", "nested"])  # fmt: skip
def test_a_wrong_file_is_one_sentence(run, densities, tmp_path, damage):
    path = eos.save_record(run, tmp_path / "a", title="t", densities=densities)
    whole = path.read_text("utf-8")
    data = json.loads(whole)
    edits = {
        "later": {"format": "eoslib-record-2"}, "short": {"loss": data["loss"][:-1]}, "word": {"loss": ["much"] * 301},
        "steps": {"step": [0] * 301}, "flat": {"eigenvalues": 3}, "title": {"title": None},
        "density": {"densities": [{"step": 1, "grid": [0, 1], "density": [1]}]}, "empty": {"step": []},
    }  # fmt: skip
    if damage == "truncated":
        path.write_text(whole[: len(whole) // 2])
    elif damage == "bytes":
        path.write_bytes(b"\x93NUMPY\xff\xfe")
    elif damage == "nested":
        path.write_text("[" * 100_000)
    elif damage in edits:
        path.write_text(json.dumps(data | edits[damage]))
    else:
        data.pop("loss")
        path.write_text(json.dumps({"list": [1, 2], "figure": {"rows": []}, "no loss": data}[damage]))
    with pytest.raises(ValueError, match=r"a\.json is not a recorded run, or it is damaged: .*\S"):
        eos.load_record(path)


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        eos.load_record(tmp_path / "nowhere.json")


def test_a_run_of_one_point_has_a_record(run, tmp_path):
    first = eos.Descent(eos.quadratic([1.0, 2.0]), eos.GradientDescent(0.1), k=2, measures={"w": lambda now: now.w})
    first.visit()
    back = eos.load_record(eos.save_record(first.trajectory(), tmp_path / "one", title="one"))
    assert back.step.tolist() == [0] and back.loss.tolist() == [1.5] and back.lr == 0.1
    assert back.eigenvalues.tolist() == [[2.0, 1.0]] and back.measures["w"].tolist() == [[1.0, 1.0]]

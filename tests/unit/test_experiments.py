"""The paper's experiments: the list is whole, runs are judged and kept, and the command says what happened."""

import json
import math
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

import eoslib as eos
from eoslib import experiments
from eoslib.cli import main
from eoslib.experiment import SOURCES, Desk, Experiment, Finding
from eoslib.experiments import EXPERIMENTS, outcomes, reproduce, table

QUICK = ("definition", "fig2", "growth")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_says_what_it_is(name):
    one = EXPERIMENTS[name]
    assert one.claim.endswith((".", "?")) and one.source in SOURCES and re.fullmatch("[a-z0-9-]+", name)
    assert (one.small is None) == (not one.setup) and (one.full is None) == (not one.full_setup)
    assert one.small or one.why, "what is not run says why"
    assert one.paper or one.source in ("unconfirmed", "others")


def test_what_is_not_confirmed_gives_no_number_as_the_papers():
    unconfirmed = [one.paper for one in EXPERIMENTS.values() if one.source == "unconfirmed"]
    assert unconfirmed and not any(re.search(r"\d", paper) for paper in unconfirmed)


def test_a_finding_holds_in_its_interval_and_nan_never_does():
    assert Finding("x", 1.0, 1, 2).holds and not Finding("x", 2.1, 1, 2).holds
    assert not Finding("x", math.nan).holds and not Finding("x", math.nan, -math.inf, math.inf).holds


def test_the_verdict_is_matched_only_in_the_papers_own_configuration():
    good, bad = Finding("x", 1.0, 0, 2), Finding("y", 3.0, 0, 2)
    ours, theirs = Experiment("a", "", "", "text"), Experiment("b", "", "", "text", same=True)
    assert ours.verdict([good], "small") == "qualitatively" and ours.verdict([good], "paper") == "matched"
    assert theirs.verdict([good], "small") == "matched" and theirs.verdict([good, bad], "small") == "differs"


@pytest.mark.parametrize("name", QUICK)
def test_the_quick_ones_hold(name, tmp_path):
    outcome = reproduce(name, tmp_path, progress=False)
    assert outcome["verdict"] == "matched" and outcome["findings"]
    file = tmp_path / "small" / f"{name}.outcome.json"
    assert outcomes(tmp_path)[name, "small"] == json.loads(file.read_text("utf-8"))
    assert {"versions", "revision", "hardware", "date", "seconds"} <= set(outcome["provenance"])


def test_the_table_shows_outcomes_and_says_what_was_not_run(tmp_path):
    reproduce("growth", tmp_path, progress=False)
    page = table(outcomes(tmp_path))
    assert page.count("<tr>") == len(EXPERIMENTS) + 1
    row = next(part for part in page.split("<tr>") if "<code>growth</code>" in part)
    assert "growth in 24 steps: 9.85" in row and "matched" in row and SOURCES["derived"] in row
    other = next(part for part in page.split("<tr>") if "<code>fig4</code>" in part)
    assert other.count("not run") >= 2 and "4,350" in other and "matched" not in other


def test_a_wrong_outcome_file_is_a_sentence(tmp_path):
    (tmp_path / "x.outcome.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"x.outcome.json is not an outcome that eoslib wrote .* reproduce it again"):
        outcomes(tmp_path)


def test_bad_names_and_scales_are_sentences(tmp_path, capsys):
    with pytest.raises(ValueError, match="no experiment 'fig99'; choose one of abstract"):
        reproduce("fig99", tmp_path)
    with pytest.raises(ValueError, match=r"growth cannot be run: .* use small"):
        reproduce("growth", tmp_path, scale="paper")
    with pytest.raises(ValueError, match=r"scale is 'big'; use small or paper"):
        reproduce("standard-networks", tmp_path, scale="big")
    assert main(["reproduce", "fig4", "--scale", "paper", "--out", str(tmp_path)]) == 2
    assert "give its file with --data" in capsys.readouterr().err
    assert main(["reproduce", "standard-networks", "--out", str(tmp_path)]) == 2
    assert "no GPU was at hand" in capsys.readouterr().err


def test_the_list_names_every_experiment(capsys):
    assert main(["reproduce", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(EXPERIMENTS)


def test_the_command_prints_paper_ours_and_verdict_and_fails_when_a_check_does(tmp_path, capsys, monkeypatch):
    assert main(["reproduce", "growth", "--quiet", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "paper    At 1.05 × 2/η: 1.1 a step" in said and "verdict  matched" in said
    wrong = Experiment("growth", "", "c", "text", setup="s", small=lambda desk: [Finding("x", 3.0, 0, 1)])
    monkeypatch.setitem(experiments.EXPERIMENTS, "growth", wrong)
    assert main(["reproduce", "growth", "--quiet", "--out", str(tmp_path)]) == 1
    assert "verdict  differs" in capsys.readouterr().out


def test_runs_are_kept_recorded_and_taken_up_again(tmp_path):
    desk = Desk(tmp_path, experiment="x", progress=False)
    bowl = eos.quadratic([1.0, 10.0])
    run = desk.descend("bowl", bowl, eos.GradientDescent(lr=0.1), steps=30)
    smooth = desk.flow("smooth", bowl, [0.0, 0.5, 1.0])
    assert [path.name for path in desk.written] == ["bowl.json", "smooth.json"]
    assert eos.load_record(tmp_path / "bowl.json").loss[-1] == pytest.approx(run.loss[-1], rel=1e-5)
    again = Desk(tmp_path, experiment="y", progress=False).flow("smooth", bowl, [0.0, 0.5, 1.0])
    assert np.array_equal(again.loss, smooth.loss) and torch.equal(again.w, smooth.w)
    for other in ({"landscape": eos.quadratic([1.0, 3.0])}, {"times": [0.0, 0.7, 1.0]}, {"rtol": 1e-3}):
        with pytest.raises(ValueError, match="a checkpoint of another run"):
            desk.flow("smooth", **{"landscape": bowl, "times": [0.0, 0.5, 1.0]} | other)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--device", "cuda"], "small scale runs on the CPU alone; leave out the device 'cuda'"),
        (["--device", "cuda", "--scale", "paper"], "no device 'cuda' here"),
        (["--device", "banana", "--scale", "paper"], "no device 'banana' here"),
        (["--out", "file"], "cannot be made"),
    ],
)
def test_what_the_command_cannot_do_is_a_sentence(options, says, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(["reproduce", "fig4", "--quiet", *options]) == 2
    assert says in capsys.readouterr().err


def test_no_threads_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["reproduce", "growth", "--threads", "0"])
    assert "0 is no number of threads; give at least 1" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["kept", "plain", "flow"])
def test_half_a_run_is_not_judged(kind, tmp_path, capsys, monkeypatch):
    """Ctrl-C inside a run, which descend and flow answer with the points they have."""
    bowl, points = eos.quadratic([1.0, 10.0]), 0

    def measure(now):
        nonlocal points
        points += 1
        if points == 5:
            signal.raise_signal(signal.SIGINT)
        return now.loss

    def run(desk):
        options = {"measures": {"loss": measure}}
        if kind == "flow":
            end = desk.flow("run", bowl, np.linspace(0, 1, 11), **options)
        elif kind == "kept":
            end = desk.descend("run", bowl, eos.GradientDescent(0.1), steps=10, **options)
        else:
            end = eos.descend(bowl, eos.GradientDescent(0.1), steps=10, progress=False, **options)
        return [Finding("points", len(end.loss), 11, 11)]

    monkeypatch.setitem(EXPERIMENTS, "x", Experiment("x", "", "", "text", setup="s", small=run))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background ignores it
    try:
        assert main(["reproduce", "x", "--quiet", "--out", str(tmp_path)]) == 130
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert "goes on from the last checkpoint" in capsys.readouterr().err and not outcomes(tmp_path)
    assert main(["reproduce", "x", "--quiet", "--out", str(tmp_path)]) == 0


def test_an_interrupted_command_goes_on_and_ends_the_same(tmp_path):
    """The process is killed in the middle of a run; the same command then ends with the bits of one never killed."""
    code = """
import sys
import eoslib as eos, eoslib.checkpoint
from eoslib.cli import main
from eoslib.experiment import Experiment, Finding
from eoslib.experiments import EXPERIMENTS
from eoslib.small import chebyshev4

def run(desk):
    end = desk.descend("tiny", chebyshev4(0, 10), eos.GradientDescent(lr=0.2), steps=1500)
    return [Finding("loss", end.loss[-1], 0, 1)]

eoslib.checkpoint.SAVE_EVERY = 0.3
EXPERIMENTS["tiny"] = Experiment("tiny", "", "", "text", setup="s", small=run)
sys.exit(main(["reproduce", "tiny", "--quiet", "--out", sys.argv[1]]))
"""
    command = [sys.executable, "-c", code]
    file = tmp_path / "a" / "small" / "runs" / "tiny.pt"
    killed = subprocess.Popen([*command, str(tmp_path / "a")], stdout=subprocess.DEVNULL)
    while not (file.exists() and torch.load(file, weights_only=True)["state"]["t"]):
        assert killed.poll() is None
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not torch.load(file, weights_only=True)["state"]["done"]
    for folder in ("a", "b"):
        subprocess.run([*command, str(tmp_path / folder)], check=True, stdout=subprocess.DEVNULL)
    records = [json.loads((tmp_path / f / "small" / "tiny.json").read_text("utf-8")) for f in ("a", "b")]
    assert records[0]["loss"] == records[1]["loss"] and records[0]["eigenvalues"] == records[1]["eigenvalues"]
    states = [torch.load(tmp_path / f / "small/runs/tiny.pt", weights_only=True)["state"] for f in ("a", "b")]
    assert torch.equal(states[0]["w"], states[1]["w"])

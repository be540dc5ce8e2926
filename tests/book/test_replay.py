"""Replay on the Python side: files, records and runs; sentences; the printed figure; in step with its module."""

import copy
import html
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup

import eoslib as eos
from eoslib.record import FORMAT, pack
from eoslib.replay import Replay
from tests.book.test_explorables import node_says


@pytest.fixture(scope="module")
def run() -> eos.Trajectory:
    objective = eos.Objective(eos.mlp(1, 8, 1, seed=0), eos.chebyshev(3))
    return eos.descend(
        objective, eos.GradientDescent(lr=0.5), steps=40, k=2, every=2, progress=False,
        measures={"half": lambda now: now.loss / 2, "first": lambda now: now.w[:2]},
    )  # fmt: skip


@pytest.fixture
def file(run: eos.Trajectory, tmp_path: Path) -> Path:
    bowl = eos.quadratic([1.0, 2.0])
    densities = {0: eos.spectral_density(bowl, bowl.w0, points=80)}
    return eos.save_record(run, tmp_path / "a.json", title="Chebyshev", densities=densities)


def test_files_records_runs_and_their_contents_are_the_same_replay(run: eos.Trajectory, file: Path) -> None:
    content = json.loads(file.read_text("utf-8"))
    for records in (file, str(file), [str(file)], (file,), eos.load_record(file), content, [content]):
        assert Replay(records).records == [content]
    two = Replay([file, run], run=1, step=run.step[3], measure="half", title="Two")
    assert [record["title"] for record in two.records] == ["Chebyshev", str(run.provenance["objective"])]
    assert (two.run, two.step) == (1, 3)
    assert repr(two).startswith("Replay('Chebyshev', 'tanh network")
    assert eos.Replay is Replay


def test_a_thinned_record_stays_known_as_one(run: eos.Trajectory, tmp_path: Path) -> None:
    path = eos.save_record(run, tmp_path / "a", title="t", points=20)
    record = Replay(path).records[0]
    assert record == json.loads(path.read_text("utf-8"))
    assert "of 41 points are kept" in record["thinned"]
    assert record["late"] == pytest.approx(run.late(), rel=1e-5)


def test_the_page_holds_the_records_and_they_can_be_read_there(file: Path) -> None:
    mount = BeautifulSoup(Replay.static_html({"records": [file], "title": "η"}), "html.parser").find(class_="eos-mount")
    assert mount
    state = json.loads(str(mount["data-eos-state"]), parse_constant=lambda word: pytest.fail(word))
    assert state["records"] == [json.loads(file.read_text("utf-8"))]
    assert (state["title"], state["run"], state["step"]) == ("η", 0, None)


def spoilt(content: dict[str, Any], **change: Any) -> dict[str, Any]:
    return {**copy.deepcopy(content), **change}


def test_bad_values_are_sentences(run: eos.Trajectory, file: Path, tmp_path: Path) -> None:
    content, wrong = json.loads(file.read_text("utf-8")), tmp_path / "wrong.json"
    wrong.write_text('{"rows": []}')
    bad: list[tuple[Any, dict[str, Any], str]] = [
        ((), {}, "records is empty; give at least one"),
        (3, {}, r"records is 3; give 1 to 12 files"),
        ([file] * 13, {}, "give 1 to 12 files"),
        (wrong, {}, r"wrong\.json is not a recorded run, or it is damaged: its format is None"),
        ([file, 3], {}, r"records\[1\] is not a recorded run"),
        (spoilt(content, loss=[1.0]), {}, r"records\[0\] is not a recorded run: loss has 1 entries for 41 points"),
        (file, {"run": 1}, "run is 1; there are 1 records"),
        (file, {"measure": "accuracy"}, "measure is 'accuracy'; the records have first, half"),
        (file, {"step": -1}, "step is -1"),
        (file, {"step": 1.5}, "step is 1.5"),
        (file, {"speed": 2}, "Replay does not know 'speed'"),
    ]
    for records, state, sentence in bad:
        with pytest.raises(ValueError, match=sentence):
            Replay(records, **state)
    with pytest.raises(FileNotFoundError):
        Replay(tmp_path / "nowhere.json")


def test_an_assignment_is_checked_too(file: Path) -> None:
    replay = Replay(file)
    with pytest.raises(ValueError, match="run is 1"):
        replay.run = 1
    replay.records = [file, file]
    replay.run = 1
    assert len(replay.records) == 2


def points(line: Any) -> np.ndarray:
    return np.array([pair.split(",") for pair in str(line["points"]).split()], dtype=float)


def test_the_printed_figure_is_the_run(run: eos.Trajectory, file: Path) -> None:
    figure = BeautifulSoup(Replay.static_html({"records": [file]}), "html.parser").svg
    assert figure
    loss, sharpness, threshold = (points(line) for line in figure.find_all("polyline"))
    assert len(loss) == 41
    assert np.corrcoef(loss[:, 1], np.log10(run.loss))[0, 1] == pytest.approx(-1, abs=1e-3)
    seen = np.isfinite(run.sharpness)
    assert np.corrcoef(sharpness[:, 1], run.sharpness[seen])[0, 1] == pytest.approx(-1, abs=1e-3)
    assert len(threshold) == 2
    assert figure.find_all("polyline")[2]["stroke-dasharray"] == "7 4"
    assert "2/η" in figure.text
    assert str(figure["aria-label"]).startswith("Chebyshev: loss and sharpness over the steps. 41 points to step 40")


def test_a_flow_is_printed_over_its_time() -> None:
    flow = eos.flow(eos.quadratic([1.0, 3.0], [2.0, 1.0]), [0, 0.25, 4], progress=False)
    figure = BeautifulSoup(Replay.static_html({"records": [pack(flow, title="Flow")]}), "html.parser").svg
    assert figure
    loss, *_ = (points(line) for line in figure.find_all("polyline"))
    assert (loss[1, 0] - loss[0, 0]) / (loss[2, 0] - loss[0, 0]) == pytest.approx(0.25 / 4, abs=1e-3)
    assert "time" in figure.text
    assert "step" not in figure.text
    assert str(figure["aria-label"]).startswith("Flow: loss and sharpness over the time. ")


def test_strange_runs_have_a_printed_figure(run: eos.Trajectory) -> None:
    nan, infinite = np.full(41, np.nan), np.full(41, np.inf)
    for strange in (
        replace(run, eigenvalues=nan[:, None]), replace(run, thresholds=infinite, lrs=0 * infinite.clip(0, 1)),
        replace(run, loss=nan), replace(run, loss=np.where(run.step == 40, np.inf, 0.0)),
    ):  # fmt: skip
        figure = BeautifulSoup(Replay.static_html({"records": [pack(strange, title="<b>")]}), "html.parser").svg
        assert figure
        assert not [line for line in figure.find_all("polyline") if not np.isfinite(points(line)).all()]


def test_the_defaults_and_the_format_are_the_modules(root: Path, node: str) -> None:
    source = root / "widgets" / "src" / "replay"
    defaults, limits = node_says(node, source / "settings.mjs", "[m.DEFAULTS, m.LIMITS]")
    assert defaults == Replay.DEFAULTS
    assert limits == {"run": [0, 11]}
    assert node_says(node, source / "record.mjs", "m.FORMAT") == FORMAT


def test_the_module_reads_what_python_wrote(root: Path, node: str, run: eos.Trajectory, file: Path) -> None:
    """The same numbers on both sides, nan and infinities included."""
    content = json.loads(file.read_text("utf-8")) | {"thresholds": [None, "inf", "-inf", *range(38)]}
    call = f"[m.read({json.dumps(content)})].map((r) => [[...r.loss], r.seen, [...r.thresholds].map(String)])[0]"
    loss, seen, thresholds = node_says(node, root / "widgets" / "src" / "replay" / "record.mjs", call)
    np.testing.assert_allclose(loss, run.loss, rtol=5e-6)
    assert seen == np.flatnonzero(np.isfinite(run.sharpness)).tolist()
    assert thresholds[:4] == ["NaN", "Infinity", "-Infinity", "0"]


def test_a_page_names_its_records_beside_itself(file: Path, tmp_path: Path) -> None:
    """Also a step, a level and what is given from the start: numbers where the default is None."""
    pages = tmp_path / "pages" / "sub"
    pages.mkdir(parents=True)
    (tmp_path / "pages" / "conf.py").write_text("extensions = ['myst_nb', 'eoslib.sphinxext']", encoding="utf-8")
    (tmp_path / "pages" / "index.md").write_text("# Here\n\n```{toctree}\nsub/page\n```\n", encoding="utf-8")
    options = ":records: ../../a.json, ../../a.json\n:run: 1\n:step: 4"
    sketch = ":y: 3, 8, 21\n:level: 20\n:given: 1"
    text = f"# There\n\n```{{eos-replay}}\n{options}\n```\n\n```{{eos-sketch}}\n{sketch}\n```\n"
    (pages / "page.md").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", str(tmp_path / "pages"), str(tmp_path / "out")]
    subprocess.run(command, check=True)
    mounts = BeautifulSoup((tmp_path / "out/sub/page.html").read_text("utf-8"), "html.parser").select(".eos-mount")
    replay, drawn = (json.loads(html.unescape(str(mount["data-eos-state"]))) for mount in mounts)
    assert replay["records"] == [json.loads(file.read_text("utf-8"))] * 2 and (replay["run"], replay["step"]) == (1, 4)
    assert (drawn["level"], drawn["given"]) == (20, 1)
    (pages / "page.md").write_text(text.replace("../../a.json", "nowhere.json"), encoding="utf-8")
    failed = subprocess.run(command, capture_output=True, text=True)
    assert failed.returncode and "nowhere.json" in failed.stderr and "Traceback" not in failed.stderr

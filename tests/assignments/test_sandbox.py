"""Notebooks that misbehave: each gets a clear row, and the batch goes on."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from classroom import batch, marking, reports, sandbox, submissions, walls, worker
from tests.assignments import course, make_submissions

FOLDER = course.ROOT / "tests" / "submissions"
LIMITS = {"cell": 5.0, "answer": 5.0, "total": 60.0, "memory": 1.0, "files": 16.0}
needs_walls = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's")


def perform(*cells: str, asked: tuple[str, ...] = (), **limits: float) -> sandbox.Outcome:
    task: dict[str, Any] = {"cells": list(cells), "given": "", "probes": "", "student": "ada"}
    task |= {name: limits.get(name, LIMITS[name]) for name in ("cell", "answer")}
    return sandbox.run(task | {"asked": [[i, e] for i, e in enumerate(asked)]}, LIMITS | limits)


@needs_walls
def test_a_notebook_sees_nothing_and_reaches_nobody() -> None:
    """One worker, many attempts to leave it; the cells report what they found as values."""
    assert walls.walls().standing, walls.walls().reason
    outcome = perform(
        "import os, socket, subprocess, sys\nroots = sorted(os.listdir('/'))\nhere = os.getcwd(), os.listdir('.')",
        f"repository = os.path.exists({str(course.ROOT / 'assignments')!r})",
        "processes = [p for p in os.listdir('/proc') if p.isdigit()]",
        "socket.create_connection(('192.0.2.1', 80), timeout=2)",
        "open(os.__file__, 'a')",
        "open('big', 'wb').write(bytes(40_000_000))",
        "big = bytearray(2 * 2**30)",
        "input('who?')",
        "exit()",
        "try:\n    while True:\n        os.fork()\nexcept OSError:\n    pass",
        "quiet = subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True).stdout",
        asked=("roots", "here", "repository", "len(processes)", "quiet", "os.getuid()"),
    )
    roots, place, repository, processes, quiet, user = (outcome.answers[i].get("value") for i in range(6))
    assert "notebook" in roots["items"]
    assert not {"home", "var", "boot", "mnt"} & set(roots["items"])
    assert place["items"] == ["/notebook", {"kind": "list", "items": []}]
    assert repository is False
    assert processes <= 2
    assert quiet == "42\n"
    assert user not in (0, os.getuid()) or os.getuid() != 0
    told = "\n".join(outcome.problems)
    for cell, words in ((4, "unreachable"), (5, "raised"), (6, "raised OSError"), (7, "MemoryError"),
                        (8, "nobody is there"), (9, "called exit()"), (10, "kept running")):  # fmt: skip
        assert any(line.startswith(f"cell {cell} ") and words in line for line in outcome.problems), told
    assert outcome.finished


def test_what_kills_python_costs_its_own_cell_only() -> None:
    outcome = perform(
        "def f(x):\n    return 2 * x", "import os\nos._exit(0)", "while True:\n    pass",
        "def g(x):\n    import ctypes\n    ctypes.string_at(0)", "y = 3", asked=("f(4)", "g(1)", "y"), cell=1,
    )  # fmt: skip
    assert (outcome.answers[0]["value"], outcome.answers[2]["value"]) == (8, 3)
    assert "crashed" in outcome.answers[1]["problem"]
    assert any(p.startswith("cell 2 ended Python") for p in outcome.problems)
    assert any(p.startswith("cell 3 ran for more than 1 s") for p in outcome.problems)


def test_a_grader_that_is_killed_leaves_nothing_behind() -> None:
    code = (
        "from classroom import sandbox\n"
        "task = {'cells': ['while True: pass'], 'given': '', 'probes': '', 'student': 'a', 'cell': 90, 'answer': 2}\n"
        f"sandbox.run(task | {{'asked': []}}, {LIMITS | {'cell': 90.0, 'total': 90.0}})"
    )
    grader = psutil.Popen([sys.executable, "-c", code], cwd=course.ROOT, env=os.environ | {"PYTHONPATH": "."})
    deadline = time.monotonic() + 240
    while not any("worker.py" in " ".join(_line(p)) for p in grader.children(recursive=True)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    family = grader.children(recursive=True)
    grader.kill()
    grader.wait()
    assert psutil.wait_procs(family, timeout=30)[1] == []


def _line(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def test_grading_in_the_sandbox_equals_grading_here_and_itself() -> None:
    """A whole notebook with mistakes, missing cells and one that is not Python: every mark and every word."""
    path = FOLDER / "brook.ipynb"
    brook = submissions.load(path, Path(path.name), course.ASSIGNMENTS)
    brook.cells.insert(3, "def broken(:")
    here = batch.grade_one(brook, run=sandbox.run_here)
    assert 0 < here["score"] < here["of"]
    assert here["problems"] == ["cell 4 raised SyntaxError (invalid syntax) in cell 4, line 1: def broken(:"]
    for _ in range(2):
        assert batch.grade_one(brook, run=sandbox.run) == here


def test_the_channel_is_read_with_suspicion() -> None:
    lines = [b"not json", b"[1]", b'{"event": "answer", "asked": "0"}', b'{"event": "gift"}', b"[" * 100_000]
    assert sandbox._events(b"\n".join([*lines, b'{"event": "answer", "asked": 0, "value": 1}'])) == [
        {"event": "answer", "asked": 0, "value": 1}
    ]


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install eoslib\nif True:\n    !ls\n", "pass\nif True:\n    pass"),
        ("%%time\nx = 1", "\nx = 1"),
        ("%%bash\nrm -rf /", ""),
        ("x?", "pass"),
        ('text = """\n%d\n"""', 'text = """\n%d\n"""'),
        ("def f(:\n", "def f(:"),
    ],
)
def test_cells_become_python(cell: str, python: str) -> None:
    assert worker.python_of(cell) == python


def test_the_submissions_are_those_of_the_assignments() -> None:
    for name, make in make_submissions.WRITERS.items():
        made = make()
        text = made if isinstance(made, str) else json.dumps(made, indent=1, ensure_ascii=False) + "\n"
        assert (FOLDER / name).read_text("utf-8") == text, "run: python -m tests.assignments.make_submissions"
    assert len(make_submissions.WRITERS) >= 12


def test_whose_and_which_is_read_from_names_and_marks() -> None:
    found = {s.file: s for s in submissions.collect(FOLDER, course.ASSIGNMENTS)}
    assert len(found) == len(make_submissions.WRITERS)
    who = {file: (s.student, s.assignment.name if s.assignment else "") for file, s in found.items()}
    assert who["ada.1-parabolas.ipynb"] == ("ada", "1-parabolas")
    assert who["quinn_12345_678_2-lanczos (1).ipynb"] == ("quinn", "2-lanczos")
    assert who["Rosa Parks_31_assignsubmission_file/homework.ipynb"] == ("rosa", "2-lanczos")
    assert who["carl.ipynb"] == ("carl", "1-parabolas")
    assert who["jo.ipynb"] == ("jo", "1-parabolas")  # by the names it defines: its marks are gone
    assert "whose numbers count" in found["carl.ipynb"].notes[0]
    assert "cut off" in found["kim.ipynb"].unreadable
    assert "not a notebook" in found["olga.txt"].unreadable
    assert (found["olga.txt"].student, found["olga.txt"].notes) == ("olga", [])
    assert "No. On a bowl" in found["ada.1-parabolas.ipynb"].texts["falling"]
    assert found["blank.ipynb"].texts["falling"] == ""


@pytest.mark.parametrize(
    ("typed", "file", "same"),
    [
        ("ada lovelace", "Ada Lovelace_31_assignsubmission_file/homework.ipynb", True),
        ("lovelace ada", "Ada Lovelace_31_assignsubmission_file/homework.ipynb", True),
        ("ada lovelace", "lovelaceada_12345_678_3-edge.ipynb", True),
        ("josé", "jose.ipynb", True),
        ("ada", "adam.ipynb", False),  # somebody else's name inside of one's own is no match
        ("ed", "fred.ipynb", False),
        ("ada lovelace", "ada.ipynb", False),
        ("!", "!.ipynb", False),
    ],
)
def test_a_typed_name_is_found_as_platforms_write_it(typed: str, file: str, same: bool) -> None:
    assert submissions._names(file, typed) == same


def test_a_batch_resumes_keeps_marks_given_by_hand_and_survives_its_own_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, results = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("ada.1-parabolas.ipynb", "kim.ipynb", "blank.ipynb", "olga.txt"):
        (folder / name).write_bytes((FOLDER / name).read_bytes())
    runs: list[str] = []

    def here(task: dict[str, Any], limits: dict[str, float], *, slot: int = 0) -> sandbox.Outcome:
        runs.append(task["student"])
        if task["student"] == "blank" and len(runs) < 3:
            raise OSError("the disk is full")
        return sandbox.Outcome({}, [], [], True, 0.0)

    monkeypatch.setattr(sandbox, "run", here)
    first = batch.grade_folder(folder, results, course.ASSIGNMENTS, jobs=1, quiet=True)
    assert [r["file"] for r in first] == sorted(["ada.1-parabolas.ipynb", "kim.ipynb", "blank.ipynb", "olga.txt"])
    assert sum("not the student's fault" in str(r["notes"]) for r in first) == 1
    reports.write(first, results, course.ASSIGNMENTS)
    table = (results / "by-hand.csv").read_text("utf-8").replace("falling,4,,", "falling,4,3.5,good")
    (results / "by-hand.csv").write_text(table, "utf-8")

    again = batch.grade_folder(folder, results, course.ASSIGNMENTS, jobs=1, quiet=True)
    assert runs == ["ada", "blank", "blank"]  # the finished one is not run again, the failed one is
    reports.write(again, results, course.ASSIGNMENTS)
    assert "good" in (results / "by-hand.csv").read_text("utf-8")
    ada = next(r for r in again if r["student"] == "ada")
    assert next(q["score"] for q in ada["questions"] if q["question"] == "falling") == 3.5

    notebook = folder / "ada.1-parabolas.ipynb"
    notebook.write_text(notebook.read_text("utf-8").replace("2 / curvature", "3 / curvature"), "utf-8")
    batch.grade_folder(folder, results, course.ASSIGNMENTS, jobs=1, quiet=True)
    assert runs == ["ada", "blank", "blank", "ada"]
    assert len(list((results / "history").iterdir())) == 1


def test_a_missing_name_gets_its_own_reason() -> None:
    cells = ["x = 1\n1/0\nsteps = 3", "def walk(:\n    pass", "slow_est = 2"]
    outcome = sandbox.Outcome({}, ["cell 1 raised E", "cell 2 raised F"], ["slow_est"], True, 0.0)
    assert marking._reason("steps", outcome, cells) == "It is defined in a cell that failed: cell 1 raised E."
    assert marking._reason("walk", outcome, cells) == "It is defined in a cell that failed: cell 2 raised F."
    assert marking._reason("slowest", outcome, cells) == "You have `slow_est`: rename it back."
    assert marking._reason("other", outcome, cells) == "Was its cell deleted or renamed?"

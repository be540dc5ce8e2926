"""The lecturer's page and the slides: what the page names exists, its minutes are the chapters', slides are figures."""

import base64
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from classroom import source

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "book" / "teaching.md").read_text("utf-8")
GUIDE = re.sub(r"(\{doc\}`)[^`<]*<([\w-]+)>`", r"\1\2`", GUIDE).replace("\u00a0", " ")  # a link's text is not its aim
CHAPTER = re.compile(r"\{doc\}`([\w-]+)`")
EXERCISE = re.compile(r"\*\*Exercise (\d+)\.\*\* ●{1,3} \w+ · (\d+) min")
WIDGET = re.compile(r"eos\.(\w+)\((?:[^()]|\([^()]*\))*?\bid=\"([\w-]+)\"")


def cells(name: str) -> list[dict[str, Any]]:
    return [
        {**cell, "source": "".join(cell["source"])}
        for cell in json.loads((ROOT / "book" / f"{name}.ipynb").read_text("utf-8"))["cells"]
    ]


def prose(name: str) -> str:
    return "\n".join(cell["source"] for cell in cells(name) if cell["cell_type"] == "markdown")


def code(name: str) -> str:
    return "\n".join(cell["source"] for cell in cells(name) if cell["cell_type"] == "code")


def listed() -> list[str]:
    return re.findall(r"file: *(\S+)", (ROOT / "book" / "_toc.yml").read_text("utf-8"))


def objectives(text: str) -> list[str]:
    return re.findall(r"^\d+\. (.+)$", text, re.MULTILINE)


NOTEBOOKS = [name for name in listed() if (ROOT / "book" / f"{name}.ipynb").is_file()]
CHAPTERS = [name for name in NOTEBOOKS if "eos-objectives" in prose(name)]
every_chapter = pytest.mark.parametrize("name", CHAPTERS)
PLANS = re.findall(r"^### (.+?) \((\d+) min\)\n(.*?)(?=^##|\Z)", GUIDE, re.MULTILINE | re.DOTALL)
HOME = [line for line in GUIDE.splitlines() if line.startswith(("Home", "To do at home"))]
BELIEFS = re.findall(r'^\| "(.+?)" \| \{doc\}`([\w-]+)` \| (.+) \|$', GUIDE, re.MULTILINE)


def test_the_page_stands_in_the_contents_and_its_links_lead_to_pages() -> None:
    pages = {"index", *listed()}
    assert "teaching" in pages
    assert set(CHAPTER.findall(GUIDE)) <= pages


@every_chapter
def test_minutes_and_exercises_of_a_chapter_are_its_own(name: str) -> None:
    meta = re.search(r'<p class="eos-meta">(\d+ min) to read · (.+?) to run', prose(name))
    assert meta, f"{name} has no line with its minutes"
    minutes = [int(found[1]) for found in EXERCISE.findall(prose(name))]
    row = f"| {name} | {{doc}}`{name}` | {meta[1]} | {meta[2]} | {len(minutes)}, {sum(minutes)} min |"
    assert row in GUIDE, f"book/teaching.md needs this row in its table of chapters: {row}"


@every_chapter
def test_objectives_are_the_chapters_own(name: str) -> None:
    block = re.search(r'<div class="eos-objectives">(.*?)</div>', prose(name), re.DOTALL)
    copy = re.search(rf"^From \{{doc\}}`{name}`:\n(.*?)</details>", GUIDE, re.MULTILINE | re.DOTALL)
    assert block and copy, f"book/teaching.md has no learning objectives of {name}"
    assert objectives(copy[1]) == objectives(block[1]) != []


def test_the_minutes_of_every_meeting_add_up() -> None:
    assert len(PLANS) == 8
    for title, total, text in PLANS:
        assert sum(int(minutes) for minutes in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)) == int(total), title


def test_widgets_named_in_a_row_are_in_its_chapter() -> None:
    named = 0
    for line in GUIDE.splitlines():
        found = re.findall(r"\b(Lab|Quadratic|Landscape2D|SelfStabilisation|Sketch|Replay) `([\w-]+)`", line)
        chapter = CHAPTER.search(line)
        if line.startswith("|") and found:
            assert chapter, line
            assert set(found) <= set(WIDGET.findall(code(chapter[1]))), line
            named += len(found)
    assert named >= 20


def test_exercises_for_home_exist_and_their_minutes_add_up() -> None:
    checked = 0
    for line in HOME:
        for chapter, numbers, minutes in re.findall(r"\{doc\}`([\w-]+)` (\d+(?:, \d+)*) \((\d+) min\)", line):
            own = dict(EXERCISE.findall(prose(chapter)))
            assert sum(int(own[number]) for number in numbers.split(", ")) == int(minutes), f"{chapter} {numbers}"
            checked += 1
    assert checked >= 10


def test_a_belief_is_an_option_of_its_chapter_and_its_answer_is_there() -> None:
    assert len(BELIEFS) >= 14
    for belief, chapter, answer in BELIEFS:
        text = prose(chapter)
        wrong = rf'<details class="eos-option(?: eos-wrong)?"><summary>{re.escape(belief)}</summary>'
        assert re.search(wrong, text), belief
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        sections = re.findall(r"\*(.+?)\*", answer)
        assert set(sections) <= set(headings), answer
        assert sections or re.search(r"`[\w-]+`", answer), answer  # a widget, checked above


def test_make_targets_files_and_assignments_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", GUIDE, re.MULTILINE))
    assert {"slides", "assignments", "grade", "lab", "html"} <= named <= targets
    for path in re.findall(r"(?<![\w/.])(?:book|assignments|scripts|tests)/[\w./-]*\w", GUIDE):
        assert (ROOT / path).exists(), path
    ready = {path.stem for path in (ROOT / "assignments").glob("[0-9]-*.md")}
    assert set(re.findall(r"`(\d-[a-z]+)`", GUIDE)) <= ready
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert version
    assert set(re.findall(r"eoslib-(\d[\d.]*\d)-py3", GUIDE)) == {version[1]}


@pytest.mark.parametrize("path", sorted((ROOT / "assignments").glob("[0-9]-*.md")), ids=lambda path: path.stem)
def test_minutes_and_marks_of_an_assignment_are_its_own(path: Path) -> None:
    """In the guide, in the page beside the sources, and in the assignment's own first lines."""
    assignment = source.read(path)
    minutes = sum(question.minutes for question in assignment.questions)
    by_hand = sum(question.marks for question in assignment.questions if question.manual)
    row = rf"^\| `{path.stem}` \| .+ \| {minutes} min \| {assignment.marks:g}, {by_hand:g} \|$"
    assert re.search(row, GUIDE, re.MULTILINE), row
    readme = (ROOT / "assignments" / "README.md").read_text("utf-8")
    assert f"| `{path.name}` | {minutes} min | {assignment.marks:g} |" in readme
    assert f"Expect {minutes} minutes" in " ".join(assignment.opening[0].text.split())


def test_the_rehearsal_ends_with_the_marks_that_the_guide_names() -> None:
    assignment = source.read(ROOT / "assignments" / "3-edge.md")
    by_hand = sum(question.marks for question in assignment.questions if question.manual)
    graded = assignment.marks - by_hand
    assert f"the solution has {graded:g} marks of {graded:g} and the blank notebook 0, and {by_hand:g} marks" in GUIDE
    assert f"got {graded:g} of the {graded:g} marks" in GUIDE
    assert f"the one with the first answer its {assignment.questions[0].marks:g}:" in GUIDE


# ── slides ──────────────────────────────────────────────────────────────────────────────────────────────────

ALT = 'A line from 0 to 1, "straight" & short.'
DRAW = f"""import matplotlib.pyplot as plt
import eoslib as eos
fig, axes = eos.plots.figure()
axes[0, 0].plot([0, 1])
eos.plots.show(fig, alt={ALT!r})"""
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def tiny(folder: Path, source: str = DRAW) -> Path:
    output = {"output_type": "display_data", "data": {"image/png": PIXEL}, "metadata": {"image/png": {"alt": ALT}}}
    cell = {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": 1, "source": source}
    title = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# A line\n\n## At $2/\\eta$\n\nText."}
    kernel = {"name": "python3", "display_name": "Python 3"}
    notebook = {"cells": [title, {**cell, "outputs": [output, output]}], "metadata": {"kernelspec": kernel}}
    path = folder / "line.ipynb"
    path.write_text(json.dumps({**notebook, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return path


def slides(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts" / "slides.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=ROOT)


def test_stored_figures_become_numbered_files_with_captions(tmp_path: Path) -> None:
    stale = tmp_path / "slides" / "line" / "line-07.png"
    stale.parent.mkdir(parents=True)
    stale.touch()
    (tmp_path / "slides" / "mine.txt").touch()
    done = slides(tiny(tmp_path), "--out", tmp_path / "slides")
    assert done.returncode == 0, done.stderr
    assert "line: 2 figures" in done.stdout
    folder = tmp_path / "slides" / "line"
    assert sorted(path.name for path in folder.iterdir()) == ["captions.json", "line-01.png", "line-02.png"]
    assert (folder / "line-01.png").read_bytes() == base64.b64decode(PIXEL)
    captions = json.loads((folder / "captions.json").read_text("utf-8"))
    assert captions["title"] == "A line"
    assert captions["figures"][1] == {"heading": "At $2/\\eta$", "alt": ALT, "files": {"png": "line-02.png"}}
    index = (tmp_path / "slides" / "index.html").read_text("utf-8")
    assert index.count('alt="A line from 0 to 1, &quot;straight&quot; &amp; short."') == 2
    assert "<b>At 2/η</b>" in index
    assert not re.search(r"(?:src|href)=\"(?:https?:|/)", index)
    assert (tmp_path / "slides" / "mine.txt").exists()  # what a lecturer put there stays


@pytest.mark.parametrize(("ending", "begins"), [("svg", b"<?xml"), ("pdf", b"%PDF-")])
def test_a_run_draws_the_figures_again_in_the_format_asked_for(tmp_path: Path, ending: str, begins: bytes) -> None:
    path = tiny(tmp_path)
    before = path.read_bytes()
    done = slides("--run", "--format", ending, path, "--out", tmp_path / "slides")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "slides" / "line"
    assert {file.name for file in folder.iterdir()} == {"captions.json", "line-01.png", f"line-01.{ending}"}
    assert (folder / f"line-01.{ending}").read_bytes().startswith(begins)
    assert (folder / "line-01.png").read_bytes() != base64.b64decode(PIXEL)
    assert json.loads((folder / "captions.json").read_text("utf-8"))["figures"][0]["alt"] == ALT
    assert path.read_bytes() == before


def test_bad_requests_to_slides_are_sentences(tmp_path: Path) -> None:
    unrun = slides("--format", "svg", tiny(tmp_path), "--out", tmp_path / "slides")
    assert (unrun.returncode, "add --run." in unrun.stderr) == (2, True)
    missing = slides("nowhere.ipynb", "--out", tmp_path / "slides")
    assert (missing.returncode, "no such notebook: nowhere.ipynb" in missing.stderr) == (2, True)
    assert not (tmp_path / "slides").exists()
    failed = slides("--run", tiny(tmp_path, "1 / 0"), "--out", tmp_path / "slides")
    assert failed.returncode == 1
    assert "line: FAILED" in failed.stderr and "cell 1" in failed.stderr
    assert not (tmp_path / "slides" / "line").exists()


def load_slides(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    spec = importlib.util.spec_from_file_location("slides", ROOT / "scripts" / "slides.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@every_chapter
def test_every_stored_figure_of_a_chapter_has_a_caption(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = load_slides(monkeypatch)
    notebook = module.nbformat.read(ROOT / "book" / f"{name}.ipynb", as_version=4)
    found = list(module.figures(notebook))
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert len(found) == sum("image/png" in output.get("data", {}) for output in outputs)
    assert all(len(alt) >= 20 and heading for heading, alt, _ in found)

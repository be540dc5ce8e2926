"""The stored notebooks: run, whole, free of machine traces, and the same bytes when they are run again."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


def text(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@every_notebook
def test_cells_were_run_once_from_top_to_bottom(path: Path) -> None:
    counts = [cell["execution_count"] for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))
    assert any(cell["outputs"] for cell in code_cells(path))


@every_notebook
def test_no_output_is_an_error_or_a_warning(path: Path) -> None:
    outputs = [output for cell in code_cells(path) for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    assert [text(output["text"]) for output in outputs if output.get("name") == "stderr"] == []


@every_notebook
def test_a_check_cell_asserts_the_numbers(path: Path) -> None:
    cells = [text(cell["source"]) for cell in code_cells(path)]
    assert any(source.count("assert ") >= 2 for source in cells), f"{path.name} has no cell with two or more asserts"


@every_notebook
def test_nothing_names_the_machine_it_ran_on(path: Path) -> None:
    raw = path.read_text("utf-8")
    assert re.findall(r"/(?:home|root|Users|tmp|work)/[\w./-]+", raw) == []
    notebook = json.loads(raw)
    assert notebook["metadata"].get("language_info") == {"name": "python"}
    assert "widgets" not in notebook["metadata"]


@every_notebook
def test_blocks_of_html_close_within_their_cell(path: Path) -> None:
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            source = text(cell["source"])
            for tag in ("div", "details", "summary"):
                opened, closed = len(re.findall(f"<{tag}[ >]", source)), source.count(f"</{tag}>")
                assert opened == closed, f"<{tag}> in cell {cell['id']}"


def chapters(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts" / "chapters.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def without_pixels(path: Path) -> Any:
    notebook = json.loads(path.read_text("utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"] = ""
    return notebook


def test_running_a_chapter_again_leaves_the_same_bytes(tmp_path: Path) -> None:
    """On one machine. Another processor may draw a few pixels one grey level apart, and nothing else."""
    source = min(NOTEBOOKS, key=lambda path: path.stem != "parabola")
    copy = Path(shutil.copy(source, tmp_path))
    assert chapters(copy).returncode == 0
    assert without_pixels(copy) == without_pixels(source)
    before = digest(copy)
    again = chapters(copy)
    assert again.returncode == 0, again.stderr
    assert "unchanged" in again.stdout
    assert digest(copy) == before


def test_a_changed_output_is_stored_and_a_failing_cell_is_named(tmp_path: Path) -> None:
    path = tmp_path / "small.ipynb"
    cell = {"cell_type": "code", "id": "c", "metadata": {"collapsed": True}, "execution_count": 7, "outputs": []}
    notebook = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5}

    path.write_text(json.dumps({**notebook, "cells": [{**cell, "source": "print(6 * 7)"}]}))
    assert "outputs stored" in chapters(path).stdout
    (stored,) = code_cells(path)
    assert text(stored["outputs"][0]["text"]) == "42\n"
    assert stored["execution_count"] == 1
    assert stored["metadata"] == {}

    path.write_text(json.dumps({**notebook, "cells": [{**cell, "source": "1 / 0"}]}))
    before = digest(path)
    failed = chapters(path)
    assert failed.returncode == 1
    assert "cell 0" in failed.stderr
    assert "ZeroDivisionError" in failed.stderr
    assert digest(path) == before


def test_a_missing_notebook_is_one_sentence() -> None:
    missing = chapters("nowhere.ipynb")
    assert missing.returncode == 2
    assert missing.stderr.startswith("No such notebook:")

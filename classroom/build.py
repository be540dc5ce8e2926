"""From one source: the student's notebook, the solution, and the zip that Gradescope takes."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import nbformat

import eoslib
from classroom.source import Assignment, Block, Question, stub
from eoslib.tasks import PLACEHOLDER

__all__ = ["PLACEHOLDER", "build", "notebook"]

ROOT = Path(__file__).resolve().parents[1]
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LIBRARIES = ("torch", "numpy", "scipy", "scikit-learn", "matplotlib", "tqdm", "psutil", "nbformat")

SETUP = f"""#!/usr/bin/env bash
# Gradescope runs this once, as root, when the autograder is uploaded. Choose an image with Python 3.11 or newer.
set -euo pipefail
root="${{AUTOGRADER:-/autograder}}"
cd "$root/source"
for python in python3.13 python3.12 python3.11 python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then break; fi
done
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {{ echo "Choose an Ubuntu 24.04 image."; exit 1; }}
apt-get update && apt-get install -y python3-venv util-linux
"$python" -m venv "$root/venv"
"$root/venv/bin/pip" install --extra-index-url https://download.pytorch.org/whl/cpu \\
    -c constraints.txt {" ".join(LIBRARIES)}
chmod -R go-rwx assignments
"""

RUN = """#!/usr/bin/env bash
root="${AUTOGRADER:-/autograder}"
cd "$root/source"
exec "${PYTHON:-$root/venv/bin/python}" -m classroom gradescope "$root"
"""


def build(assignment: Assignment, folder: Path) -> list[Path]:
    """Write everything for one assignment into folder/<its name>; the paths written."""
    place = folder / assignment.name
    place.mkdir(parents=True, exist_ok=True)
    written = []
    for solved in (False, True):
        path = place / f"{assignment.name}{'-solution' if solved else ''}.ipynb"
        text = nbformat.writes(notebook(assignment, solved=solved))  # type: ignore[no-untyped-call]
        path.write_text(text + "\n", "utf-8")
        written.append(path)
    return [*written, _gradescope(assignment, place / f"{assignment.name}-gradescope.zip")]


def notebook(assignment: Assignment, *, solved: bool) -> nbformat.NotebookNode:
    """The notebook of the students, or the solution: clean of every mark of the source."""
    cells = [cell for block in assignment.opening for cell in _cells(block, None, assignment, solved)]
    _announce(cells, assignment)
    for question in assignment.questions:
        own = [cell for block in question.blocks for cell in _cells(block, question, assignment, solved)]
        if own and own[0]["cell_type"] == "markdown" and not own[0]["metadata"]:
            own[0]["source"] = question.heading + "\n\n" + own[0]["source"]
        else:
            own.insert(0, _cell("markdown", question.heading))
        cells.extend(own)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:03d}"
    whole = {
        "cells": cells, "nbformat": 4, "nbformat_minor": 5,
        "metadata": {
            "kernelspec": KERNEL, "language_info": {"name": "python"}, "classroom": {"assignment": assignment.name},
        },
    }  # fmt: skip
    node: nbformat.NotebookNode = nbformat.from_dict(whole)  # type: ignore[no-untyped-call]
    nbformat.validate(node)
    return node


def _cells(block: Block, question: Question | None, assignment: Assignment, solved: bool) -> list[dict[str, Any]]:
    """The cells that a block becomes: none for what only the grader reads."""
    mine = {"classroom": {"question": question.name}} if question else {}
    if block.role == "personal":
        draw = f"random = eos.tasks.random_for(student, {assignment.name!r})"
        start = f'student = "{PLACEHOLDER}"  # as the course knows you: your numbers depend on it'
        return [_cell("code", f"{start}\n{draw}\n\n{block.text}")]
    if block.role == "answer":
        text = block.text if solved else stub(block.text)
        return [_cell("code", text, mine)] if text else []
    if block.role in ("setup", "code"):
        return [_cell("code", block.text)]
    if block.role == "text":
        return [_cell("markdown", block.text)]
    if block.role == "rubric":
        return [_cell("markdown", f"**Marks**\n\n{block.text}" if solved else "*Write your answer here.*", mine)]
    if block.role == "model" and solved:
        return [_cell("markdown", block.text, mine)]
    if block.role == "lecturer" and solved:
        quoted = (f"> {line}" for line in ["**For the lecturer.**", *block.text.splitlines()])
        return [_cell("markdown", "\n".join(quoted))]
    return []


def _cell(kind: str, source: str, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    extra: dict[str, Any] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "source": source, "metadata": dict(metadata or {}), **extra}


def _announce(cells: list[dict[str, Any]], assignment: Assignment) -> None:
    """Marks and minutes below the title."""
    minutes = sum(question.minutes for question in assignment.questions)
    title, _, rest = cells[0]["source"].partition("\n")
    count = len(assignment.questions)
    line = f"*{count} questions · {assignment.marks:g} marks · about {minutes} minutes*"
    cells[0]["source"] = f"{title}\n\n{line}\n{rest}"


def _gradescope(assignment: Assignment, path: Path) -> Path:
    """A zip with two scripts at its root, as Gradescope asks, and all they need: the source, the grader, eoslib."""
    library = Path(eoslib.__file__).resolve().parent
    files = {"setup.sh": SETUP, "run_autograder": RUN, f"assignments/{assignment.name}.md": assignment.text}
    files["constraints.txt"] = (ROOT / "constraints.txt").read_text("utf-8")
    for folder in (Path(__file__).parent, library):
        files |= {f"{folder.name}/{file.name}": file.read_text("utf-8") for file in sorted(folder.glob("*.py"))}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name)  # dated 1980: the same source gives the same bytes
            info.external_attr = (0o755 if name in ("setup.sh", "run_autograder") else 0o644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text)
    return path

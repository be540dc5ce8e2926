"""Shared by the gates: the assignments, and grading in this process."""

import functools
from pathlib import Path
from typing import Any

from classroom import build, marking, sandbox, sheet, source

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENTS = [source.read(path) for path in sorted((ROOT / "assignments").glob("[0-9]*.md"))]
QUESTIONS = [(a, q) for a in ASSIGNMENTS for q in a.questions if not q.manual]
NAMES = [f"{a.name}:{q.name}" for a, q in QUESTIONS]


def code_of(assignment: source.Assignment, *, solved: bool, student: str = "ada") -> list[str]:
    """The code cells of a built notebook, with a name typed in."""
    cells = build.notebook(assignment, solved=solved)["cells"]
    return [c["source"].replace(build.PLACEHOLDER, student) for c in cells if c["cell_type"] == "code"]


@functools.cache
def sheet_of(assignment: source.Assignment, student: str) -> sheet.Sheet:
    return sheet.sheet(assignment, student)


def solved_but(
    assignment: source.Assignment, question: source.Question, code: str, *, instead: bool = False
) -> list[str]:
    """The solution's cells, with some code after those of one question, or instead of them."""
    own = [block.text for block in question.all("answer")]
    cells = code_of(assignment, solved=True)
    here = max(i for i, cell in enumerate(cells) if cell in own)
    cells.insert(here + 1, code)
    return [cell for cell in cells if cell not in own] if instead else cells


def grade(
    assignment: source.Assignment, cells: list[str], student: str = "ada", **changes: Any
) -> tuple[dict[str, marking.Mark], sandbox.Outcome]:
    asked = sheet_of(assignment, student)
    outcome = sandbox.run_here(asked.task(cells) | changes, assignment.limits)
    return {mark.question: mark for mark in marking.mark(asked, outcome, cells)}, outcome

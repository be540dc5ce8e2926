"""Shared by the gates: the assignments, and grading in this process, whole or only what a question depends on."""

import ast
import contextlib
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from classroom import build, marking, sandbox, sheet, source, worker
from eoslib import tasks_stabilisation

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENTS = [source.read(path) for path in sorted((ROOT / "assignments").glob("[0-9]*.md"))]
QUESTIONS = [(a, q) for a in ASSIGNMENTS for q in a.questions if not q.manual]
NAMES = [f"{a.name}:{q.name}" for a, q in QUESTIONS]


def code_of(assignment: source.Assignment, *, solved: bool, student: str = "ada") -> list[str]:
    """The code cells of a built notebook, with a name typed in."""
    return [cell.replace(build.PLACEHOLDER, student) for cell in _built(assignment, solved)]


@functools.cache
def _built(assignment: source.Assignment, solved: bool) -> tuple[str, ...]:
    cells = build.notebook(assignment, solved=solved)["cells"]
    return tuple(c["source"] for c in cells if c["cell_type"] == "code")


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


def grade_only(
    assignment: source.Assignment, cells: list[str], questions: Iterable[str], **changes: Any
) -> dict[str, marking.Mark]:
    """The marks of some questions, from the cells that these depend on: those that define a name that is mentioned.

    The student's copies of the set-up and of the numbers are left out: the official ones run before.
    """
    chosen = set(questions)
    asked = sheet_of(assignment, "ada")
    checks = [[i, check.expression] for i, check in enumerate(asked.checks) if check.question in chosen]
    wanted = mentioned(assignment.code("probes")).union(*(mentioned(expression) for _, expression in checks))
    kept: set[int] = set()
    setup = assignment.code("setup")
    own = {i: cell for i, cell in enumerate(cells) if cell != setup and not cell.startswith("student = ")}
    while more := {i for i, cell in own.items() if i not in kept and defined(cell) & wanted}:
        kept |= more
        wanted = wanted.union(*(mentioned(cells[i]) for i in more))
    task = asked.task([cells[i] for i in sorted(kept)]) | {"asked": checks} | changes
    with mock.patch.object(tasks_stabilisation, "at_the_edge", _remembered):
        outcome = sandbox.run_here(task, assignment.limits)
    return {mark.question: mark for mark in marking.mark(asked, outcome, cells) if mark.question in chosen}


_at_the_edge = functools.cache(tasks_stabilisation.at_the_edge)


def _remembered(seed: int) -> tuple[Any, ...]:
    """A student's network trains once, not for every mistake that is tried; whoever asks gets tensors of their own."""
    objective, w, u, lr = _at_the_edge(seed)
    return objective, w.clone(), u.clone(), lr


@contextlib.contextmanager
def one_wait() -> Iterator[None]:
    """In here an answer that runs out of time is the last one that is waited for: its marks are lost already."""
    late: list[dict[str, Any]] = []

    def answer(*asked: Any) -> dict[str, Any]:
        given = late[0] if late else _evaluate(*asked)
        if given.get("problem", "").startswith("took more than") and not late:
            late.append(given)
        return given

    with mock.patch.object(worker, "_evaluate", answer):
        yield


_evaluate = worker._evaluate


def reached_by(assignment: source.Assignment, cells: list[str], names: set[str]) -> list[str]:
    """The questions whose marks can depend on what some names mean: the other marks stay as they are."""
    names = names | set()
    while more := set().union(*(defined(cell) for cell in cells if mentioned(cell) & names)) - names:
        names |= more
    everywhere = bool(mentioned(assignment.code("probes")) & names)
    checks = sheet_of(assignment, "ada").checks
    return list({check.question: 0 for check in checks if everywhere or mentioned(check.expression) & names})


@functools.cache
def mentioned(code: str) -> set[str]:
    """All names in some code, whatever is done with them."""
    return {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}


@functools.cache
def defined(code: str) -> set[str]:
    """The names that some code gives a meaning, or a part of one (`x[0] = …`), for the code that follows."""
    names = set()
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
        else:
            names |= set().union(*map(_stored, ast.walk(statement)))
    return names


def _stored(node: ast.AST) -> set[str]:
    if not isinstance(getattr(node, "ctx", None), ast.Store):
        return set()
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()

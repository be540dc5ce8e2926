"""What one student is asked, and what is right: checks with the truth of that student's own numbers."""

from __future__ import annotations

import contextlib
import io
import numbers as abstract
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from classroom.source import Assignment, Question, SourceError

__all__ = ["Check", "Sheet", "numbers_of", "plain", "sheet"]

REFERENCE = object()  # the truth is what the solution gives

Judge = Callable[[Any], bool | str]


@dataclass(frozen=True)
class Check:
    """One independent part of a question's marks."""

    question: str
    marks: float
    expression: str  # evaluated among the student's names
    truth: Any  # of this student's numbers; None with a judge
    tol: float  # relative to the largest entry of the truth, or to 1 if that is larger
    says: str  # what a student reads who fails it: a hint, never the answer
    mistakes: Mapping[str, Any]  # a message for each value that a known mistake gives
    judge: Judge | None  # instead of a truth: True, or what is wrong


@dataclass(frozen=True)
class Sheet:
    """All checks of an assignment for one student."""

    assignment: Assignment
    student: str
    numbers: dict[str, Any]  # the personal ones that are worth showing
    checks: tuple[Check, ...]

    def task(self, cells: list[str]) -> dict[str, Any]:
        """What the worker is told: see worker.perform."""
        return {
            "cells": cells, "given": given(self.assignment), "probes": self.assignment.code("probes"),
            "asked": [[i, check.expression] for i, check in enumerate(self.checks)], "student": self.student,
            "skip": {"cells": [], "asked": []},
            "cell": self.assignment.limits["cell"], "answer": self.assignment.limits["answer"],
        }  # fmt: skip


def given(assignment: Assignment) -> str:
    """The official set-up and the student's numbers, as code."""
    draw = f"random = eos.tasks.random_for(student, {assignment.name!r})"
    return "\n\n".join([assignment.code("setup"), draw, assignment.code("personal")])


def sheet(assignment: Assignment, student: str) -> Sheet:
    """Draw the student's numbers, solve the assignment with them, and write down every check.

    Raises SourceError when a block of the source fails, or the checks of a question do not sum to its marks.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        return _sheet(assignment, student)


def _sheet(assignment: Assignment, student: str) -> Sheet:
    names, numbers = _drawn(assignment, student)
    _execute(assignment, "answer", assignment.code("answer"), names)
    _execute(assignment, "probes", assignment.code("probes"), names)
    checks: list[Check] = []
    for question in assignment.questions:
        own: list[Check] = []
        names["check"] = _recorder(question, names, own)
        for block in question.all("marks"):
            _execute(assignment, f"marks of {question.name}", block.text, names, block.line)
        total = sum(check.marks for check in own)
        if not question.manual and abs(total - question.marks) > 1e-9:
            raise SourceError(
                f"{assignment.name}.md, line {question.line}: {question.name} declares {question.marks:g} marks, "
                f"and its checks sum to {total:g}."
            )
        checks.extend(own)
    return Sheet(assignment, student, numbers, tuple(checks))


def numbers_of(assignment: Assignment, student: str) -> dict[str, Any]:
    """A student's numbers alone, without solving anything."""
    with contextlib.redirect_stdout(io.StringIO()):
        return _drawn(assignment, student)[1]


def _drawn(assignment: Assignment, student: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Everything that is defined before the first question, and what of it is worth showing."""
    names: dict[str, Any] = {"student": student, "__name__": "sheet"}
    _execute(assignment, "setup", assignment.code("setup"), names)
    before = set(names)
    _execute(assignment, "personal", given(assignment), names)
    return names, {name: names[name] for name in sorted(names.keys() - before) if _showable(name, names[name])}


def plain(value: Any) -> Any:
    """A truth in the form in which answers arrive: tensors as arrays, numbers as Python's."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _recorder(question: Question, names: dict[str, Any], into: list[Check]) -> Callable[..., None]:
    """The function `check` that a marks block calls."""

    def check(
        marks: float, expression: str, truth: Any = REFERENCE, *, says: str, tol: float = 1e-6,
        mistakes: Mapping[str, Any] | None = None, judge: Judge | None = None,
    ) -> None:  # fmt: skip
        if marks <= 0:
            raise SourceError(f"{question.name}: {expression} has {marks:g} marks; give more than 0.")
        reference = eval(expression, dict(names))  # must work with the solution, whatever the truth is
        if truth is REFERENCE:
            truth = None if judge else reference
        wrong = {text: plain(value) for text, value in (mistakes or {}).items()}
        into.append(Check(question.name, marks, expression, plain(truth), tol, says, wrong, judge))

    return check


def _showable(name: str, value: Any) -> bool:
    short = isinstance(value, abstract.Number | str) or (isinstance(value, np.ndarray) and value.size <= 12)
    return short and not name.startswith("_")


def _execute(assignment: Assignment, what: str, code: str, names: dict[str, Any], line: int = 0) -> None:
    """Run a block of the source; `line` is that of its first line in the file, where it is one block."""
    where = f"{assignment.name}.md ({what})"
    try:
        exec(compile("\n" * (line - 1) + code, where, "exec"), names)
    except SourceError as error:
        raise SourceError(f"{assignment.name}.md, {error}") from None
    except Exception as error:
        frames = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == where]
        place = f"{assignment.name}.md, line {frames[-1]} ({what})" if line and frames else where
        raise SourceError(f"{place}: {type(error).__name__}: {error}") from error

"""Values against truths: the marks of each question, and the messages that the student reads."""

from __future__ import annotations

import ast
import difflib
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from classroom.sandbox import Outcome
from classroom.sheet import Check, Sheet
from classroom.source import Question
from eoslib.checks import agrees

__all__ = ["Mark", "decode", "mark"]


@dataclass(frozen=True)
class Mark:
    """How one question went."""

    question: str
    number: int
    score: float | None  # None: the lecturer marks it
    of: float
    messages: tuple[str, ...]  # one for each check that failed; says so when all passed


def mark(sheet: Sheet, outcome: Outcome, cells: list[str]) -> list[Mark]:
    """The marks of one student."""
    marks = []
    for question in sheet.assignment.questions:
        if question.manual:
            marks.append(Mark(question.name, question.number, None, question.marks, ("Your lecturer marks this one.",)))
            continue
        found = [(i, check) for i, check in enumerate(sheet.checks) if check.question == question.name]
        borrowed = _borrowed(question, cells)
        if borrowed:
            marks.append(Mark(question.name, question.number, 0.0, question.marks, (borrowed,)))
            continue
        results = [(check, _fault(check, outcome.answers.get(i), outcome, cells)) for i, check in found]
        score = sum(check.marks for check, fault in results if not fault)
        faults = tuple(dict.fromkeys(fault for _, fault in results if fault))  # the same text once
        marks.append(Mark(question.name, question.number, score, question.marks, faults or ("All right.",)))
    return marks


def decode(answer: Any) -> Any:
    """What worker.encode made, as numbers, text, lists and arrays again. Raises ValueError on anything else."""
    if not isinstance(answer, dict):
        if answer is None or isinstance(answer, bool | int | float | str):
            return answer
        raise ValueError("an answer of an unknown kind")
    kind = answer.get("kind")
    if kind == "array":
        return np.asarray(answer["values"]).reshape(answer["shape"])
    if kind == "list":
        return [decode(item) for item in answer["items"]]
    if kind == "dict":
        return {key: decode(item) for key, item in answer["items"].items()}
    if kind == "complex":
        return complex(*answer["parts"])
    raise ValueError(str(answer.get("text", "an answer of an unknown kind"))[:200])


def _fault(check: Check, answer: dict[str, Any] | None, outcome: Outcome, cells: list[str]) -> str:
    """Why a check failed, or nothing."""
    shown = f"`{check.expression}`"
    if answer is None:
        return f"{shown} was not reached. {_why(outcome)}".rstrip()
    if "problem" in answer:
        problem = str(answer["problem"])[:600]
        if answer.get("missing"):  # the same for every check of a function: then it is said once
            return problem[:1].upper() + problem[1:]
        if isinstance(missing := answer.get("name"), str) and missing in check.expression:
            return f"Nothing is called `{missing}` at the end of your notebook. {_reason(missing, outcome, cells)}"
        return f"{shown} {problem}"
    if answer.get("value") == {"kind": "unanswered"}:
        return f"{shown} is not answered yet."
    try:
        value = decode(answer.get("value"))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        return f"{shown} gave {error}. {check.says}"
    if value is None and check.truth is not None:
        return f"{shown} gave nothing (None); is the return line missing?"
    try:
        verdict = check.judge(value) if check.judge else agrees(value, check.truth, check.tol)
    except Exception:  # a judge met a value of another kind than it expects
        verdict = False
    if not isinstance(verdict, str) and bool(verdict):
        return ""
    known = [text for text, wrong in check.mistakes.items() if agrees(value, wrong, check.tol)]
    reason = verdict if isinstance(verdict, str) else known[0] if known else check.says
    return f"{shown} gave {_brief(value, check.truth)}. {reason}"


def _brief(value: Any, truth: Any) -> str:
    """A value short enough for a sentence; of an array of the wrong shape, the shape."""
    if isinstance(value, np.ndarray):
        if isinstance(truth, np.ndarray) and truth.shape != value.shape:
            return f"an array of shape {value.shape} where {truth.shape} is asked for"
        return " ".join(np.array2string(value, precision=6, threshold=8).split())
    if isinstance(value, list) and isinstance(truth, list) and len(value) != len(truth):
        return f"{len(value)} values where {len(truth)} are asked for"
    text = f"{value:.10g}" if isinstance(value, float) else repr(value)
    return text if len(text) < 100 else text[:97] + "…"


def _why(outcome: Outcome) -> str:
    return outcome.problems[-1][:1].upper() + outcome.problems[-1][1:] + "." if outcome.problems else ""


def _reason(missing: str, outcome: Outcome, cells: list[str]) -> str:
    """Why a name may be missing: its cell failed, or it is there under a name that looks like it."""
    defines = re.compile(rf"\bdef {re.escape(missing)}\b|^\s*{re.escape(missing)}\s*=[^=]", re.MULTILINE)
    for problem in outcome.problems:
        place = re.match(r"cell (\d+) ", problem)
        if place and int(place[1]) <= len(cells) and defines.search(cells[int(place[1]) - 1]):
            return f"It is defined in a cell that failed: {problem}."
    near = difflib.get_close_matches(missing, [str(name) for name in outcome.names], n=1)
    return f"You have `{near[0]}`: rename it back." if near else "Was its cell deleted or renamed?"


def _borrowed(question: Question, cells: list[str]) -> str:
    """A name that the question forbids and that its answer uses, itself or through what it calls."""
    uses = _uses(cells)
    open_, seen = set(question.asked) if question.without else set(), set[str]()
    while open_:
        seen |= open_
        open_ = set().union(*(uses.get(name, set()) for name in open_)) - seen
    bad = sorted(seen & set(question.without))
    return f"This question is to be done without `{bad[0]}`: write it yourself." if bad else ""


def _uses(cells: list[str]) -> dict[str, set[str]]:
    """For each name that the notebook defines: the names and attributes that its definition mentions."""
    uses: dict[str, set[str]] = {}
    for source in cells:
        try:
            body = ast.parse(source).body
        except SyntaxError:
            continue
        for node in body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    uses.setdefault(alias.asname or alias.name, set()).update(alias.name.split("."))
                continue
            mentioned = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
            mentioned |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            for name in _defined(node):
                uses.setdefault(name, set()).update(mentioned - {name})
    return uses


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    return [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]

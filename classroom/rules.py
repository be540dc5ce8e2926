"""What an assignment must satisfy before anything is built from it. Errors begin with the place: `, line n: …`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence

from classroom.parts import Block, Question, SourceError

__all__ = ["number", "opening", "options", "questions"]

IN_OPENING = {"text", "code", "setup", "personal", "lecturer"}
IN_QUESTION = {"text", "code", "answer", "probes", "marks", "wrong", "rubric", "model", "lecturer"}


def options(given: dict[str, str], wanted: Sequence[str], may: Sequence[str], where: str, what: str) -> None:
    """All that is wanted is given, and nothing unknown."""
    if missing := [name for name in wanted if not given.get(name)]:
        raise SourceError(f"{where}: {what} has no {' and no '.join(missing)}.")
    if unknown := sorted(given.keys() - {*wanted, *may}):
        known = ", ".join(f"{name}=…" for name in (*wanted, *may)) or "none"
        raise SourceError(f"{where}: {what} has an option {unknown[0]!r}; it may have {known}.")


def number(text: str, where: str, what: str) -> float:
    """A number above 0, from text."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise SourceError(f"{where}: {what}={text} is not a number above 0.")
    return value


def opening(blocks: Sequence[Block]) -> None:
    """What stands before the first question."""
    if not blocks or blocks[0].role != "text":
        raise SourceError(": the notebook must begin with text, such as a line # Title.")
    for block in blocks:
        _block(block, IN_OPENING, "stands before the first question; put it below the heading of one")
    if sum(block.role == "personal" for block in blocks) > 1:
        raise SourceError(": there are two personal blocks; put all numbers of a student into one.")


def questions(found: Sequence[Question]) -> None:
    """All questions, and each."""
    if not found:
        raise SourceError(": no heading ends in {question=name marks=n minutes=n}.")
    for name, count in Counter(question.name for question in found).items():
        if count > 1:
            raise SourceError(f": {count} questions are called {name!r}; give each a name of its own.")
    for question in found:
        _question(question)
    for name, count in Counter(name for question in found for name in question.asked).items():
        if count > 1:
            raise SourceError(f": {name} is asked for by {count} answers; the later one would replace the earlier.")


def _question(question: Question) -> None:
    where = f", line {question.line}"
    for block in question.blocks:
        _block(block, IN_QUESTION, "stands in a question; put it before the first one")
    roles = {block.role for block in question.blocks}
    if not ("rubric" in roles or {"answer", "marks"} <= roles):
        raise SourceError(f"{where}: a question needs python answer and python marks blocks, or a rubric block.")
    if "rubric" in roles and "marks" in roles:
        raise SourceError(f"{where}: a question has checks or a rubric, not both; split it in two.")
    for block in question.all("answer"):
        _answer(block)
    if not question.manual and not question.asked:
        raise SourceError(f"{where}: the answer defines no function and no number for the student to write.")


def _block(block: Block, allowed: set[str], why: str) -> None:
    where = f", line {block.line - 1}"  # of its fence
    if block.role not in allowed:
        raise SourceError(f"{where}: this {block.role} block {why}.")
    wanted = ("loses", "says") if block.role == "wrong" else ()
    options(block.options, wanted, (), where, f"this {block.role} block")
    if block.role == "wrong":
        number(block.options["loses"], where, "loses")
    if block.role in ("setup", "personal", "answer", "probes", "marks", "wrong"):
        try:
            ast.parse(block.text)
        except SyntaxError as error:
            raise SourceError(f", line {block.line + (error.lineno or 1) - 1}: {error.msg}.") from None


def _answer(block: Block) -> None:
    """What the student gets is made from `def` and `name = value`; what else defines a public name would get lost."""
    for node in ast.parse(block.text).body:
        if isinstance(node, ast.FunctionDef | ast.Import | ast.ImportFrom):
            continue
        names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        single = isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        public = [name for name in [*names, getattr(node, "name", "_")] if not name.startswith("_")]
        if not single and public and isinstance(node, ast.Assign | ast.AnnAssign | ast.ClassDef | ast.AsyncFunctionDef):
            where = f", line {block.line + node.lineno - 1}"
            raise SourceError(f"{where}: {public[0]} is not defined by `def` or by one `name = value`, so the student "
                              "would not be asked for it; write it so, or begin its name with _.")  # fmt: skip

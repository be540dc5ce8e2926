"""What an assignment consists of: blocks, questions, and what of them a student gets."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Assignment", "Block", "Question", "SourceError", "asked", "stub"]


class SourceError(ValueError):
    """The file does not follow the format; the text names the file, and the line where there is one."""


@dataclass(frozen=True)
class Block:
    """One piece of the source: a stretch of Markdown, or a fence with its role."""

    role: str  # text, code, or one of the roles in assignments/README.md
    text: str  # without the fence
    line: int  # of its first line in the file, from 1
    options: dict[str, str] = field(default_factory=dict, hash=False)  # of the fence: name=value


@dataclass(frozen=True)
class Question:
    """One question with everything that belongs to it."""

    name: str
    title: str
    number: int  # from 1
    marks: float  # by the checks, or by the rubric when `manual`
    minutes: int  # of a student's time
    level: str  # "#" signs of the heading
    without: tuple[str, ...]  # names an answer must not use
    blocks: tuple[Block, ...]
    line: int  # of its heading in the file, from 1

    def all(self, role: str) -> list[Block]:
        """Its blocks with this role, in order."""
        return [block for block in self.blocks if block.role == role]

    @property
    def manual(self) -> bool:
        """Marked by the lecturer: it has a rubric instead of checks."""
        return bool(self.all("rubric"))

    @property
    def solution(self) -> str:
        """The whole model code."""
        return "\n\n\n".join(block.text for block in self.all("answer"))

    @property
    def asked(self) -> list[str]:
        """The names that the student has to define."""
        return asked(self.solution)

    @property
    def heading(self) -> str:
        """As both notebooks show it."""
        unit = "mark" if self.marks == 1 else "marks"
        return f"{self.level} Question {self.number}. {self.title} ({self.marks:g} {unit}, {self.minutes} min)"


@dataclass(frozen=True)
class Assignment:
    """One file, read and checked."""

    name: str
    title: str
    text: str  # of the whole file
    opening: tuple[Block, ...]  # what comes before the first question
    questions: tuple[Question, ...]
    limits: dict[str, float] = field(hash=False)  # see source.LIMITS

    @property
    def marks(self) -> float:
        """The sum over all questions."""
        return sum(question.marks for question in self.questions)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All of them, in the order of the file."""
        return self.opening + tuple(block for question in self.questions for block in question.blocks)

    def code(self, role: str) -> str:
        """All code with one role, joined."""
        return "\n\n\n".join(block.text for block in self.blocks if block.role == role)


def asked(solution: str) -> list[str]:
    """The names a solution defines for the reader: functions and single assignments, without a leading _."""
    return [name for name, _ in _wanted(solution)]


def stub(solution: str) -> str:
    """What the student gets instead of a solution: signatures and docstrings that raise, and names without values."""
    lines, pieces = solution.splitlines(), []
    for name, node in _wanted(solution):
        if isinstance(node, ast.Assign):
            _, mark, comment = lines[(node.end_lineno or node.lineno) - 1].partition("  # ")
            pieces.append(f"{name} = ...{mark}{comment}")
            continue
        assert isinstance(node, ast.FunctionDef)
        documented = ast.get_docstring(node) is not None
        node.body = [*node.body[:documented], *ast.parse(f'raise NotImplementedError("Write {name}.")').body]
        pieces.append(ast.unparse(node))
    short = [" = ..." in piece for piece in pieces]
    gaps = ["\n" if a and b else "\n\n\n" for a, b in itertools.pairwise(short)]
    return "".join(piece + gap for piece, gap in zip(pieces, [*gaps, ""], strict=bool(pieces)))


def _wanted(solution: str) -> Iterator[tuple[str, ast.stmt]]:
    for node in ast.parse(solution).body:
        if isinstance(node, ast.FunctionDef):
            name = node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
        else:
            continue
        if not name.startswith("_"):
            yield name, node

"""An assignment, read from one Markdown file. assignments/README.md describes the format."""

from __future__ import annotations

import ast
import itertools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Assignment", "Block", "Question", "SourceError", "asked", "read", "stub"]

FENCE = re.compile(r"^(`{3,})(\S*)[ \t]*(.*)$")
HEADING = re.compile(r"^(#+) (.*?)\s*\{question=(.*)\}\s*$")
ROLES = {"text", "code", "setup", "personal", "answer", "probes", "marks", "wrong", "model", "rubric", "lecturer"}
IN_PYTHON = {"setup", "personal", "answer", "probes", "marks", "wrong"}
PROSE = {"model", "rubric", "lecturer"}
LIMITS = {"cell": 30.0, "answer": 10.0, "total": 150.0, "memory": 4.0, "files": 64.0}  # s, s, s, GB, MB


class SourceError(ValueError):
    """The file does not follow the format; the text names the file and the line."""


@dataclass(frozen=True)
class Block:
    """One piece of the source: a stretch of Markdown, or a fence with its role."""

    role: str  # one of ROLES
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
    limits: dict[str, float] = field(hash=False)  # see LIMITS

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


def read(path: Path) -> Assignment:
    """The assignment in a Markdown file. Raises SourceError, naming the line, when the file breaks a rule."""
    text = path.read_text("utf-8")
    head, body, first = _front_matter(path, text)
    limits = dict(LIMITS)
    for pair in shlex.split(head.get("limits", "")):
        name, _, value = pair.partition("=")
        if name not in LIMITS:
            raise SourceError(f"{path.name}: there is no limit {name!r}; the limits are {', '.join(LIMITS)}.")
        limits[name] = float(value)
    opening, questions = _group(path, list(_blocks(path, body, first)))
    if not questions:
        raise SourceError(f"{path.name}: no heading ends in {{question=name marks=n minutes=n}}.")
    return Assignment(path.stem, head["title"], text, opening, questions, limits)


def asked(solution: str) -> list[str]:
    """The names a solution defines for the reader: functions, classes and single assignments, without a leading _."""
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
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            names = [n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)]
            public = [name for name in names if not name.startswith("_")]
            if public and len(names) > 1:
                raise SourceError(f"line {node.lineno} of a solution assigns to more than one name; use one a line.")
            if public:
                yield public[0], node


def _front_matter(path: Path, text: str) -> tuple[dict[str, str], list[str], int]:
    lines = text.splitlines()
    if lines[:1] != ["---"] or "---" not in lines[1:]:
        raise SourceError(f"{path.name}: the file must begin with --- title: … ---.")
    end = lines.index("---", 1)
    pairs = [line.partition(":") for line in lines[1:end]]
    head = {name.strip(): value.strip() for name, colon, value in pairs if colon}
    if "title" not in head:
        raise SourceError(f"{path.name}: the block at the top has no title.")
    return head, lines[end + 1 :], end + 2


def _blocks(path: Path, lines: list[str], number: int) -> Iterator[Block | tuple[str, str, dict[str, str], int]]:
    """Blocks, and a tuple for each heading of a question."""
    prose: list[str] = []
    since, i = number, 0

    def flush() -> Iterator[Block]:
        text = "\n".join(prose).strip("\n")
        if text.strip():
            yield Block("text", text, since)
        prose.clear()

    while i < len(lines):
        heading, fence = HEADING.match(lines[i]), FENCE.match(lines[i])
        if heading:
            yield from flush()
            options = _options(path, "name=" + heading[3], number + i)
            yield heading[1], heading[2], options, number + i
            since = number + i + 1
        elif fence:
            end = next((j for j in range(i + 1, len(lines)) if lines[j].rstrip() == fence[1]), None)
            if end is None:
                raise SourceError(f"{path.name}, line {number + i}: the block that begins here is never closed.")
            role, _, rest = fence[3].partition(" ")
            if fence[2] == "python" or fence[2] in PROSE:
                yield from flush()
                role, rest = (fence[2], fence[3]) if fence[2] in PROSE else (role or "code", rest)
                if role not in PROSE | IN_PYTHON | {"code"}:
                    raise SourceError(f"{path.name}, line {number + i}: there is no role {role!r}.")
                options = _options(path, rest, number + i)
                yield Block(role, "\n".join(lines[i + 1 : end]), number + i + 1, options)
                since = number + end + 1
            else:
                prose.extend(lines[i : end + 1])
            i = end
        else:
            prose.append(lines[i])
        i += 1
    yield from flush()


def _options(path: Path, text: str, line: int) -> dict[str, str]:
    pairs = [part.partition("=") for part in shlex.split(text)]
    if bad := [name for name, equals, _ in pairs if not equals]:
        raise SourceError(f"{path.name}, line {line}: {bad[0]!r} is not name=value.")
    return {name: value for name, _, value in pairs}


def _group(path: Path, parts: list[Block | tuple[str, str, dict[str, str], int]]) -> tuple[
    tuple[Block, ...], tuple[Question, ...]
]:  # fmt: skip
    opening: list[Block] = []
    heads: list[tuple[tuple[str, str, dict[str, str], int], list[Block]]] = []
    for part in parts:
        if isinstance(part, tuple):
            heads.append((part, []))
        else:
            (heads[-1][1] if heads else opening).append(part)
    return tuple(opening), tuple(_question(path, i, *head) for i, head in enumerate(heads, start=1))


def _question(path: Path, number: int, head: tuple[str, str, dict[str, str], int], blocks: list[Block]) -> Question:
    level, title, options, line = head
    where = f"{path.name}, line {line}"
    if missing := {"name", "marks", "minutes"} - options.keys():
        raise SourceError(f"{where}: the heading of question {number} has no {' or '.join(sorted(missing))}.")
    roles = {block.role for block in blocks}
    if not ({"rubric"} <= roles or {"answer", "marks"} <= roles):
        raise SourceError(f"{where}: a question needs python answer and python marks blocks, or a rubric block.")
    if "rubric" in roles and "marks" in roles:
        raise SourceError(f"{where}: a question has checks or a rubric, not both; split it in two.")
    for block in blocks:
        if block.role in IN_PYTHON:
            try:
                ast.parse(block.text)
            except SyntaxError as error:
                raise SourceError(f"{path.name}, line {block.line + (error.lineno or 1) - 1}: {error.msg}.") from None
    return Question(
        options["name"], title, number, float(options["marks"]), int(options["minutes"]), level,
        tuple(options.get("without", "").split()), tuple(blocks),
    )  # fmt: skip

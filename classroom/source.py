"""An assignment, read from one Markdown file. assignments/README.md describes the format."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from classroom import rules
from classroom.parts import Assignment, Block, Question, SourceError, asked, stub

__all__ = ["Assignment", "Block", "Question", "SourceError", "asked", "read", "stub"]

FENCE = re.compile(r"^(`{3,})(\S*)[ \t]*(.*)$")
HEADING = re.compile(r"^(#+) (.*?)\s*\{question=(.*)\}\s*$")
IN_PYTHON = {"setup", "personal", "answer", "probes", "marks", "wrong"}
PROSE = {"model", "rubric", "lecturer"}
LIMITS = {"cell": 30.0, "answer": 10.0, "total": 150.0, "memory": 4.0, "files": 64.0}  # s, s, s, GB, MB
Heading = tuple[str, str, dict[str, str], int]  # level, title, options, line


def read(path: Path) -> Assignment:
    """The assignment in a Markdown file. Raises SourceError, naming the line, when the file breaks a rule."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path.name} is not UTF-8 text: {error.reason} at byte {error.start}.") from None
    try:
        head, body, first = _front_matter(text)
        limits = _limits(head.get("limits", ""))
        opening, questions = _group(list(_blocks(body, first)))
        rules.opening(opening)
        rules.questions(questions)
    except SourceError as error:
        raise SourceError(f"{path.name}{error}") from None
    return Assignment(path.stem, head["title"], text, opening, questions, limits)


def _front_matter(text: str) -> tuple[dict[str, str], list[str], int]:
    lines = text.splitlines()
    if lines[:1] != ["---"] or "---" not in lines[1:]:
        raise SourceError(": the file must begin with three lines: ---, title: …, ---.")
    end = lines.index("---", 1)
    pairs = [line.partition(":") for line in lines[1:end]]
    head = {name.strip(): value.strip() for name, colon, value in pairs if colon}
    rules.options(head, ("title",), ("limits",), ", line 1", "the block at the top")
    return head, lines[end + 1 :], end + 2


def _limits(text: str) -> dict[str, float]:
    given = _options(text, ": limits")
    rules.options(given, (), tuple(LIMITS), "", "limits")
    return LIMITS | {name: rules.number(value, ": limits", name) for name, value in given.items()}


def _blocks(lines: list[str], number: int) -> Iterator[Block | Heading]:
    prose: list[str] = []
    since, i = number, 0

    def flush() -> Iterator[Block]:
        text = "\n".join(prose).strip("\n")
        if text.strip():
            yield Block("text", text, since)
        prose.clear()

    while i < len(lines):
        heading, fence = HEADING.match(lines[i]), FENCE.match(lines[i])
        where = f", line {number + i}"
        if heading:
            yield from flush()
            yield heading[1], heading[2], _options("name=" + heading[3], where), number + i
            since = number + i + 1
        elif fence:
            end = next((j for j in range(i + 1, len(lines)) if lines[j].rstrip() == fence[1]), None)
            if end is None:
                raise SourceError(f"{where}: the block that begins here is never closed.")
            if inner := next((j for j in range(i + 1, end) if lines[j].startswith(fence[1])), None):
                raise SourceError(f"{where}: the block that begins here is not closed before line {number + inner}, "
                                  "where another begins; a block that contains one needs four backticks.")  # fmt: skip
            if fence[2] == "python" or fence[2] in PROSE:
                yield from flush()
                role, options = _role(fence[2], fence[3], where)
                yield Block(role, "\n".join(lines[i + 1 : end]), number + i + 1, options)
                since = number + end + 1
            else:
                prose.extend(lines[i : end + 1])
            i = end
        else:
            prose.append(lines[i])
        i += 1
    yield from flush()


def _role(language: str, rest: str, where: str) -> tuple[str, dict[str, str]]:
    role, _, rest = (language, "", rest) if language in PROSE else rest.partition(" ")
    if language == "python" and role not in {*IN_PYTHON, ""}:
        raise SourceError(f"{where}: there is no role {role!r}; the roles are {', '.join(sorted(IN_PYTHON))}.")
    return role or "code", _options(rest, where)


def _options(text: str, where: str) -> dict[str, str]:
    try:
        pairs = [part.partition("=") for part in shlex.split(text)]
    except ValueError:
        raise SourceError(f"{where}: a quotation mark is never closed in {text.strip()}.") from None
    if bad := [name for name, equals, _ in pairs if not equals]:
        raise SourceError(f"{where}: {bad[0]!r} is not name=value; a value with spaces needs quotation marks.")
    return {name: value for name, _, value in pairs}


def _group(parts: list[Block | Heading]) -> tuple[tuple[Block, ...], tuple[Question, ...]]:
    opening: list[Block] = []
    heads: list[tuple[Heading, list[Block]]] = []
    for part in parts:
        if isinstance(part, tuple):
            heads.append((part, []))
        else:
            (heads[-1][1] if heads else opening).append(part)
    return tuple(opening), tuple(_question(i, *head) for i, head in enumerate(heads, start=1))


def _question(number: int, head: Heading, blocks: list[Block]) -> Question:
    level, title, options, line = head
    where = f", line {line}"
    rules.options(options, ("name", "marks", "minutes"), ("without",), where, f"the heading of question {number}")
    marks, minutes = (rules.number(options[name], where, name) for name in ("marks", "minutes"))
    without = tuple(options.get("without", "").split())
    return Question(options["name"], title, number, marks, round(minutes), level, without, tuple(blocks), line)

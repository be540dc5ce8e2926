"""What was handed in: which notebook is whose, for which assignment, and what stands in it."""

from __future__ import annotations

import ast
import hashlib
import itertools
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classroom.build import PLACEHOLDER
from classroom.source import Assignment

__all__ = ["Submission", "collect", "load"]

LARGEST = 30 * 2**20  # bytes of a notebook: pictures in the outputs count


@dataclass(frozen=True)
class Submission:
    """One file that was handed in."""

    file: str  # its path below the folder of submissions: the key of everything written about it
    student: str
    assignment: Assignment | None
    cells: list[str]  # the source of its code cells
    texts: dict[str, str]  # free answers, by question
    notes: list[str]  # what the lecturer should know
    unreadable: str  # why it cannot be graded, for the student; empty when it can
    digest: str  # of the file and of the assignment: a grade is finished for this pair


def collect(folder: Path, assignments: list[Assignment]) -> list[Submission]:
    """Every submission below a folder, in order.

    ada.ipynb, ada.1-parabolas.ipynb, ada/anything.ipynb, 1-parabolas/ada.ipynb, and names as an LMS exports them.
    """
    names = {assignment.name for assignment in assignments}
    return [load(path, path.relative_to(folder), assignments) for path in sorted(_files(folder, names))]


def load(path: Path, file: Path, assignments: list[Assignment]) -> Submission:
    """Read one file. What is wrong with it is said in the result, never raised."""
    notebook, unreadable = _notebook(path)
    sources = [(_source(cell), cell) for cell in notebook.get("cells", []) if isinstance(cell, dict)]
    cells = [source for source, cell in sources if cell.get("cell_type") == "code"]
    assignment = None if unreadable else _assignment(notebook, file, cells, assignments)
    if not unreadable and assignment is None:
        unreadable = f"{file} does not say which assignment it is; hand in the notebook that you were given, renamed."
    student, notes = _student(file, cells, {a.name for a in assignments})
    notes = [] if unreadable else notes
    texts = _texts(sources, assignment) if assignment else {}
    data = path.read_bytes() if path.is_file() and path.stat().st_size <= LARGEST else str(path.stat().st_size).encode()
    digest = hashlib.sha256(data + (assignment.text if assignment else "").encode()).hexdigest()
    return Submission(str(file), student, assignment, cells, texts, notes, unreadable, digest)


def _files(folder: Path, names: set[str]) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "__")) or entry.name.upper().startswith("README"):
            continue
        if entry.is_dir() and entry.name in names:
            yield from _files(entry, names)
        elif entry.is_dir():
            inside = [p for p in sorted(entry.rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts]
            yield from inside or [entry]  # a folder without a notebook is a row too
        else:
            yield entry


def _notebook(path: Path) -> tuple[dict[str, Any], str]:
    """The notebook as plain data, and why it is none."""
    if path.is_dir():
        return {}, "There is no notebook (.ipynb) in your folder."
    if path.suffix != ".ipynb":
        return {}, f"{path.name} is not a notebook; hand in the .ipynb file."
    if path.stat().st_size > LARGEST:
        size = path.stat().st_size / 2**20
        return {}, f"{path.name} has {size:.0f} MB; clear its outputs, save, and hand it in again."
    try:
        notebook = json.loads(path.read_text("utf-8"))
        if not isinstance(notebook["cells"], list):
            raise KeyError("cells")
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        return {}, f"{path.name} is damaged or cut off: Jupyter cannot open it either. Save and upload it again."
    except (KeyError, TypeError):
        return {}, f"{path.name} is not a notebook of today's format; open it in Jupyter, save it, and hand that in."
    return notebook, ""


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(str(line) for line in source)


def _assignment(
    notebook: dict[str, Any], file: Path, cells: list[str], assignments: list[Assignment]
) -> Assignment | None:
    """By its mark; where that is lost, by the file's name, or by most of the names that are asked for."""
    mark = str(notebook.get("metadata", {}).get("classroom", {}).get("assignment", ""))
    for assignment in assignments:
        if assignment.name == mark or assignment.name in str(file):
            return assignment
    words = set(re.findall(r"\w+", "\n".join(cells)))
    shares = [(sum(n in words for n in _all_asked(a)) / len(_all_asked(a)), a) for a in assignments if _all_asked(a)]
    best = max(shares, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] > 0.5 else None


def _all_asked(assignment: Assignment) -> list[str]:
    return [name for question in assignment.questions for name in question.asked]


def _student(file: Path, cells: list[str], names: set[str]) -> tuple[str, list[str]]:
    """The name typed in the notebook when the file's name contains it; otherwise the file's name, and a note."""
    typed = next((name for name in map(_typed, cells) if name), "")
    places = [part for part in file.parts if part not in names]
    whole = Path(places[0]).stem if places[0] == file.name else places[0]
    stem = re.sub("|".join(map(re.escape, names)) or "^$", "", whole).strip(" ._-")
    handed_in = stem.lower() or places[0].lower()
    if typed and _names(str(file), typed):
        return typed, []
    if not typed or typed == PLACEHOLDER:
        return handed_in, [f'no name was typed into the notebook; graded with the numbers of "{handed_in}"']
    return handed_in, [f'the notebook says student = "{typed}"; it was handed in as "{handed_in}", whose numbers count']


def _typed(source: str) -> str:
    """The value of `student = "…"`, read without running anything."""
    try:
        body = ast.parse(source).body if "student" in source else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    for node in body:
        match node:
            case ast.Assign([ast.Name("student")], ast.Constant(str(name))):
                return name.strip().lower()
    return ""


def _names(file: str, typed: str) -> bool:
    """Whether a file's name contains a typed one: its words side by side in any order, or run together.

    >>> [_names(file, "Ada Lovelace") for file in ("Lovelace, Ada_12.ipynb", "lovelaceada_7_late.ipynb", "adams.ipynb")]
    [True, True, False]
    """
    words, inside = _words(typed), "-".join(["", *_words(file), ""])
    orders = itertools.permutations(words) if len(words) <= 5 else [tuple(words)]
    return bool(words) and any(f"-{joint.join(order)}-" in inside for order in orders for joint in ("-", ""))


def _words(text: str) -> list[str]:
    """Letters and digits, without capitals and accents: platforms drop them."""
    bare = unicodedata.normalize("NFKD", text.lower())
    return re.findall(r"[^\W_]+", "".join(letter for letter in bare if not unicodedata.combining(letter)))


def _texts(sources: list[tuple[str, dict[str, Any]]], assignment: Assignment) -> dict[str, str]:
    """Free answers: the cells that carry the question's mark, or all text that follows its heading."""
    texts = {}
    for question in (q for q in assignment.questions if q.manual):
        marked, below, here = [], [], False
        for source, cell in sources:
            heading = re.match(r"#+ Question (\d+)\b", source)
            if heading:
                here = int(heading[1]) == question.number
            elif cell.get("cell_type") == "markdown" and here:
                below.append(source)
            mark = cell.get("metadata", {}).get("classroom", {})
            if isinstance(mark, dict) and mark.get("question") == question.name:
                marked.append(source)
        answer = "\n\n".join(marked or below).replace("*Write your answer here.*", "").strip()
        texts[question.name] = answer[:20_000]
    return texts

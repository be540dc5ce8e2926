"""Marks given by hand: a table to fill in, kept over every run, that says when an answer changed after its marks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from classroom import tables
from classroom.parts import SourceError

__all__ = ["add", "outdated", "table"]

COLUMNS = ("student", "assignment", "question", "of", "marks", "comment", "earlier", "answer", "file")
FOR = " given for: "  # between marks and answer in the column `earlier`
Row = dict[str, Any]
Table = dict[tuple[str, str], Row]  # by file and question


def table(results: list[Row], path: Path) -> Table:
    """Read the table, add what is new, and write it. Marks and comments in it are kept, whatever happened since.

    Raises SourceError when a column is gone without which the marks have no owner.
    """
    rows: Table = {}
    for found in tables.read(path) if path.exists() else []:
        if missing := [name for name in ("file", "question", "marks") if name not in found]:
            raise SourceError(f"{path} has no column {missing[0]!r}; its first line must keep the columns' names.")
        rows[found["file"], found["question"]] = {name: found.get(name, "") for name in COLUMNS}
    for result in results:
        for question in (q for q in result["questions"] if q["score"] is None):
            answer = result["texts"].get(question["question"], "")
            row = rows.setdefault((result["file"], question["question"]), dict.fromkeys(COLUMNS, ""))
            row["earlier"] = _earlier(row, answer)
            row |= {key: result[key] for key in ("student", "assignment", "file")}
            row |= {"question": question["question"], "of": f"{question['of']:g}", "answer": answer}
    tables.write(path, COLUMNS, rows.values())
    return rows


def add(result: Row, rows: Table) -> None:
    """Marks given by hand join the result that is reported; the result on disk stays what the machine found."""
    for question in result["questions"]:
        row = rows.get((result["file"], question["question"]))
        if row and row["marks"].strip():
            given = _value(row["marks"])
            if not 0 <= given <= question["of"]:
                wanted = f"write a number from 0 to {question['of']:g}"
                result["notes"].append(f"by-hand.csv has {row['marks']!r} for {question['question']}; {wanted}")
                continue
            question["score"], question["earlier"] = given, bool(row["earlier"])
            question["messages"] = [row["comment"] or "Marked by hand."]
            if row["earlier"]:
                question["messages"].append("These marks were given for an earlier version of the answer.")
                result["notes"].append(f"EARLIER VERSION: {question['question']} changed after its {given:g} was given")
    result["score"] = sum(q["score"] or 0.0 for q in result["questions"])
    result["of"] = sum(q["of"] for q in result["questions"] if q["score"] is not None)


def outdated(results: list[Row]) -> str:
    """What the lecturer is told about marks that were given for an earlier version; empty when there are none."""
    old = [(r, q) for r in results for q in r["questions"] if q.get("earlier")]
    lines = [f"!!    {r['file']}: {q['score']:g} of {q['of']:g} for {q['question']}" for r, q in old]
    first = "!!  Counted, but given for an EARLIER VERSION of the answer:"
    last = "!!  by-hand.csv shows both, in `answer` and `earlier`: change the marks, or empty the cell `earlier`."
    return "\n".join([first, *lines, last]) if lines else ""


def _earlier(row: Row, answer: str) -> str:
    """`3.5 given for: …`, the answer that the marks of a row belong to; empty when it is the present one.

    Other marks than there, or an emptied cell, mean that the lecturer has read the answer that the table showed.
    """
    if not row["marks"].strip():
        return ""
    marks, known, text = row["earlier"].partition(FOR)
    belongs_to = text if known and _value(marks) == _value(row["marks"]) else row["answer"]
    return "" if belongs_to.split() == answer.split() else f"{row['marks']}{FOR}{belongs_to}"


def _value(marks: str) -> float:
    """A number as a spreadsheet writes it, 3.5 or 3,5; −1 for what is none."""
    text = marks.strip().replace(",", ".")
    return float(text) if tables.is_number(text) else -1.0

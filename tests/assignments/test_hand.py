"""Marks given by hand: kept over every run, and loud where the answer changed after them."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from classroom import parts, reports, tables

OLD, NEW = "No. A steep\ndirection may be small.", "Yes, of course."


def result(answer: str = OLD, *, file: str = "ada.ipynb", student: str = "ada") -> dict[str, Any]:
    question = {"question": "why", "number": 1, "score": None, "of": 4.0, "messages": []}
    base = {"student": student, "assignment": "1-parabolas", "file": file, "score": 0.0, "of": 0.0}
    return base | {"questions": [question], "numbers": {}, "texts": {"why": answer}, "notes": [], "problems": []}


def graded(folder: Path, *results: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """What is printed, and grades.json."""
    summary = reports.write(list(results), folder, [])
    return summary, json.loads((folder / "grades.json").read_text("utf-8"))


def fill_in(folder: Path, **cells: str) -> None:
    """As a lecturer does in a spreadsheet, in the first row."""
    rows = tables.read(folder / "by-hand.csv")
    tables.write(folder / "by-hand.csv", list(rows[0]), [rows[0] | cells, *rows[1:]])


def told(folder: Path, answer: str) -> bool:
    """Whether a run says, everywhere, that the marks were given for an earlier version; they count all the same."""
    summary, (one,) = graded(folder, result(answer))
    question = one["questions"][0]
    assert question["score"] == one["score"] == float(tables.read(folder / "by-hand.csv")[0]["marks"].replace(",", "."))
    loud = [(folder / name).read_text("utf-8") for name in ("grades.csv", "summary.txt")]
    feedback = (folder / "feedback" / "ada.ipynb.md").read_text("utf-8")
    says = {"EARLIER VERSION" in text for text in (summary, *loud)}
    says |= {question["earlier"], "an earlier version of the answer" in feedback}
    says |= {bool(tables.read(folder / "by-hand.csv")[0]["earlier"])}
    assert len(says) == 1, "the places do not agree"
    return says.pop()


def test_marks_for_an_earlier_version_are_kept_and_said_so_until_somebody_reads_it(tmp_path: Path) -> None:
    graded(tmp_path, result())
    fill_in(tmp_path, marks="3.5", comment="good")
    assert not told(tmp_path, OLD)
    assert not told(tmp_path, OLD.replace("\n", "  "))  # a cell saved by another editor is no new answer
    for _ in range(2):
        assert told(tmp_path, NEW)
    row = tables.read(tmp_path / "by-hand.csv")[0]
    assert (row["marks"], row["comment"], row["answer"]) == ("3.5", "good", NEW)
    assert row["earlier"] == f"3.5 given for: {OLD}".replace("\n", "  ")
    fill_in(tmp_path, marks="3,50")  # as a spreadsheet may write the same number
    assert told(tmp_path, NEW)
    assert not told(tmp_path, OLD)  # the student took it back
    assert told(tmp_path, NEW)
    fill_in(tmp_path, marks="1")  # read again, and other marks
    assert not told(tmp_path, NEW)
    assert told(tmp_path, "")
    fill_in(tmp_path, earlier="")  # read again, and the same marks
    assert not told(tmp_path, "")
    assert told(tmp_path, NEW)


def test_marks_for_an_answer_that_changed_before_the_run_are_for_the_one_in_the_table(tmp_path: Path) -> None:
    graded(tmp_path, result())
    fill_in(tmp_path, marks="4")  # while the student hands in another version
    assert told(tmp_path, NEW)


def test_no_marks_no_warning(tmp_path: Path) -> None:
    graded(tmp_path, result())
    summary, (one,) = graded(tmp_path, result(NEW))
    assert "EARLIER" not in summary + str(one)
    assert tables.read(tmp_path / "by-hand.csv")[0]["earlier"] == ""


@pytest.mark.parametrize(
    ("given", "score"), [("3,5", 3.5), ("0", 0.0), ("99", None), ("-1", None), ("nan", None), ("ok", None)]
)
def test_marks_given_by_hand_are_numbers_in_range(tmp_path: Path, given: str, score: float | None) -> None:
    """And the table is the same after any number of runs, whatever the file is called."""
    table = tmp_path / "by-hand.csv"
    graded(tmp_path, result("=2", file="=1+1.ipynb"))
    fill_in(tmp_path, marks=given)
    for _ in range(2):
        _, (one,) = graded(tmp_path, result("=2", file="=1+1.ipynb"))
        assert one["questions"][0]["score"] == score
        assert ("write a number from 0 to 4" in str(one["notes"])) == (score is None)
        assert len(table.read_text("utf-8").splitlines()) == 2
        assert "'=1+1.ipynb" in table.read_text("utf-8")


@pytest.mark.parametrize(("comma", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-8")])
def test_a_table_is_read_as_any_spreadsheet_saves_it(tmp_path: Path, comma: str, encoding: str) -> None:
    answer = 'First; "second", with ü,\nand 3,5'
    graded(tmp_path, result(answer))
    fill_in(tmp_path, marks="3,5", comment="très bien; go on")
    rows = tables.read(tmp_path / "by-hand.csv")
    with (tmp_path / "by-hand.csv").open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=comma)
        writer.writeheader()
        writer.writerows(rows)
    _, (one,) = graded(tmp_path, result(answer))
    assert one["questions"][0] == one["questions"][0] | {"score": 3.5, "earlier": False}
    assert one["questions"][0]["messages"] == ["très bien; go on"]
    assert tables.read(tmp_path / "by-hand.csv") == rows


def test_a_column_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "by-hand.csv").write_text("student,question,points\nada,why,3\n", "utf-8")
    with pytest.raises(parts.SourceError, match=r"by-hand\.csv has no column 'file'"):
        graded(tmp_path, result())


def test_two_notebooks_of_one_student_are_two_rows_and_said_so(tmp_path: Path) -> None:
    summary, found = graded(tmp_path, result(), result(file="ada (1).ipynb"), result(file="bo.ipynb", student="bo"))
    assert "!!  ada handed in 2 notebooks for 1-parabolas, a row each: ada.ipynb, ada (1).ipynb" in summary
    assert [one["notes"] for one in found] == [["one of 2 notebooks of ada: remove those that do not count"]] * 2 + [[]]

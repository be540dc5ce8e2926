"""Gradescope's side: one submission in, results.json out. Runs inside the container that setup.sh prepared."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from classroom import batch, sandbox
from classroom.source import Assignment
from classroom.submissions import load

__all__ = ["answer"]


def answer(root: Path, assignment: Assignment) -> dict[str, Any]:
    """Grade root/submission and write root/results/results.json; what was written.

    The student is the one whose name in submission_metadata.json contains the name typed in the notebook.
    """
    found = sorted((root / "submission").rglob("*.ipynb"))
    path = found[0] if found else root / "submission"
    submission = load(path, Path(_who(root / "submission_metadata.json")) / path.name, [assignment])
    result = batch.grade_one(submission, run=sandbox.run)
    written = _results(result, assignment)
    place = root / "results" / "results.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(written, indent=1, ensure_ascii=False), "utf-8")
    return written


def _who(metadata: Path) -> str:
    """The names Gradescope knows the submitter by, in one line: the local part of the address, number, name."""
    try:
        user = json.loads(metadata.read_text("utf-8"))["users"][0]
    except (OSError, ValueError, KeyError, IndexError):
        return "unknown"
    parts = [str(user.get("email", "")).partition("@")[0], str(user.get("sid", "")), str(user.get("name", ""))]
    return re.sub(r"[/\\]", " ", " ".join(part for part in parts if part)) or "unknown"


def _results(result: dict[str, Any], assignment: Assignment) -> dict[str, Any]:
    if result.get("ungraded"):
        return {"score": 0, "output": result["ungraded"]}
    titles = {question.name: question.title for question in assignment.questions}
    tests = [
        {"name": titles[q["question"]], "number": str(q["number"]), "score": q["score"], "max_score": q["of"],
         "output": "\n".join(q["messages"]), "visibility": "visible"}
        for q in result["questions"] if q["score"] is not None
    ]  # fmt: skip
    numbers = ", ".join(f"{name} = {value}" for name, value in result["numbers"].items())
    lines = [*result["notes"], *result["problems"], f"Your numbers: {numbers}" if numbers else ""]
    return {"output": "\n".join(line for line in lines if line), "tests": tests, "stdout_visibility": "hidden"}

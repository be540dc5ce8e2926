"""A folder of submissions: graded in parallel, resumed after a stop, and no submission ever stops the others."""

from __future__ import annotations

import json
import os
import queue
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
from tqdm import tqdm

from classroom import marking, sandbox
from classroom.sheet import Sheet, sheet
from classroom.source import Assignment
from classroom.submissions import Submission, collect
from classroom.walls import walls
from eoslib.checkpoint import whole

__all__ = ["VERSION", "grade_folder", "grade_one"]

VERSION = 2  # of the results; a change grades everything again
Run = Callable[[dict[str, Any], dict[str, float]], sandbox.Outcome]
_one_at_a_time = threading.Lock()  # sheets run the lecturer's code in this process


def grade_folder(
    folder: Path, results: Path, assignments: list[Assignment], *, jobs: int = 0, quiet: bool = False
) -> list[dict[str, Any]]:
    """Grade what is new or changed below a folder; all results, finished ones from earlier runs included.

    Each result is written to results/one/ the moment it is known. An older result of a changed submission moves to
    results/history/.
    """
    (results / "one").mkdir(parents=True, exist_ok=True)
    submissions = collect(folder, assignments)
    finished = {s.file: _finished(results, s) for s in submissions}
    slots: queue.Queue[int] = queue.Queue()
    jobs = jobs or _jobs(assignments)
    for slot in range(jobs):
        slots.put(slot)

    def work(submission: Submission) -> dict[str, Any]:
        slot = slots.get()
        try:
            return grade_one(submission, run=lambda task, limits: sandbox.run(task, limits, slot=slot))
        finally:
            slots.put(slot)

    waiting = [s for s in submissions if finished[s.file] is None]
    with ThreadPoolExecutor(jobs) as pool, tqdm(total=len(submissions), unit="", disable=quiet) as bar:
        bar.update(len(submissions) - len(waiting))
        futures = {pool.submit(work, s): s for s in waiting}
        try:
            for future in as_completed(futures):
                submission = futures[future]
                finished[submission.file] = _settle(results, submission, future)
                bar.set_postfix_str(submission.file[-30:])
                bar.update()
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [result for s in submissions if (result := finished[s.file]) is not None]


def grade_one(submission: Submission, *, run: Run) -> dict[str, Any]:
    """The result of one submission, as plain data. `run` performs a task, in a jail or not."""
    assignment = submission.assignment
    blank: dict[str, Any] = {
        "student": submission.student, "file": submission.file, "assignment": assignment.name if assignment else "",
        "score": 0.0, "of": 0.0, "questions": [], "numbers": {}, "texts": submission.texts,
        "notes": list(submission.notes), "problems": [], "walls": walls().standing,
        "digest": submission.digest, "version": VERSION,
    }  # fmt: skip
    if assignment is None:
        return blank | {"notes": [submission.unreadable, *submission.notes], "ungraded": submission.unreadable}
    with _one_at_a_time:
        asked: Sheet = sheet(assignment, submission.student)
    outcome = run(asked.task(submission.cells), assignment.limits)
    marks = marking.mark(asked, outcome, submission.cells)
    shown = {name: value.tolist() if hasattr(value, "tolist") else value for name, value in asked.numbers.items()}
    return blank | {
        "score": sum(m.score or 0.0 for m in marks), "of": sum(m.of for m in marks if m.score is not None),
        "questions": [asdict(m) for m in marks], "problems": outcome.problems,
        "numbers": shown,
    }  # fmt: skip


def _settle(results: Path, submission: Submission, future: Any) -> dict[str, Any]:
    """Write a result down. When the grader itself failed, a row says so, and the next run tries again."""
    try:
        result: dict[str, Any] = future.result()
    except Exception as error:
        text = f"The grader failed here, which is not the student's fault: {type(error).__name__}: {error}"
        return {
            "student": submission.student, "file": submission.file, "score": 0.0, "of": 0.0, "questions": [],
            "assignment": submission.assignment.name if submission.assignment else "", "notes": [text],
            "problems": [], "ungraded": text, "texts": {}, "numbers": {}, "walls": False,
        }  # fmt: skip
    path = _place(results, submission)
    if path.exists():
        history = results / "history"
        history.mkdir(exist_ok=True)
        older = len(list(history.glob(f"{path.stem}.*.json")))
        os.replace(path, history / f"{path.stem}.{older + 1}.json")
    with whole(path) as part:
        part.write_text(json.dumps(result, indent=1, ensure_ascii=False), "utf-8")
    return result


def _finished(results: Path, submission: Submission) -> dict[str, Any] | None:
    """The result of an earlier run, if it is of the same file, assignment and version."""
    try:
        result: dict[str, Any] = json.loads(_place(results, submission).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    same = result.get("digest") == submission.digest and result.get("version") == VERSION
    return result if same else None


def _place(results: Path, submission: Submission) -> Path:
    slug = re.sub(r"[^\w.-]", "_", submission.file.replace("_", "__").replace("/", "_-_"))
    return results / "one" / f"{slug}.json"


def _jobs(assignments: list[Assignment]) -> int:
    memory = max((a.limits["memory"] for a in assignments), default=4.0) * 2**30
    return max(1, min(os.cpu_count() or 1, int(psutil.virtual_memory().available // memory)))

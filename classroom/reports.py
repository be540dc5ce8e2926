"""What is written about a folder of results: grades.csv, grades.json, what to mark by hand, feedback, a histogram."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

from classroom import hand, tables
from classroom.source import Assignment

__all__ = ["histogram", "write"]

BINS = 10
Row = dict[str, Any]


def write(results: list[Row], folder: Path, assignments: list[Assignment]) -> str:
    """Write all reports into folder; the summary that is also printed."""
    marked = hand.table(results, folder / "by-hand.csv")
    for result in results:
        hand.add(result, marked)
    twice = _twice(results)
    _grades(results, folder / "grades.csv")
    _questions(results, folder / "questions.csv")
    (folder / "grades.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    _rubrics(assignments, folder / "rubrics.md")
    _feedback(results, folder / "feedback")
    names = [a.name for a in assignments if any(r["assignment"] == a.name for r in results)]
    summary = "\n\n".join(_summary([r for r in results if r["assignment"] == name], name) for name in names)
    lost = [r for r in results if r.get("ungraded")]
    if lost:
        summary += "\n\nNot graded:\n" + "\n".join(f"  {r['file']}: {r['ungraded']}" for r in lost)
    summary = "\n\n".join(part for part in (summary, twice, hand.outdated(results)) if part)
    (folder / "summary.txt").write_text(summary + "\n", "utf-8")
    shares = {name: [_share(r) for r in results if r["assignment"] == name] for name in names}
    _picture(shares, folder / "histogram.svg")
    return summary


def histogram(shares: list[float], *, width: int = 40) -> str:
    """Shares of full marks in ten classes, one line each; full marks have a line of their own.

    >>> print(histogram([0.05, 0.5, 0.55, 1.0], width=2))
       0– 9 %   1 █
      10–19 %   0
      20–29 %   0
      30–39 %   0
      40–49 %   0
      50–59 %   2 ██
      60–69 %   0
      70–79 %   0
      80–89 %   0
      90–99 %   0
        100 %   1 █
    """
    counts = Counter(min(int(share * BINS + 1e-9), BINS) for share in shares)
    most = max(counts.values(), default=1)
    names = [f"{10 * i:>4}–{10 * i + 9:>2} %" for i in range(BINS)] + [f"{'100 %':>9}"]
    bars = ["█" * round(width * counts[i] / most) for i in range(BINS + 1)]
    return "\n".join(f"{name} {counts[i]:>3} {bars[i]}".rstrip() for i, name in enumerate(names))


def _share(result: Row) -> float:
    return result["score"] / result["of"] if result["of"] else 0.0


def _summary(results: list[Row], name: str) -> str:
    """Histogram, then each question: mean share, and what was said most often."""
    scores = [r["score"] for r in results if r["of"]]
    of = max((r["of"] for r in results), default=0.0)
    middle = f", median {statistics.median(scores):g} of {of:g}" if scores else ""
    count = f"{len(results)} submission{'' if len(results) == 1 else 's'}"
    lines = [f"{name}: {count}{middle}", histogram([_share(r) for r in results if r["of"]]), ""]
    for number, title in sorted({(q["number"], q["question"]) for r in results for q in r["questions"]}):
        asked = [q for r in results for q in r["questions"] if q["question"] == title]
        marked = [q["score"] / q["of"] for q in asked if q["score"] is not None]
        said = Counter(m for q in asked for m in q["messages"] if q["score"] is not None and q["score"] < q["of"])
        mean = f"{statistics.mean(marked):>4.0%}" if marked else "   –"
        most = [f"  {count}×: {text}" for text, count in said.most_common(1) if count > 1]
        lines.append(f"  question {number} {title:<14} {mean}{most[0][:110] if most else ''}")
    return "\n".join(lines)


def _twice(results: list[Row]) -> str:
    """Who has more than one notebook for an assignment: each is a row, and which one counts is not for us to say."""
    owners: dict[tuple[str, str], list[Row]] = {}
    for result in results:
        if not result.get("ungraded"):
            owners.setdefault((result["student"], result["assignment"]), []).append(result)
    lines = []
    for (student, assignment), own in owners.items():
        if len(own) > 1:
            files = ", ".join(result["file"] for result in own)
            lines.append(f"!!  {student} handed in {len(own)} notebooks for {assignment}, a row each: {files}")
            for result in own:
                result["notes"].append(f"one of {len(own)} notebooks of {student}: remove those that do not count")
    return "\n".join(lines)


def _grades(results: list[Row], path: Path) -> None:
    most = max((len(r["questions"]) for r in results), default=0)
    columns = [f"q{i + 1}" for i in range(most)]
    rows = []
    for r in results:
        scores = {f"q{q['number']}": "" if q["score"] is None else f"{q['score']:g}" for q in r["questions"]}
        open_ = sum(q["of"] for q in r["questions"] if q["score"] is None)
        row = {"student": r["student"], "assignment": r["assignment"]}
        row |= {} if r.get("ungraded") else {"score": f"{r['score']:g}", "of": f"{r['of']:g}"}
        row |= {"still by hand": f"{open_:g}", "notes": "; ".join([*r["notes"], *r["problems"]]), "file": r["file"]}
        rows.append(row | scores)
    tables.write(path, ("student", "assignment", "score", "of", "still by hand", *columns, "notes", "file"), rows)


def _questions(results: list[Row], path: Path) -> None:
    rows = [
        {"student": r["student"], "assignment": r["assignment"], "question": q["question"], "number": q["number"],
         "score": "" if q["score"] is None else f"{q['score']:g}", "of": f"{q['of']:g}",
         "messages": "\n".join(q["messages"]), "file": r["file"]}
        for r in results for q in r["questions"]
    ]  # fmt: skip
    tables.write(path, ("student", "assignment", "question", "number", "score", "of", "messages", "file"), rows)


def _rubrics(assignments: list[Assignment], path: Path) -> None:
    parts = ["# What is marked by hand\n\nFill in the columns marks and comment of by-hand.csv, and grade again.\n"]
    for assignment in assignments:
        for question in (q for q in assignment.questions if q.manual):
            blocks = [b.text for b in [*question.all("rubric"), *question.all("model")]]
            parts.append(
                f"## {assignment.name}: {question.title} ({question.marks:g})\n\n" + "\n\n".join(blocks) + "\n"
            )
    path.write_text("\n".join(parts), "utf-8")


def _feedback(results: list[Row], folder: Path) -> None:
    """One page for each student, to be sent back."""
    folder.mkdir(exist_ok=True)
    for r in results:
        total = "not graded" if r.get("ungraded") else f"{r['score']:g} of {r['of']:g}"
        lines = [f"# {r['student']}: {r['assignment'] or r['file']}", "", f"**{total}**", ""]
        lines += [f"- {note}" for note in [*r["notes"], *r["problems"]]]
        if r["numbers"]:
            lines += ["", "Your numbers: " + ", ".join(f"{k} = {v}" for k, v in r["numbers"].items())]
        for q in r["questions"]:
            score = "open" if q["score"] is None else f"{q['score']:g}"
            lines += ["", f"## Question {q['number']} · {q['question']}: {score} of {q['of']:g}", ""]
            lines += [f"- {message}" for message in q["messages"]]
        (folder / (r["file"].replace("/", "_-_") + ".md")).write_text("\n".join(lines) + "\n", "utf-8")


def _picture(shares: dict[str, list[float]], path: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    if not shares:
        return
    fig, axes = plt.subplots(len(shares), 1, figsize=(6, 2.4 * len(shares)), squeeze=False, constrained_layout=True)
    for ax, (name, values) in zip(axes[:, 0], shares.items(), strict=True):
        ax.hist([100 * v for v in values], bins=[*range(0, 101, 10)], color="#0072b2", edgecolor="white")
        ax.set(title=f"{name}, {len(values)} submissions", xlabel="per cent of the marks given so far")
        ax.set_ylabel("students")
        ax.yaxis.get_major_locator().set_params(integer=True)
    with plt.rc_context({"svg.hashsalt": "classroom"}):  # the same grades give the same file
        fig.savefig(path, metadata={"Date": None})
    plt.close(fig)

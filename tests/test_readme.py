"""The README's example prints what the README says it prints, and its picture and files exist."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_example_prints_the_numbers_shown() -> None:
    code, shown = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", README, re.DOTALL).groups()  # type: ignore[union-attr]
    assert len([line for line in code.splitlines() if line]) == 5
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {})
    number = re.compile(r"\d+(?:\.\d+)?")
    assert number.sub("#", printed.getvalue()) == number.sub("#", shown)
    now, then = (list(map(float, number.findall(text.splitlines()[1]))) for text in (printed.getvalue(), shown))
    assert now[0] == then[0] == 20
    assert now[1] == pytest.approx(then[1], abs=5)  # before the edge: one measured point of rounding
    assert now[2] == pytest.approx(then[2], abs=0.03)  # at the edge: a mean, so other processors agree to percents


def test_the_guides_example_runs_on_a_model_of_your_own() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "book" / "how-to-use.md").read_text("utf-8"), re.DOTALL)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {})
    expected = "Sequential (98 parameters) on my data (200 examples), square loss\n501 points"
    assert printed.getvalue().startswith(expected)


def test_every_file_it_names_exists() -> None:
    named = set(re.findall(r"\]\((?!http)([^)]+)\)|`([\w./-]+\.(?:md|js|cff)|LICENSE[\w-]*|[\w.]+/)`", README))
    paths = {a or b for a, b in named}
    assert {"book/_static/lab.png", "LICENSE", "LICENSE-TEXT", "CITATION.cff", "CONTRIBUTING.md"} <= paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_size_it_promises_is_the_size() -> None:
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in (ROOT / "eoslib").glob("*.py"))
    promised = int(re.search(r"about ([\d,]+) lines", README)[1].replace(",", ""))  # type: ignore[index]
    assert abs(lines - promised) < 150, f"eoslib has {lines} lines, the README says {promised}"

"""Every exercise has one form; a code exercise's stub is told from an answer, its solution passes its own check."""

import ast
import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

import eoslib as eos
from tests.book.slicing import needed

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
CARD = re.compile(r'<div class="eos-exercise">\n\n\*\*Exercise (\d+)\.\*\* (●{1,3}) (\w+) · (\d+) min(?:\.|\n)')
FOLDED = re.compile(r'<details class="eos-(hint|solution)">\s*<summary>(Hint|Solution)</summary>')
KINDS = {"pencil", "code", "explore", "open", "read"}
SOLUTION = re.compile(r'<details class="eos-solution">.*?```python\n(.*?)```', re.DOTALL)
CHECK = re.compile(r"^(?=(?:_ = )?eos\.check\()", re.MULTILINE)


def exercises(path: Path) -> list[dict[str, Any]]:
    """The cards of a chapter in order, each with what stands between it and the next: folds and code cells."""
    found: list[dict[str, Any]] = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            if found and "exercise" in cell["metadata"].get("tags", []):
                found[-1]["code"].append(source)
            continue
        source = source.split("\n## Quiz")[0]
        opened = [*CARD.finditer(source)]
        assert len(opened) == source.count('class="eos-exercise"'), f"{path.stem}, {cell['id']}: a card's first line"
        ends = [card.start() for card in opened] + [len(source)]
        if found:
            found[-1]["folds"] += FOLDED.findall(source[: ends[0]])
        for card, end in zip(opened, ends[1:], strict=True):
            number, dots, kind, minutes = card.groups()
            found.append({"number": int(number), "dots": len(dots), "kind": kind, "minutes": int(minutes),
                          "folds": FOLDED.findall(source[card.end() : end]), "code": []})  # fmt: skip
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_an_exercise_names_its_kind_difficulty_and_minutes(path: Path) -> None:
    cards = exercises(path)
    assert [card["number"] for card in cards] == list(range(1, len(cards) + 1))
    assert 3 <= len(cards) <= 7
    assert {card["kind"] for card in cards} <= KINDS
    for card in cards:
        assert 1 <= card["minutes"] <= 90
        assert card["kind"] != "open" or card["dots"] == 3, f"exercise {card['number']}: open is ●●●"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_code_exercise_is_a_stub_that_raises_and_a_check_below_it(path: Path) -> None:
    for card in exercises(path):
        here = (path.stem, card["number"])
        assert len(card["code"]) == (card["kind"] == "code"), f"{here}: code is what has a stub"
        for cell in card["code"]:
            stub = ast.parse(cell).body[0]
            assert isinstance(stub, ast.FunctionDef), f"{here} does not begin with its function"
            assert isinstance(stub.body[-1], ast.Raise), f"{stub.name} does not raise"
            assert re.search(rf"^(_ = )?eos\.check\({stub.name}, ", cell, re.MULTILINE), here


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_hint_and_solution_are_folded_in_this_order(path: Path) -> None:
    for card in exercises(path):
        here, folds = (path.stem, card["number"]), [kind for kind, _ in card["folds"]]
        assert all(kind == word.lower() for kind, word in card["folds"])
        free = [[], ["hint"]] if card["kind"] == "open" else []
        assert folds in (*free, ["hint", "solution"]), f"{here} has {folds}"


def printed(source: str, names: dict[str, Any]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(source, names)
    return out.getvalue()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_stub_does_not_pass_and_the_solution_does(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the cells that the exercises need are run here; the whole chapter is when its outputs are compared."""
    monkeypatch.setattr(eos.plots, "show", lambda fig, *, alt: eos.plots.plt.close(fig))
    monkeypatch.chdir(path.parent)  # where Jupyter runs it: a chapter reads its records from there
    stored = json.loads(path.read_text("utf-8"))["cells"]
    cells = ["".join(cell["source"]) if cell["cell_type"] == "code" else "" for cell in stored]
    answers = {}
    for place, cell in enumerate(stored):
        if "exercise" in cell["metadata"].get("tags", []):
            solution = SOLUTION.search("".join(stored[place + 1]["source"]))
            assert solution, f"the exercise in cell {cell['id']} has no solution in the next cell"
            answers[place] = solution[1] + CHECK.split(cells[place])[-1]
    assert answers
    names: dict[str, Any] = {"__name__": "chapter"}
    for place in needed([cell + "\n" + answers.get(place, "") for place, cell in enumerate(cells)], set(answers)):
        said = printed(cells[place], names)
        if place in answers:
            assert said.startswith("not written yet: ")
            assert printed(answers[place], names).startswith("correct: ")

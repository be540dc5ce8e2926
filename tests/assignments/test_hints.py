"""What `eos.check` prints about a wrong function: a hint, and nothing that depends on the answer."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from eoslib import tasks

CASES = [(name, number, case) for name, make in sorted(tasks._TASKS.items()) for number, case in enumerate(make())]
NAMES = [f"{name}:{number}" for name, number, _ in CASES]
KNOWN = [(name, case) for name, _, case in CASES if not callable(case.truth)]
WORDS = [(name, case) for name, case in KNOWN if isinstance(case.truth, str)]
NUMBERS = [(name, case) for name, case in KNOWN if not isinstance(case.truth, str)]
JUDGED = [(name, case) for name, _, case in CASES if callable(case.truth)]


def tried(case: tasks.Case, value: Any, capsys: pytest.CaptureFixture[str]) -> tuple[bool, str]:
    def yours(*_: Any) -> Any:
        return value

    return tasks._try(yours, [case]), capsys.readouterr().out


def each(change: Callable[..., Any], *values: Any) -> Any:
    """A function of numbers and arrays, applied within tuples and lists."""
    if isinstance(values[0], list | tuple):
        return tuple(each(change, *parts) for parts in zip(*values, strict=True))
    return change(*(np.asarray(value, dtype=float) if np.ndim(value) else value for value in values))


WRONG: dict[str, Callable[[Any], Any]] = {
    "a little more": lambda x: x + 0.37,
    "a little less": lambda x: x - 0.37,
    "ten times as large": lambda x: 10 * x + 1,
    "one entry": lambda x: x + (np.arange(np.size(x)).reshape(np.shape(x)) == 0) * 0.37 if np.ndim(x) else x + 0.37,
}


@pytest.mark.parametrize(("name", "case"), WORDS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_wrong_word_is_not_told_the_right_one(
    name: str, case: tasks.Case, capsys: pytest.CaptureFixture[str]
) -> None:
    passed, said = tried(case, "another word", capsys)
    message = said.split("\n  Hint:")[0].replace(case.words, "")  # a hint may give the definition
    assert not passed and "another word" in message and str(case.truth) not in message


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(("name", "case"), NUMBERS, ids=lambda value: value if isinstance(value, str) else "")
def test_the_words_stay_the_same_when_the_answer_moves_away(
    name: str, case: tasks.Case, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not one letter depends on how far the truth is: only on the reader's value, its shape and the direction."""
    truth = tasks._plain(case.truth)
    value = each(WRONG[wrong], truth)
    passed, said = tried(case, value, capsys)
    if passed:
        assert value == truth == np.inf  # infinity and a little more is infinity
        return
    assert said.startswith("not yet: yours(")
    assert said.endswith(f".\n  Hint: {case.hint}\n")
    further = replace(case, truth=each(lambda right, mine: right + 0.5 * (right - mine), truth, value))
    assert tried(further, value, capsys) == (False, said)


@pytest.mark.parametrize(("name", "number", "case"), CASES, ids=NAMES)
def test_any_value_gets_a_sentence(
    name: str, number: int, case: tasks.Case, capsys: pytest.CaptureFixture[str]
) -> None:
    junk = [None, "text", [], [1.0, [2.0, 3.0]], np.nan, np.full(3, np.nan), np.array(["a", "b", "c"]), object(), {},
            (0.123,), (0.123, 0.2, 0.3), np.zeros((2, 2, 2)), max, 1j]  # fmt: skip
    for value in junk:
        passed, said = tried(case, value, capsys)
        assert said.startswith("correct" if passed else "not yet: yours("), said
        assert passed or said.endswith(f"\n  Hint: {case.hint}\n"), said
        assert not passed or callable(case.truth), f"{value} is no answer"


@pytest.mark.parametrize(("name", "case"), KNOWN, ids=lambda value: value if isinstance(value, str) else "")
def test_the_answer_passes_and_the_hint_does_not_contain_it(
    name: str, case: tasks.Case, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tried(case, case.truth, capsys) == (True, "correct: yours passes all 1 cases\n")
    numbers = set(re.findall(r"\d+\.?\d*(?:e[+-]?\d+)?", tasks._brief(tasks._plain(case.truth))))
    telling = {number for number in numbers if len(number.strip("0.")) >= 2}
    assert not telling & set(re.findall(r"\d+\.?\d*", case.hint))


@pytest.mark.parametrize(("name", "case"), JUDGED, ids=lambda value: value if isinstance(value, str) else "")
def test_a_judge_names_shapes_and_properties_but_no_values(
    name: str, case: tasks.Case, capsys: pytest.CaptureFixture[str]
) -> None:
    for value in (None, 0.0, (1.0, 2.0), (np.ones(2), np.ones(1), np.ones((3, 2))), np.ones(3)):
        said = case.truth(value)
        assert said is True or not re.findall(r"\d", re.sub(r"\(\d*,?(?: \d+)?\)", "", str(said)))


def test_a_stub_and_a_crash() -> None:
    def stub(*_: Any) -> None:
        raise NotImplementedError("Write it.")

    def crash(*_: Any) -> None:
        raise ZeroDivisionError

    for make in tasks._TASKS.values():
        assert tasks._try(stub, list(make())) is False
        with pytest.raises(ZeroDivisionError):
            tasks._try(crash, list(make()))


def test_a_task_that_does_not_exist_is_named() -> None:
    with pytest.raises(AttributeError, match=r"There is no task 'multiplyer'\. The tasks are .*multiplier"):
        tasks.check.multiplyer(max)

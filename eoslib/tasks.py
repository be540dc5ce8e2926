"""The tasks of the assignments: `eos.check.<task>(your_function)` says what differs, and never the answer.

`check` is `eoslib.checks.check` with the tasks as attributes. A task is a function that returns its cases, computed
when they are asked for; the modules tasks_… hold them, one module an assignment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eoslib import checks

__all__ = ["PLACEHOLDER", "Case", "Cases", "Checker", "Judge", "check", "random_for", "task"]

PLACEHOLDER = "your-name"  # what stands in a notebook where a student types a name
Judge = Callable[[Any], bool | str]  # True, or in words what is wrong with a value


@dataclass(frozen=True)
class Case:
    """One call of the reader's function, and what is right."""

    arguments: tuple[Any, ...]
    truth: Any  # what agrees with it is right; or a Judge
    hint: str  # printed when it is wrong: the way, not the answer
    words: str = ""  # what the arguments are, where printing them would not help
    tol: float = 1e-6  # as in checks.agrees


Cases = Iterable[Case]
_TASKS: dict[str, Callable[[], Cases]] = {}


def task(cases: Callable[[], Cases]) -> Callable[[], Cases]:
    """Make a function that returns cases a task: `eos.check.<its name>`. Raises ValueError where the name is taken."""
    if cases.__name__ in _TASKS:
        raise ValueError(f"There is a task {cases.__name__!r} already; choose another name for this one.")
    _TASKS[cases.__name__] = cases
    return cases


class Checker:
    """What `eos.check` is: call it with cases, or ask for a task by name.

    >>> import eoslib as eos
    >>> eos.check.multiplier(lambda lr, curvature: 1 - lr * curvature)
    correct: <lambda> passes all 4 cases
    True
    >>> eos.check.multiplier(lambda lr, curvature: lr * curvature)
    not yet: <lambda>(0.1, 3) gave 0.3, which is too small.
      Hint: x − η·(a·x) is x times a number. Which one?
    False
    """

    __call__ = staticmethod(checks.check)

    def __getattr__(self, name: str) -> Callable[[Callable[..., Any]], bool]:
        if name not in _TASKS:
            raise AttributeError(f"There is no task {name!r}. The tasks are {', '.join(sorted(_TASKS))}.")
        return lambda yours: _try(yours, list(_TASKS[name]()))

    def __dir__(self) -> list[str]:
        return sorted(_TASKS)


check = Checker()


def random_for(student: str, assignment: str) -> np.random.Generator:
    """The random numbers of one student in one assignment: the same on every machine, whatever the case of the name.

    The seed is made of the first 8 bytes of SHA-256 of "assignment/student", with the name stripped and lower-cased.
    Raises ValueError when student is empty, and says so when nobody has typed a name yet.

    >>> int(random_for("Ada ", "1-parabolas").integers(1000)) == int(random_for("ada", "1-parabolas").integers(1000))
    True
    >>> _ = random_for("your-name", "1-parabolas")
    !!  Replace "your-name" by your name, and run this cell again: these numbers are nobody's.
    """
    if not str(student).strip():
        raise ValueError('student is empty; write your name as the course knows you, for example student = "ada".')
    if str(student).strip().lower() == PLACEHOLDER:
        print(f'!!  Replace "{PLACEHOLDER}" by your name, and run this cell again: these numbers are nobody\'s.')
    text = f"{assignment}/{str(student).strip().lower()}"
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def _try(yours: Callable[..., Any], cases: Sequence[Case]) -> bool:
    name = getattr(yours, "__name__", "your function")
    for case in cases:
        call = f"{name}{case.words or '(' + ', '.join(map(_brief, case.arguments)) + ')'}"
        try:
            got = yours(*case.arguments)
        except NotImplementedError:
            print(f"not written yet: {name}")
            return False
        problem = _problem(got, case)
        if problem:
            print(f"not yet: {call} {problem}.\n  Hint: {case.hint}")
            return False
    print(f"correct: {name} passes all {len(cases)} cases")
    return True


def _problem(got: Any, case: Case) -> str:
    if got is None:
        return "gave nothing (None): is the return line missing?"
    got = _plain(got)
    if callable(case.truth):
        try:
            verdict = case.truth(got)
        except Exception:  # it met a value of another kind than it expects
            verdict = False
        return "" if verdict is True else str(verdict or f"gave {_brief(got)}, which is not right")
    truth = _plain(case.truth)
    return "" if checks.agrees(got, truth, case.tol) else f"gave {_brief(got)}, {_how(got, truth, case.tol)}"


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def _how(got: Any, truth: Any, tol: float) -> str:
    """What is wrong, without saying what is right."""
    if isinstance(truth, tuple):
        if not isinstance(got, tuple) or len(got) != len(truth):
            return f"where {len(truth)} values are asked for"
        first = next(i for i, right in enumerate(truth) if not checks.agrees(got[i], right, tol))
        return f"of which value {first + 1} is wrong"
    mine = _numbers(got)
    if mine is None:
        return "which is not right"
    if mine.shape != np.shape(truth):
        return f"of shape {mine.shape} where {np.shape(truth)} is asked for"
    if np.ndim(truth):
        bad = ~(np.abs(mine - truth) <= tol * max(1.0, float(np.abs(truth).max())))  # nan is wrong too
        return f"of which {int(bad.sum())} of {bad.size} entries are wrong"
    numbers = isinstance(got, int | float) and isinstance(truth, int | float) and got == got
    return ("which is too large" if got > truth else "which is too small") if numbers else "which is not right"


def _numbers(value: Any) -> np.ndarray | None:
    """The value as an array of numbers, if it is one."""
    try:
        return np.asarray(value, dtype=complex)
    except (TypeError, ValueError):
        return None


def _brief(value: Any) -> str:
    if hasattr(value, "__len__") and not isinstance(value, str | tuple | dict):
        return " ".join(np.array2string(np.asarray(value), precision=6, threshold=6).split())
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_brief, value)) + ")"
    return f"{value:.7g}" if isinstance(value, float) else f"{value}"

"""The exercise checker: run a reader's function on a few cases and say, in words, how it went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

__all__ = ["check"]


def check(yours: Callable[..., Any], cases: Iterable[tuple[Sequence[Any], Any]], *, tol: float = 1e-6) -> bool:
    """Call yours(*arguments) for each (arguments, expected) and print what differed. True when all agree.

    Numbers and arrays agree within `tol`, relative to the largest expected entry (or 1, if that is larger).
    A function that raises NotImplementedError counts as not written yet. Other errors are the reader's to see,
    so they are not caught. Raises ValueError when there are no cases.

    >>> check(lambda lr: 2 / lr, [((0.1,), 20.0), ((0.5,), 4.0)])
    correct: <lambda> agrees on 2 cases
    True
    """
    name, cases = getattr(yours, "__name__", "your function"), list(cases)
    if not cases:
        raise ValueError("check got no cases; give at least one (arguments, expected) pair.")
    for arguments, expected in cases:
        try:
            got = yours(*arguments)
        except NotImplementedError as stub:
            print(f"not written yet: {name}. {stub}".rstrip())
            return False
        problem = _difference(got, expected, tol)
        if problem:
            print(f"not yet: {name}({', '.join(map(_brief, arguments))}) {problem}")
            return False
    print(f"correct: {name} agrees on {len(cases)} cases")
    return True


def _difference(got: Any, expected: Any, tol: float) -> str:
    if got is None:
        return "returned nothing; is the return line missing?"
    if isinstance(expected, str | bool):
        return "" if got == expected else f"gave {got!r}, expected {expected!r}"
    mine, right = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    if mine.shape != right.shape:
        return f"has shape {mine.shape}, expected {right.shape}"
    allowed = tol * max(1.0, float(np.abs(right).max()))
    close = bool((np.abs(mine - right) <= allowed).all())  # nan compares false, so nan is never right
    return "" if close else f"gave {_brief(got)}, expected {_brief(expected)}"


def _brief(value: Any) -> str:
    text = np.array2string(np.asarray(value), precision=6, threshold=6) if hasattr(value, "__len__") else f"{value}"
    return " ".join(text.split())

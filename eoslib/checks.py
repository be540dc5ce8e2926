"""The exercise checker: run a reader's function on a few cases and say, in words, how it went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

__all__ = ["agrees", "check"]


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


def agrees(value: Any, truth: Any, tol: float = 1e-6) -> bool:
    """Equal text, truth values and structure; numbers and arrays within `tol` of the truth's largest entry, or of 1.

    A list may stand for a tuple. Nothing agrees with nan; an infinite truth wants the same infinity.

    >>> agrees((1.0, [2.0, 3.0]), [1.0, np.array([2.0, 3.0])]), agrees(1.0, True), agrees([1.0], [1.0, 2.0])
    (True, False, False)
    """
    if truth is None or isinstance(truth, str | bool | np.bool_):
        kind = bool | np.bool_ if isinstance(truth, bool | np.bool_) else type(truth)
        return isinstance(value, kind) and value == truth
    if isinstance(truth, list | tuple):
        same = hasattr(value, "__len__") and not isinstance(value, str | dict) and len(value) == len(truth)
        return same and all(agrees(mine, right, tol) for mine, right in zip(value, truth, strict=True))
    if value is None or isinstance(value, str | bool | np.bool_):
        return False
    try:
        mine, right = np.asarray(value, dtype=complex), np.asarray(truth, dtype=complex)
    except (TypeError, ValueError, RuntimeError):
        return False
    if mine.shape != right.shape:
        return False
    if not np.isfinite(right).all():
        return bool((mine == right).all())
    return bool((np.abs(mine - right) <= tol * max(1.0, float(np.abs(right).max(initial=0)))).all())


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

"""What every live widget shares on the Python side: declared keys, one check a key, the live view and its static twin.

In JupyterLab a cell that ends in a widget shows it live. The same output carries the twin, a piece of HTML that needs
no kernel: the page built from the notebook mounts the same JavaScript module on it.
"""

from __future__ import annotations

import copy
import html
import json
import math
import re
import reprlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

__all__ = ["STATIC", "Key", "Widget", "flag", "identifier", "number", "one_of", "positive", "text", "whole"]

STATIC = Path(__file__).parent / "static"
SHORT = reprlib.Repr()  # a measured run as one line
SHORT.maxlist, SHORT.maxstring, SHORT.maxother = 6, 200, 200
Check = Callable[[Any, str], Any]  # (value, name of the key) to the clean value, or a ValueError with its sentence


class Key(traitlets.TraitType[Any, Any]):
    """One key of a widget's state: its default and its check. It is synced with the browser, both ways.

    The twin leaves out a quiet one that has its default: what a notebook has stored stays as it is.
    `item` is the type of what a list holds, or what stands for None, for the directive that reads it from text.
    """

    def __init__(self, default: Any, check: Check, *, quiet: bool = False, item: type = float) -> None:
        super().__init__(default)
        self.check = check
        self.quiet = quiet
        self.item = type(default[0]) if isinstance(default, list) and default else item
        self.tag(sync=True)

    def default(self, obj: Any = None) -> Any:
        """A copy, so that two widgets never share a list."""
        return copy.deepcopy(self.default_value)

    def _cross_validate(self, obj: Any, value: Any) -> Any:
        """An assignment such as lab.lr = -1 is refused with the same sentence as the constructor's."""
        return obj.check_state({**obj.state(), self.name: value})[self.name]


class Widget(anywidget.AnyWidget):
    """A live figure whose state is its Keys: a subclass names its module and declares them, in order.

    Takes any of them by name. Raises ValueError with a sentence on an unknown key or a value that its check refuses.
    """

    module: ClassVar[str]  # the file static/<module>.js draws it, static/<module>-fallback.svg stands there before
    shorthands: ClassVar[tuple[str, ...]] = ()  # names that `complete` takes besides the keys
    DEFAULTS: ClassVar[dict[str, Any]]  # every key and its default

    def __init_subclass__(cls, **options: Any) -> None:
        own = {name: key.default() for name, key in vars(cls).items() if isinstance(key, Key)}
        if own:  # anywidget makes a subclass without keys of its own for every instance
            cls.DEFAULTS = own
            cls._esm = STATIC / f"{cls.module}.js"
        super().__init_subclass__(**options)

    def __init__(self, **state: Any) -> None:
        super().__init__(**self.check_state(self.complete(state)))

    @classmethod
    def complete(cls, state: dict[str, Any]) -> dict[str, Any]:
        """What a state given by its author stands for; a subclass may know short forms."""
        return state

    @classmethod
    def check_state(cls, state: dict[str, Any]) -> dict[str, Any]:
        """The same state with its numbers in plain types, or a ValueError that names the bad value and what to do."""
        unknown = [key for key in state if key not in cls.DEFAULTS]
        if unknown:
            raise ValueError(f"{cls.__name__} does not know {unknown[0]!r}; use one of {', '.join(cls.DEFAULTS)}.")
        full = {**copy.deepcopy(cls.DEFAULTS), **state}
        for key in full:
            full[key] = getattr(cls, key).check(full[key], key)
        cls.check_together(full)
        return {key: full[key] for key in state}

    @classmethod
    def check_together(cls, state: dict[str, Any]) -> None:
        """Raise a ValueError where values, each fine alone, do not go together."""

    @classmethod
    def static_html(cls, state: dict[str, Any]) -> str:
        """The static twin: a place to mount the module, its state, and a figure that stands there until it runs."""
        full = {**cls.DEFAULTS, **cls.check_state(cls.complete(state))}
        shown = {key: v for key, v in full.items() if not (getattr(cls, key).quiet and v == cls.DEFAULTS[key])}
        attribute = html.escape(json.dumps(shown, ensure_ascii=False, separators=(",", ":")), quote=True)
        mount = f'<div class="eos-mount" data-eos-module="{cls.module}" data-eos-state="{attribute}">'
        return f"{mount}\n{cls._fallback(full)}\n</div>"

    @classmethod
    def _fallback(cls, state: dict[str, Any]) -> str:
        figure = STATIC / f"{cls.module}-fallback.svg"
        if figure.exists():
            return figure.read_text(encoding="utf-8").strip()
        return "<p>This figure needs JavaScript.</p>"

    def state(self) -> dict[str, Any]:
        """The keys and their values, in the order of DEFAULTS."""
        return {key: getattr(self, key) for key in self.DEFAULTS}

    def __repr__(self) -> str:
        changed = {key: value for key, value in self.state().items() if value != self.DEFAULTS[key]}
        return f"{type(self).__name__}({', '.join(f'{key}={SHORT.repr(value)}' for key, value in changed.items())})"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live view, and beside it the twin; neither text depends on the run, so stored outputs stay equal."""
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/plain": repr(self), "text/html": self.twin()}, metadata

    def twin(self) -> str:
        """The static twin of this widget as it is."""
        return self.static_html(self.state())


def positive(meaning: str) -> Check:
    """A check: a finite number above 0. `meaning` says what the number is."""

    def check(value: Any, name: str) -> float:
        if not (_is_number(value) and math.isfinite(value) and value > 0):
            raise ValueError(f"{name} is {value!r}; {meaning} must be a positive finite number, for example 0.2.")
        return float(value)

    return check


def number(least: float, most: float) -> Check:
    """A check: a number from `least` to `most`."""

    def check(value: Any, name: str) -> float:
        if not (_is_number(value) and least <= value <= most):
            raise ValueError(f"{name} is {value!r}; give a number from {least:g} to {most:g}.")
        return float(value)

    return check


def whole(least: int, most: int) -> Check:
    """A check: a whole number from `least` to `most`."""

    def check(value: Any, name: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"{name} is {value!r}; give a whole number from {least} to {most:,}.")
        return value

    return check


def one_of(*options: str) -> Check:
    """A check: one of these words."""

    def check(value: Any, name: str) -> str:
        if value not in options:
            raise ValueError(f"{name} is {value!r}; use one of {', '.join(map(repr, options))}.")
        return str(value)

    return check


def flag(value: Any, name: str) -> bool:
    """A check that takes anything as true or false."""
    return bool(value)


def text(value: Any, name: str) -> str:
    """A check: a string."""
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r}; give a string, or '' for none.")
    return value


def identifier(value: Any, name: str) -> str:
    """A check: a name that may stand in the page's address."""
    if not re.fullmatch(r"[A-Za-z][\w-]*", str(value)):
        raise ValueError(f"{name} is {value!r}; use a letter, then letters, digits or '-': it stands in the address.")
    return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

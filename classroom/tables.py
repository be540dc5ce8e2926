"""Tables that a spreadsheet opens, changes and saves again: CSV, with what students typed made harmless."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from eoslib.checkpoint import whole

__all__ = ["is_number", "read", "write"]

FORMULA = ("=", "+", "-", "@", "\t")  # how one begins in a spreadsheet


def write(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Write rows, whole or not at all; what a row lacks stays empty."""
    with whole(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a table that `write` wrote, also after a spreadsheet saved it in its own way."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    comma = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=comma)
    return [{name: _plain(value) for name, value in row.items() if name} for row in rows]


def is_number(text: str) -> bool:
    """Whether float reads it."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _harmless(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets a quote in front: students choose these texts."""
    formula = isinstance(value, str) and value.startswith(FORMULA) and not is_number(value)
    return f"'{value}" if formula else value


def _plain(value: str | None) -> str:
    """A text that was written by `_harmless`, as it was."""
    value = value or ""
    return value[1:] if value[:1] == "'" and value[1:].startswith(FORMULA) else value

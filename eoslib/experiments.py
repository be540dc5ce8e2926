"""Every figure and numbered claim of the paper by name: run it, judge it, and put the paper's outcome beside ours."""

from __future__ import annotations

import html
import importlib
import json
import signal
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eoslib.checkpoint import whole
from eoslib.experiment import SOURCES, Desk, Experiment, plain
from eoslib.trajectory import provenance

__all__ = ["EXPERIMENTS", "experiment", "outcomes", "reproduce", "table"]


def _read() -> dict[str, Experiment]:
    """The experiments in claims.toml, the functions that they name found in their modules."""
    rows = tomllib.loads((Path(__file__).parent / "claims.toml").read_text("utf-8"))["experiment"]
    for row in rows:
        for key in row.keys() & {"small", "full"}:
            module, name = row[key].split(".")
            row[key] = getattr(importlib.import_module(f"eoslib.{module}"), name)
    return {row["name"]: Experiment(**row) for row in rows}


EXPERIMENTS = _read()
FORMAT = "eoslib-outcome-1"
SHOWN = 3  # numbers of an outcome that a table shows before it folds them away


def experiment(name: str) -> Experiment:
    """The experiment of that name. Raises ValueError, with the names there are."""
    if name not in EXPERIMENTS:
        raise ValueError(f"There is no experiment {name!r}; choose one of {', '.join(EXPERIMENTS)}.")
    return EXPERIMENTS[name]


def reproduce(name: str, folder: str | Path, *, scale: str = "small", **desk: Any) -> dict[str, Any]:
    """Run one experiment, judge it, and write the outcome to folder/<scale>/<name>.json, its runs beside it.

    A run that was interrupted goes on from its checkpoint. `desk` is for Desk: data, device, progress.
    Ctrl-C ends it without an outcome. Raises ValueError when there is no such experiment, nothing to run at that scale,
    no such device, or no such folder can be made.
    """
    one = experiment(name)
    if scale not in ("small", "paper"):
        raise ValueError(f"scale is {scale!r}; use small or paper.")
    run = one.small if scale == "small" else one.full
    if run is None:
        reason = one.why or f"at the scale {scale!r} nothing is run for it; use {'paper' if one.full else 'small'}."
        raise ValueError(f"{name} cannot be run: {reason}")
    place = Path(folder) / scale
    table, start = Desk(place, experiment=name, scale=scale, **desk), time.perf_counter()
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"The folder {place} cannot be made ({error.strerror}); name another one.") from error
    with _interrupts():
        findings = run(table)
    outcome = {
        "format": FORMAT, "experiment": name, "scale": scale, "verdict": one.verdict(findings, scale),
        "findings": plain(findings), "records": [path.name for path in table.written],
        "provenance": provenance(date=time.strftime("%Y-%m-%d"), device=table.device,
                                 seconds=round(time.perf_counter() - start, 1)),
    }  # fmt: skip
    with whole(place / f"{name}.outcome.json") as part:
        part.write_text(json.dumps(outcome, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return outcome


class _Interrupt(BaseException):
    """Ctrl-C, by another name than the one at which `descend` hands over the points it has: they are half a run."""


@contextmanager
def _interrupts() -> Iterator[None]:
    """Within it Ctrl-C, where it is heard at all, ends everything, so that half a run is not judged."""

    def stop(*_: object) -> None:
        raise _Interrupt

    before = signal.getsignal(signal.SIGINT)
    if before == signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, stop)
    try:
        yield
    except _Interrupt:
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)


def outcomes(folder: str | Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The outcomes kept in a folder, by experiment and scale. Raises ValueError when a file holds none."""
    kept = {}
    for path in sorted(Path(folder).glob("**/*.outcome.json")):
        try:
            outcome = json.loads(path.read_text("utf-8"))
            if outcome["format"] != FORMAT:
                raise KeyError("format")
            kept[outcome["experiment"], outcome["scale"]] = outcome
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is not an outcome that eoslib wrote ({error!r}); reproduce it again.") from error
    return kept


def table(
    kept: Mapping[tuple[str, str], Mapping[str, Any]], names: Sequence[str] | None = None,
    *, link: Callable[[str], str] = "{}.html".format,
) -> str:  # fmt: skip
    """The paper's side and ours of every experiment (or of `names`) as an HTML table, made from the outcomes kept.

    `link` makes the address of a chapter from its name.
    """
    head = "".join(f"<th scope='col'>{title}</th>" for title in ("Claim", "The paper", "Here", "Verdict"))
    rows = "".join(_row(experiment(name), kept, link) for name in names or EXPERIMENTS)
    return f"<table class='eos-claims'><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(one: Experiment, kept: Mapping[tuple[str, str], Mapping[str, Any]], link: Callable[[str], str]) -> str:
    chapter = f" <a href='{link(one.chapter)}'>chapter</a>" if one.chapter else ""
    claim = f"<strong>{html.escape(one.claim)}</strong> <br>{html.escape(one.place)} · <code>{one.name}</code>{chapter}"
    paper = f"{html.escape(one.paper)} <em>({SOURCES[one.source]})</em>"
    sides = [("small", one.setup, one.small), ("paper", one.full_setup, one.full)]
    ours = [_ours(kept.get((one.name, scale)), scale, setup) for scale, setup, run in sides if run]
    if one.why and any(o["verdict"] == "differs" for key, o in kept.items() if key[0] == one.name):
        ours.append(f"<p>{html.escape(one.why)}</p>")
    verdicts = [_verdict(kept.get((one.name, scale)), scale) for scale, _, run in sides if run]
    here, verdict = "".join(ours) or f"<p>{html.escape(one.why)}</p>", "".join(verdicts) or "<p>not run</p>"
    return f"<tr><td>{claim}</td><td>{paper}</td><td>{here}</td><td>{verdict}</td></tr>"


def _ours(outcome: Mapping[str, Any] | None, scale: str, setup: str) -> str:
    size = "" if scale == "small" else "At the paper's size: "
    if outcome is None:
        return f"<p>{size}{html.escape(setup)}: not run.</p>"
    found = "".join(f"<li>{html.escape(f['what'])}: {number(f['value'])}</li>" for f in outcome["findings"])
    if (n := len(outcome["findings"])) > SHOWN:
        return f"<p>{size}{html.escape(setup)}.</p><details><summary>{n} numbers</summary><ul>{found}</ul></details>"
    return f"<p>{size}{html.escape(setup)}.</p><ul>{found}</ul>"


def _verdict(outcome: Mapping[str, Any] | None, scale: str) -> str:
    return f"<p>{outcome['verdict'] if outcome else 'not run'}{' (paper’s size)' if scale == 'paper' else ''}</p>"


def number(value: float | None) -> str:
    """Three digits, as a reader writes them."""
    return "not finite" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"

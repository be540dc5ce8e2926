"""Starts a worker in its jail, watches it, and starts it again without the cell or the check that killed it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from classroom import worker
from classroom.walls import jailed, walls

__all__ = ["Outcome", "run", "run_here"]

HERE = Path(__file__).resolve().parent
TALK = 16 * 2**20  # bytes of events, at most
DIED = "ended"
ATTEMPTS = 4
PATIENCE = 3  # seconds of waiting for each second of computing: a busy machine is not a student's fault


@dataclass(frozen=True)
class Outcome:
    """What a worker reported, over all attempts."""

    answers: dict[int, dict[str, Any]]  # by the number of the check: value, or problem
    problems: list[str]  # what went wrong in the cells, in the student's words
    names: list[str]  # defined at the end
    finished: bool  # the last attempt came to its end
    seconds: float


@dataclass
class _Attempt:
    events: list[dict[str, Any]]
    end: str  # why it ended early, in words; empty when it came to its end


def run(task: dict[str, Any], limits: dict[str, float], *, slot: int = 0) -> Outcome:
    """Perform a task (see worker.perform) in a jail. `slot` tells apart what runs at the same time."""
    skip: dict[str, list[int]] = {"cells": [], "asked": []}
    answers: dict[int, dict[str, Any]] = {}
    problems: dict[str, None] = {}  # an ordered set: attempts repeat them
    names: list[str] = []
    started = time.monotonic()
    for _ in range(ATTEMPTS):
        left = PATIENCE * limits["total"] - (time.monotonic() - started)
        if left <= 1:
            problems[f"the notebook used up its {limits['total']:g} s; what was left is not graded"] = None
            break
        attempt = _attempt(task | {"skip": skip}, limits | {"wait": left}, slot)
        last: dict[str, Any] = {}
        for event in attempt.events:
            last = event
            if event["event"] == "problem":
                problems[f"cell {event['cell'] + 1} {event['text']}"] = None
                if event.get("slow"):  # it would be as slow in the next attempt
                    skip["cells"].append(event["cell"])
            elif event["event"] == "answer":
                answers[event["asked"]] = event
            elif event["event"] == "end":
                names = event["names"]
        if not attempt.end:
            return Outcome(answers, list(problems), names, True, time.monotonic() - started)
        if last.get("event") in ("cell", "problem"):
            skip["cells"].append(last["cell"])
            problems[f"cell {last['cell'] + 1} {attempt.end}; the rest was graded without it"] = None
        elif last.get("event") == "asking":
            skip["asked"].append(last["asked"])
            answers[last["asked"]] = {"problem": attempt.end}
        elif last.get("event") != "answer":
            problems[f"the notebook {attempt.end} before its first cell"] = None
            break
    return Outcome(answers, list(problems), names, False, time.monotonic() - started)


def run_here(task: dict[str, Any], limits: dict[str, float]) -> Outcome:
    """Perform a task in this process, without a jail: for the lecturer's own code only."""
    events: list[dict[str, Any]] = []
    started = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()):
        worker.perform(task, lambda event: events.append(json.loads(json.dumps(event))))
    answers = {event["asked"]: event for event in events if event["event"] == "answer"}
    problems = [f"cell {event['cell'] + 1} {event['text']}" for event in events if event["event"] == "problem"]
    return Outcome(answers, problems, events[-1]["names"], True, time.monotonic() - started)


def _attempt(task: dict[str, Any], limits: dict[str, float], slot: int) -> _Attempt:
    command = [sys.executable, "-s", str(HERE / "worker.py")]
    with jailed(command, limits, slot=slot, standing=walls().standing) as (line, options):
        read, write = os.pipe()
        options["env"]["CLASSROOM_CHANNEL"] = str(write)
        process = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(write,), start_new_session=True, **options,
        )  # fmt: skip
        os.close(write)
        try:
            with contextlib.suppress(BrokenPipeError):
                assert process.stdin is not None
                process.stdin.write(json.dumps(task).encode())
                process.stdin.close()
            data, end = _watch(process.pid, read, limits)
            if end == DIED:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    end = _ending(process.wait(timeout=5))
        finally:
            _end(process)
            os.close(read)
    return _Attempt(_events(data), end)


def _watch(pid: int, channel: int, limits: dict[str, float]) -> tuple[bytes, str]:
    """Everything the worker wrote, and why it ended early.

    The worker has clocks of its own; those here are for code that swallows them, and a little longer.
    """
    data, began, since, before = bytearray(), time.monotonic(), time.monotonic(), 0.0
    looked, memory, computed = 0.0, 0, 0.0
    longest = 1.5 * max(limits["cell"], limits["answer"]) + 5
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        while True:
            if time.monotonic() - looked > 0.2:  # a look goes through all processes of the machine
                memory, computed = _used(pid)
                looked = time.monotonic()
            if selector.select(timeout=0.2):
                piece = os.read(channel, 1 << 16)
                if not piece:
                    return bytes(data), DIED
                data += piece
                since, before = time.monotonic(), computed
                if b'{"event": "end"' in data[-20_000:] and data.endswith(b"\n"):
                    return bytes(data), ""
            if len(data) > TALK:
                return bytes(data), "reported more than can be read"
            if computed - before > longest or time.monotonic() - since > 6 * longest:
                return bytes(data), "did not stop when its time was over"
            if time.monotonic() - began > limits["wait"]:
                return bytes(data), "was still running when the time for the whole notebook was over"
            if memory > limits["memory"] * 2**30:
                return bytes(data), f"used more than {limits['memory']:g} GB of memory"


def _ending(code: int | None) -> str:
    number = (code or 0) - 128 if (code or 0) > 128 else -(code or 0)
    if number in (signal.SIGXCPU, signal.SIGKILL):
        return "used up its computing time or its memory, and Python was ended"
    return f"crashed Python (signal {number})" if number > 0 else "ended Python (os._exit, or a crash)"


def _used(pid: int) -> tuple[int, float]:
    """Bytes of memory and seconds of computing of a process and all its descendants.

    Pages that processes share count once between them.
    """
    total, computed = 0, 0.0
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(pid)
        family = [top, *top.children(recursive=True)]
        many = len(family) > 4 and sys.platform.startswith("linux")
        for process in family:
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss if many else process.memory_info().rss
                times = process.cpu_times()
                computed += times.user + times.system
    return total, computed


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and everything it started. With walls, the end of the namespace does that; without, a search."""
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for child in family:
        with contextlib.suppress(psutil.Error):
            child.kill()
    process.wait()


def _events(data: bytes) -> list[dict[str, Any]]:
    """The lines that are events. The student's code can write to the channel too, so nothing is taken for granted."""
    shape: dict[str, tuple[str, ...]] = {
        "cell": ("cell",), "problem": ("cell", "text"), "asking": ("asked",), "answer": ("asked",), "end": ("names",),
    }  # fmt: skip
    events = []
    for line in data.splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            event = json.loads(line)
            if isinstance(event, dict) and event.get("event") in shape:
                types = {"cell": int, "asked": int, "text": str, "names": list}
                if all(isinstance(event.get(key), types[key]) for key in shape[event["event"]]):
                    events.append(event)
    return events

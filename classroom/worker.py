"""Runs one notebook and reports the values that were asked for. It is given questions and never an answer.

Started by the sandbox as a script, with a task on its standard input; events go out as lines of JSON. Only the
standard library is imported here: what else runs is the notebook's business.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import json
import linecache
import os
import random
import re
import signal
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

LARGEST = 200_000  # entries of an array in an answer
MAGICS = {"time", "timeit", "capture", "prun"}  # cell magics whose body is Python

Emit = Callable[[dict[str, Any]], None]


class TimeUp(BaseException):
    """Raised by the clock. Not an Exception, so that a student's `except Exception` lets it pass."""


class NoKeyboard(Exception):
    """Raised by input()."""


def perform(task: dict[str, Any], emit: Emit) -> None:
    """Run task["cells"], then evaluate task["asked"], emitting an event before and after each.

    task: cells [source], given (the official set-up), probes, asked [[id, expression]], student, skip {cells, asked},
    cell and answer (seconds each).
    """
    me = os.getpid()
    official = _namespace(task["student"])
    _run(task["given"], official, "the set-up", task["cell"])
    _seed()
    names = _namespace(task["student"]) | official
    for i, source in enumerate(task["cells"]):
        if i in task["skip"]["cells"]:
            continue
        emit({"event": "cell", "cell": i})
        problem = _run(source, names, f"cell {i + 1}", task["cell"])
        if os.getpid() != me:  # a child that the cell forked: it has no business here
            os._exit(0)
        if problem:
            emit({"event": "problem", "cell": i, "text": problem, "slow": problem.startswith("ran for")})
        if _left_running():
            emit({"event": "problem", "cell": i, "text": "started processes that kept running; they were ended"})
    scope = names | {name: value for name, value in official.items() if not name.startswith("__")}
    _run(task["probes"], scope, "the probes", task["cell"])
    for number, expression in task["asked"]:
        if number not in task["skip"]["asked"]:
            emit({"event": "asking", "asked": number})
            emit({"event": "answer", "asked": number, **_evaluate(expression, dict(scope), task["answer"])})
            if os.getpid() != me:
                os._exit(0)
    emit({"event": "end", "names": sorted(n for n in names if not n.startswith("_") and n not in official)[:300]})


def python_of(source: str) -> str:
    """A cell as Python: IPython's %, ! and ? lines are left out, the body of %%time and its like is kept."""
    lines = source.splitlines()
    if lines and lines[0].lstrip().startswith("%%"):
        magic = lines[0].lstrip()[2:].split(" ")[0]
        lines = ["", *lines[1:]] if magic in MAGICS else []
    kept = []
    for line in lines:
        start = line.lstrip()
        foreign = start.startswith(("%", "!")) or (start.rstrip().endswith("?") and "#" not in start)
        kept.append(line[: len(line) - len(start)] + "pass" if foreign else line)
    try:
        ast.parse(source)
    except SyntaxError:
        return "\n".join(kept)
    return source  # it was Python all along: a line of a long string may begin with %


def encode(value: Any, depth: int = 0) -> Any:
    """A value as JSON: numbers, text, lists, arrays and tensors keep their shape; anything else is only named."""
    if value is None or isinstance(value, bool | str):
        return value if not isinstance(value, str) else value[:10_000]
    if value is ...:
        return {"kind": "unanswered"}
    if isinstance(value, complex):
        return {"kind": "complex", "parts": [value.real, value.imag]}
    if isinstance(value, int | float):
        return value if isinstance(value, float) or abs(value) < 1 << 62 else float(value)
    if hasattr(value, "detach"):  # a tensor
        value = value.detach().cpu().numpy()
    if hasattr(value, "dtype") and hasattr(value, "tolist"):  # numpy's arrays and numbers
        if value.size > LARGEST:
            return {"kind": "other", "text": f"an array of {value.size:,} entries"}
        if value.ndim == 0:
            return encode(value.item(), depth + 1)
        if value.dtype.kind in "biuf":
            return {"kind": "array", "values": value.tolist(), "shape": list(value.shape)}
        return encode(value.tolist(), depth + 1)
    if isinstance(value, list | tuple) and depth < 6 and len(value) <= LARGEST:
        return {"kind": "list", "items": [encode(item, depth + 1) for item in value]}
    if isinstance(value, dict) and depth < 6 and len(value) <= 1000:
        return {"kind": "dict", "items": {str(k): encode(v, depth + 1) for k, v in value.items()}}
    return {"kind": "other", "text": f"a {type(value).__name__}"}


def _namespace(student: str) -> dict[str, Any]:
    module = types.ModuleType("__main__")  # dataclasses and pickling look their module up
    sys.modules.setdefault("__main__", module)
    return {"__name__": "__main__", "__builtins__": builtins, "input": _no_input, "student": student}


def _run(source: str, names: dict[str, Any], where: str, seconds: float) -> str:
    """What went wrong, in words, or nothing."""
    text = python_of(source)
    linecache.cache[where] = (len(text), None, text.splitlines(True), where)  # so that errors can show the line
    try:
        with _clock(seconds):
            exec(compile(text, where, "exec"), names)
    except SystemExit:
        return "called exit(); what follows it in the cell was not run"
    except TimeUp:
        return f"ran for more than {seconds:g} s and was stopped"
    except BaseException as error:
        return _words(error, where)
    return ""


def _evaluate(expression: str, scope: dict[str, Any], seconds: float) -> dict[str, Any]:
    try:
        with _clock(seconds):
            return {"value": encode(eval(compile(expression, "the check", "eval"), scope))}
    except TimeUp:
        return {"problem": f"took more than {seconds:g} s"}
    except SystemExit:
        return {"problem": "called exit()"}
    except NotImplementedError as error:
        return {"problem": f"not written yet. {error}".rstrip(), "missing": True}
    except NameError as error:
        inside = any(f.filename.startswith("cell ") for f in traceback.extract_tb(error.__traceback__))
        return {"problem": _words(error, "")} | ({} if inside else {"name": error.name})  # missing in the check itself
    except BaseException as error:
        open_ = next((name for name in re.findall(r"\w+", expression) if scope.get(name) is ...), "")
        return {"problem": f"needs `{open_}`, which is not answered yet." if open_ else _words(error, "")}


def _words(error: BaseException, where: str) -> str:
    """The error in one line, with the student's line that raised it."""
    try:
        text = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())[:300]
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("cell ")]
    except Exception:  # the error's own __str__ may raise
        text, frames = "", []
    line = f"{error.lineno}: {(error.text or '').strip()}" if isinstance(error, SyntaxError) and error.lineno else ""
    place = f" in {frames[-1].filename}, line {frames[-1].lineno}: {frames[-1].line}" if frames else ""
    place = f" in {where}, line {line}" if line else place
    return f"raised {type(error).__name__}" + (f" ({text})" if text else "") + place


@contextlib.contextmanager
def _clock(seconds: float) -> Iterator[None]:
    """Raise TimeUp in here after so many seconds of computing, or four times as many of waiting.

    Computing time, so that a busy machine is not a student's fault; and again every second, since a bare except may
    swallow one.
    """

    def ring(*_: Any) -> None:
        raise TimeUp

    clocks = {signal.SIGPROF: (signal.ITIMER_PROF, seconds), signal.SIGALRM: (signal.ITIMER_REAL, 4 * seconds)}
    before = {number: signal.signal(number, ring) for number in clocks}
    for timer, length in clocks.values():
        signal.setitimer(timer, length, 1.0)
    try:
        yield
    finally:
        for number, (timer, _) in clocks.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def _left_running() -> bool:
    """End what a cell forked, where nothing but this notebook can be hit. True when there was something."""
    if os.environ.get("CLASSROOM_ALONE") != "1":  # set in a process namespace of our own, and only there
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(-1, signal.SIGKILL)  # everyone but process 1 and the caller
    found = False
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, 0)[0]:
            found = True
    return found


def _seed() -> None:
    """The same random numbers in every run. torch starts with the same ones by itself, and takes seconds to import."""
    random.seed(0)
    with contextlib.suppress(ImportError):
        import numpy

        numpy.random.seed(0)  # noqa: NPY002  (for code that draws from the global generator)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


def _no_input(prompt: object = "") -> str:
    raise NoKeyboard("input() waits for somebody to type, and nobody is there; write the value into the cell")


def main() -> None:
    """Read the task, perform it, and write the events to the channel named in the environment."""
    task = json.load(sys.stdin)
    channel, me = int(os.environ["CLASSROOM_CHANNEL"]), os.getpid()

    def emit(event: dict[str, Any]) -> None:
        data = (json.dumps(event) + "\n").encode()
        while data and os.getpid() == me:
            data = data[os.write(channel, data) :]

    try:
        perform(task, emit)
    except MemoryError:
        emit({"event": "memory"})
    os._exit(0)  # threads that a notebook left behind cannot hold it up


if __name__ == "__main__":
    main()

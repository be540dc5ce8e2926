"""Training in the kernel while the reader watches: the step size is theirs to turn, the run theirs to keep."""

from __future__ import annotations

import html
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from eoslib.descent import Descent
from eoslib.landscape import Landscape
from eoslib.log import cut_short
from eoslib.optimizers import GradientDescent
from eoslib.record import pack, plain
from eoslib.replay import Replay
from eoslib.trajectory import Trajectory
from eoslib.widget import Key, Widget, flag, positive, text

__all__ = ["Live", "live"]

WORK, REST = 0.03, 0.01  # seconds: a slice of training, and what it leaves to the kernel's other work after each
POINTS = 2000  # of a run that is stored in the notebook
COLUMNS = {"step": "step", "loss": "loss", "lr": "lrs", "threshold": "thresholds", "eigenvalues": "eigenvalues"}


def _range(value: Any, name: str) -> list[float]:
    ends = [positive("an end of the slider")(end, name) for end in value]
    if len(ends) != 2 or not ends[0] < ends[1]:
        raise ValueError(f"{name} is {value!r}; give the two ends of the slider of η, the smaller first.")
    return ends


class Live(Widget):
    """A descent that trains in a thread of the kernel and can be watched, paused and steered; made by `live`."""

    module = "live"

    lr = Key(0.1, positive("a step size"))  # η of the steps to come
    lr_range = Key([0.01, 1.0], _range)  # ends of the η slider
    playing = Key(False, flag)  # is it training?
    title = Key("", text)  # a heading above the widget

    def __init__(
        self, landscape: Landscape, optimizer: GradientDescent, *, steps: int = 100_000,
        lr_range: Sequence[float] | None = None, title: str = "", **options: Any,
    ) -> None:  # fmt: skip
        if steps < 1:
            raise ValueError(f"A run got steps={steps}; use steps ≥ 1.")

        def begin(optimizer: GradientDescent) -> Descent:
            return Descent(landscape, optimizer, **options)

        self._begin = begin
        self._descent, self._steps, self._quota = self._begin(optimizer), steps, math.inf
        self._told, self._round = 0, 0  # rows that the browser has, of which run
        # An event, as an interrupted Thread.join may take a live thread for dead (CPython 3.11)
        self._lock, self._idle = threading.RLock(), threading.Event()
        self._idle.set()
        eta = optimizer.at(0).eta
        super().__init__(lr=eta, lr_range=list(lr_range or (eta / 10, eta * 10)), title=title)
        self.observe(self._turn, "lr")
        self.observe(self._switch, "playing")
        self.on_msg(lambda widget, content, buffers: self._hear(content))

    @property
    def run(self) -> Trajectory:
        """The run so far. Raises ValueError before its first point."""
        with self._lock:
            if not self._descent.log.rows:
                raise ValueError("Nothing is recorded yet; press Run, or call live.advance(1).")
            return self._descent.trajectory(live=True)

    def play(self) -> None:
        """Train in the background until `pause`, the last step, or divergence."""
        self.playing = True

    def pause(self) -> None:
        """Stop training after the step under way."""
        self.playing = False
        self._idle.wait()

    def advance(self, steps: int = 1) -> None:
        """Take so many steps and wait for them; Ctrl-C stops after the step under way and keeps every point.

        The steps are taken in the thread all the same, so an interrupt cannot tear one. Raises ValueError on steps < 1.
        """
        if steps < 1:
            raise ValueError(f"steps is {steps}; take at least 1.")
        self.pause()
        self._quota = steps
        self.playing = True
        try:
            while not self._idle.wait(0.05):  # by and by, as not every system interrupts an endless wait
                pass
        except KeyboardInterrupt:
            self.pause()

    def reset(self) -> None:
        """Back to w_0, with the step size as it is now."""
        self.pause()
        with self._lock:
            self._descent = self._begin(self._descent.optimizer)
            self._told, self._round = 0, self._round + 1
        self._tell()

    def close(self) -> None:
        """Stop training and take the widget off the page."""
        if self.playing:
            self.pause()
        super().close()

    def _turn(self, change: Any) -> None:
        """η was turned: the optimizer takes its next step with it, and keeps its state."""
        with self._lock:
            self._descent.optimizer = replace(self._descent.optimizer, lr=change.new)

    def _switch(self, change: Any) -> None:
        if change.new and self._idle.is_set():
            self._idle.clear()
            threading.Thread(target=self._work, name="eos.live", daemon=True).start()

    def _hear(self, message: dict[str, Any]) -> None:
        """What the browser asks for: one step, a new start, or every row, which a view that has just opened needs."""
        ask = message.get("ask")
        if ask == "step":
            self.advance(1)
        elif ask == "reset":
            self.reset()
        elif ask == "rows":
            self._told = 0
            self._tell()

    def _work(self) -> None:
        """Slices of steps, each told to the browser, until paused or at an end."""
        taken, going = 0, True
        while going and self.playing:
            until = time.monotonic() + WORK
            with self._lock:
                while going and self.playing and time.monotonic() < until:
                    going = self._step() and (taken := taken + 1) < self._quota
            self._tell()
            time.sleep(REST)
        self._quota = math.inf
        self.playing = False
        self._idle.set()

    def _step(self) -> bool:
        """Visit w_t and go on to w_{t+1}. False at the end."""
        run = self._descent
        if run.stopped or run.t > self._steps:
            return False
        try:
            if not run.visit(last=run.t == self._steps):
                return False
            run.advance()
        except Exception as error:  # whatever a measure or a loss raises: in a thread nobody else would hear of it
            run.stopped = cut_short(str(error) or repr(error), run.t)
        return not run.stopped and run.t <= self._steps

    def _tell(self) -> None:
        """Send the browser the rows it does not have."""
        with self._lock:
            rows, first = self._descent.log.rows, self._told
            columns = {name: [plain(row[key]) for row in rows[first:]] for name, key in COLUMNS.items()}
            self._told = len(rows)
            self.send({"round": self._round, "first": first, "stopped": self._descent.stopped, **columns})

    def __repr__(self) -> str:
        return f"Live({self._descent.landscape}, {self._descent.optimizer}, at step {self._descent.t})"

    def twin(self) -> str:
        """For a page without a kernel: a replay of the run so far."""
        if not self._descent.log.rows:
            return f"<p>{html.escape(repr(self))} trains in a running notebook: start this one in JupyterLab.</p>"
        record = pack(self.run, title=self.title or str(self._descent.landscape), points=POINTS)
        return Replay.static_html({"records": [record]})


def live(landscape: Landscape, optimizer: GradientDescent, **options: Any) -> Live:
    """Train in the kernel, in the background, and show loss and sharpness as they come; a slider turns η meanwhile.

    In JupyterLab it has buttons to run, pause, step and reset; `play`, `pause`, `advance`, `reset` and `lr` do the same
    from other cells, and `run` is the Trajectory so far, whose `lrs` say which η each step had. A schedule rules until
    η is turned. Options are `steps` (at most so many), `lr_range` (ends of the slider, a tenth and ten times η if left
    out), `title`, and what eoslib.descent.Descent takes: every, record, k, tol, measures, blowup, seed, w.
    An error while training ends the run, and `run.stopped` says which it was.
    Raises ValueError with a sentence on a bad value.

    >>> from eoslib import GradientDescent, quadratic
    >>> watched = live(quadratic([10.0]), GradientDescent(lr=0.2))
    >>> watched.advance(2)
    >>> watched.lr = 0.05
    >>> watched.advance(2)
    >>> watched.run.loss.tolist(), watched.run.lrs.tolist()     # x alternates at curvature = 2/η, then halves
    ([5.0, 5.0, 5.0, 1.25], [0.2, 0.2, 0.05, 0.05])
    """
    return Live(landscape, optimizer, **options)

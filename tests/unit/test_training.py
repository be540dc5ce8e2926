"""Training in the kernel: the same run as descend's, η turned in between, pauses, interrupts, and what is told."""

import _thread
import json
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import eoslib as eos


def network() -> eos.Objective:
    return eos.Objective(eos.mlp(1, 6, 1, seed=0), eos.chebyshev(3))


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not until():
        assert time.monotonic() < end, "it did not happen within a minute"
        time.sleep(0.005)


class Ear:
    """What the browser would hear."""

    def __init__(self, live: eos.Live) -> None:
        self.messages: list[dict[str, Any]] = []
        live.send = self.messages.append  # type: ignore[method-assign, assignment]

    def steps(self, round_: int = 0) -> list[int]:
        return [step for message in self.messages if message["round"] == round_ for step in message["step"]]


def test_it_is_the_run_that_descend_makes():
    live = eos.live(network(), eos.Polyak(lr=0.2, beta=0.5), k=2, every=3, measures={"half": lambda now: now.loss / 2})
    live.advance(31)
    alone = eos.descend(
        network(), eos.Polyak(lr=0.2, beta=0.5), steps=30, k=2, every=3, progress=False,
        measures={"half": lambda now: now.loss / 2},
    )  # fmt: skip
    for name in ("step", "time", "loss", "eigenvalues", "hvps", "lrs", "thresholds"):
        np.testing.assert_array_equal(getattr(live.run, name), getattr(alone, name), err_msg=name)
    np.testing.assert_array_equal(live.run.measures["half"], alone.measures["half"])
    assert torch.equal(live.run.w, alone.w)
    assert live.run.provenance["live"] is True
    assert not live.playing


def test_eta_is_turned_between_steps_and_momentum_is_kept():
    bowl = eos.quadratic([10.0])
    live = eos.live(bowl, eos.Polyak(lr=0.02, beta=0.9))
    live.advance(5)
    live.lr = 0.05
    live.advance(5)
    w, m = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    for t in range(10):
        assert live.run.loss[t] == pytest.approx(5 * float(w) ** 2, rel=1e-12)
        m = 0.9 * m + 10 * w
        w = w - (0.02 if t < 5 else 0.05) * m
    assert live.run.lrs.tolist() == [0.02] * 5 + [0.05] * 5
    np.testing.assert_allclose(live.run.thresholds, 3.8 / live.run.lrs)
    assert live.run.time[-1] == pytest.approx(5 * 0.02 + 4 * 0.05)


def test_it_trains_in_the_background_and_the_kernel_stays_free():
    live = eos.live(network(), eos.GradientDescent(lr=0.1))
    ear = Ear(live)
    live.play()
    wait(lambda: len(ear.steps()) > 50)
    live.lr = 0.2  # while it trains
    seen = len(live.run.step)
    wait(lambda: len(ear.steps()) > seen + 20)
    live.pause()
    assert not live.playing
    told, run = len(ear.steps()), live.run
    time.sleep(0.1)
    assert len(ear.steps()) == told == len(run.step) == len(live.run.step)
    assert ear.steps() == run.step.tolist() == list(range(told))  # every row once, in order
    assert (run.lrs[0], run.lrs[-1]) == (0.1, 0.2)
    assert (np.diff(run.lrs) >= 0).all()
    first = next(message["loss"][0] for message in ear.messages if message["first"] == 0)
    assert first == pytest.approx(run.loss[0], rel=1e-5)
    assert all(json.dumps(message, allow_nan=False) for message in ear.messages)


def test_an_interrupt_ends_the_waiting_and_no_point_is_torn():
    live = eos.live(network(), eos.GradientDescent(lr=0.1))

    def interrupt() -> None:
        wait(lambda: live._descent.t > 20)
        _thread.interrupt_main()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background ignores it
    threading.Thread(target=interrupt).start()
    try:
        live.advance(10**9)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not live.playing
    n = len(live.run.step)
    assert n > 20
    live.advance(10)
    assert live.run.step.tolist() == list(range(n + 10))
    assert live.run.stopped == ""


def test_it_ends_at_its_last_step_and_where_it_diverges():
    live = eos.live(eos.quadratic([10.0]), eos.GradientDescent(lr=0.1), steps=7)
    live.advance(100)
    assert live.run.step.tolist() == list(range(8))
    live.advance(1)
    assert len(live.run.step) == 8
    wild = eos.live(eos.quadratic([10.0]), eos.GradientDescent(lr=0.3))
    ear = Ear(wild)
    wild.play()
    wait(lambda: not wild.playing)
    assert wild.run.stopped.startswith("diverged: the loss is")
    assert ear.messages[-1]["stopped"] == wild.run.stopped
    wild.play()
    wait(lambda: not wild.playing)
    assert len(wild.run.step) == len(ear.steps())


def test_reset_goes_back_to_the_start_with_eta_as_it_is():
    live = eos.live(eos.quadratic([10.0]), eos.GradientDescent(lr=0.05))
    ear = Ear(live)
    live.advance(4)
    live.lr = 0.1
    live.reset()
    with pytest.raises(ValueError, match=r"Nothing is recorded yet; press Run"):
        _ = live.run
    live.advance(2)
    assert live.run.loss.tolist() == [5.0, 0.0]
    assert ear.steps(0) == [0, 1, 2, 3]
    assert ear.steps(1) == [0, 1]


def test_the_buttons_of_the_browser():
    live = eos.live(eos.quadratic([10.0]), eos.GradientDescent(lr=0.05))
    ear = Ear(live)
    hear = live._handle_custom_msg
    hear({"ask": "step"}, [])
    hear({"ask": "step"}, [])
    assert ear.steps() == [0, 1]
    ear.messages.clear()
    hear({"ask": "rows"}, [])  # a second view has opened
    assert (ear.steps(), ear.messages[0]["first"]) == ([0, 1], 0)
    hear({"ask": "reset"}, [])
    assert ear.messages[-1]["round"] == 1
    hear({"ask": "what?"}, [])
    live.set_state({"playing": True})
    wait(lambda: bool(live._descent.t > 30))
    live.set_state({"playing": False})
    wait(live._idle.is_set)


def test_an_error_in_a_measure_ends_the_run_with_its_sentence():
    def fails(now: eos.Visit) -> float:
        if now.step == 3:
            raise RuntimeError("no such file: labels.csv")
        return 1.0

    live = eos.live(eos.quadratic([10.0]), eos.GradientDescent(lr=0.1), measures={"fails": fails})
    live.advance(10)
    assert "stopped at step 3 (no such file: labels.csv)" in live.run.stopped
    assert live.run.step.tolist() == [0, 1, 2]


def test_a_schedule_rules_until_eta_is_turned():
    live = eos.live(eos.quadratic([1.0]), eos.GradientDescent(lr=eos.Drop(0.5, 0.25, at=2)))
    assert live.lr == 0.5
    live.advance(4)
    live.lr = 0.125
    live.advance(1)
    assert live.run.lrs.tolist() == [0.5, 0.5, 0.25, 0.25, 0.125]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"steps": 0}, "steps=0; use steps ≥ 1"),
        ({"record": 0}, "record=0"),
        ({"lr_range": (1.0, 0.1)}, "the smaller first"),
        ({"lr_range": (0.0, 0.1)}, "lr_range is 0.0"),
        ({"title": 3}, "title is 3"),
    ],
)
def test_bad_options_are_sentences(options: dict[str, Any], says: str):
    with pytest.raises(ValueError, match=says):
        eos.live(eos.quadratic([1.0]), eos.GradientDescent(lr=0.1), **options)


def test_bad_values_later_are_sentences_and_change_nothing():
    live = eos.live(eos.quadratic([1.0]), eos.GradientDescent(lr=0.1))
    with pytest.raises(ValueError, match="lr is -1"):
        live.lr = -1.0
    with pytest.raises(ValueError, match="steps is 0; take at least 1"):
        live.advance(0)
    live.advance(1)
    assert live.run.lrs.tolist() == [0.1]


def test_a_run_of_one_point_can_be_shown():
    live = eos.live(network(), eos.GradientDescent(lr=0.2))
    live.advance(1)
    assert "eos-mount" in live.twin()


def test_the_page_without_a_kernel_holds_a_replay_of_the_run():
    live = eos.live(network(), eos.GradientDescent(lr=0.1), title="A <small> net")
    before = live._repr_mimebundle_()[0]
    assert "application/vnd.jupyter.widget-view+json" in before
    assert "trains in a running notebook" in before["text/html"]
    assert "<small>" not in before["text/html"]
    live.advance(30)
    after = live._repr_mimebundle_()[0]["text/html"]
    assert 'data-eos-module="replay"' in after
    assert "A &lt;small&gt; net" in after
    assert eos.load_record  # what the twin holds is a record:
    assert "eoslib-record-1" in after
    live.close()
    assert not live.playing

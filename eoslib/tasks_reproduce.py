"""The tasks of the assignment that reproduces a figure."""

from __future__ import annotations

import math

import numpy as np

from eoslib.experiment import Experiment, Finding
from eoslib.tasks import Case, Cases, task

__all__ = ["SEEDS"]

SEEDS = (0, 2, 3, 4, 5, 8, 9, 11, 12)  # starts of 1-20-20-1 whose runs cross 2/η within 100 steps at η = 0.39 to 0.42

STEPS = np.array([0, 10, 20, 30, 40, 50])
SHARPNESS = np.array([3.0, math.nan, 9.0, 12.0, 9.5, 11.0])


@task
def judgement() -> Cases:
    """What the measured numbers say about a claim, judged as the library judges."""
    hint = "One number outside its interval is enough for differs, and nan is in no interval; else the sizes decide."
    inf = math.inf
    for values, lows, highs, same in (
        ([1.02, 3.0], [0.9, 0.0], [1.1, inf], False), ([1.02, 3.0], [0.9, 0.0], [1.1, inf], True),
        ([1.02, -1.0], [0.9, 0.0], [1.1, inf], True), ([math.nan], [0.0], [1.0], False),
    ):  # fmt: skip
        found = [Finding("", *numbers) for numbers in zip(values, lows, highs, strict=True)]
        truth = Experiment("", "", "", "text", same=same).verdict(found, "small")
        yield Case((values, lows, highs, same), truth, hint, f"({values}, {lows}, {highs}, {same})")


@task
def first_above() -> Cases:
    """The first recorded step above the threshold."""
    for threshold, truth in ((10.0, 30), (9.0, 30), (8.0, 20), (20.0, -1)):
        hint = "Nothing is above it here: the answer is −1." if truth < 0 else "The step, not its place in the array."
        yield Case((STEPS, SHARPNESS, threshold), truth, hint)


@task
def plateau() -> Cases:
    """The mean sharpness in units of the threshold, from a step on."""
    for start, truth in ((30, 32.5 / 30), (0, 44.5 / 50), (31, 20.5 / 20)):
        yield Case((STEPS, SHARPNESS, 10.0, start), truth, "Leave out what was not measured, and divide by 2/η.")


@task
def rises() -> Cases:
    """The share of the steps that raised the loss."""
    loss = np.array([5.0, 4.0, 4.5, 4.5, 3.0, 3.5])
    hint = "The step from w_t raised the loss when loss[t + 1] > loss[t]; t runs from start to stop − 1."
    for start, stop, truth in ((0, 5, 0.4), (2, 4, 0.0), (1, 2, 1.0)):
        yield Case((loss, start, stop), truth, hint)

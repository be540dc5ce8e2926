"""The tasks of the assignment on watching the edge and measuring it honestly."""

from __future__ import annotations

import math

import numpy as np

from eoslib.tasks import Case, Cases, task

__all__: list[str] = []

STEP = np.arange(0, 60, 10)
SHARPNESS = np.array([2.0, 6.0, math.nan, 12.0, 9.0, 11.0])


@task
def crossing() -> Cases:
    """The first recorded step above the threshold."""
    hint = "Compare every measured point with 2/η, and return the step of the first one above; nan is not above."
    for lr, truth in ((0.2, 30), (0.4, 10), (0.1, math.inf)):
        yield Case((STEP, SHARPNESS, lr), truth, hint, f"(step, sharpness, lr={lr:g})")


@task
def late_mean() -> Cases:
    """The mean sharpness of the last part of a run, in units of the threshold."""
    hint = "The last round(share · T) points, without the nan among them, divided by 2/η."
    for share, truth in ((0.5, 32 / 30), (1 / 3, 1.0), (1.0, 0.8)):
        words = f"(sharpness, lr=0.2, share={share:.3g})"
        yield Case((SHARPNESS, 0.2, share), truth, hint, words)


@task
def rise_share() -> Cases:
    """The share of steps that raise the loss."""
    loss = np.array([5.0, 4.0, 4.5, 3.0, 3.0, 3.5, 1.0])  # rises at the steps from 1 and from 4
    hint = "The step from w_t belongs to [first, last) when t does; it compares loss[t + 1] with loss[t]."
    for first, last, truth in ((0, 6, 1 / 3), (0, 1, 0.0), (1, 3, 0.5), (4, 5, 1.0)):
        yield Case((loss, first, last), truth, hint, f"(loss, {first}, {last})")


@task
def standard_error() -> Cases:
    """The uncertainty of a mean of independent values."""
    hint = "The standard deviation with n − 1 in its denominator, divided by √n."
    yield Case((np.array([1.0, 3.0]),), 1.0, hint)
    yield Case((np.array([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]),), math.sqrt(32 / 7 / 8), hint)


@task
def block_error() -> Cases:
    """The uncertainty of the mean of one run, from the means of blocks."""
    hint = "Cut into blocks of equal length from the end, take each block's mean, and treat these as independent."
    yield Case((np.array([1.0, 1.0, 3.0, 3.0]), 2), 1.0, hint)
    yield Case((np.array([50.0, 1.0, 1.0, 3.0, 3.0]), 2), 1.0, hint)
    yield Case((np.array([0.0, 2.0, 0.0, 2.0, 0.0, 2.0]), 3), 0.0, hint)


@task
def edge_slope() -> Cases:
    """The slope of log plateau against log η."""
    hint = "np.polyfit of the logarithms; a plateau at 2/η has the slope −1."
    lrs = np.array([0.1, 0.2, 0.4])
    yield Case((lrs, 2 / lrs), -1.0, hint, "(lrs, 2/lrs)")
    yield Case((lrs, np.full(3, 7.0)), 0.0, hint, "(lrs, a constant)")
    yield Case((lrs, lrs**2 * np.array([1.0, 2.0, 1.0])), 2.0, hint, "(lrs, plateaus)")


@task
def verdict() -> Cases:
    """What a run shows, in one of five words."""
    ramp = np.linspace(0.2, 0.8, 10)
    hint = "Go through the five rules in their order; the first that holds decides."
    cases = [
        ("at the edge", np.append(ramp, [1.1, 0.9, 1.1, 0.9, 1.1, 0.9, 1.0])),
        ("diverged", ramp),
        ("never reached", ramp),
        ("not risen", np.append(0.9, [1.1, 0.9] * 5)),
        ("passed", np.append(ramp, [1.2, 0.5, 0.5, 0.5, 0.5, 0.5])),
    ]
    for truth, ratio in cases:
        lost = truth == "diverged"
        yield Case((ratio, lost), truth, hint, f"(a record of {len(ratio)} points, lost={lost})")

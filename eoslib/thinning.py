"""Which points of a long run to keep, so that a short one still looks like it."""

from __future__ import annotations

import numpy as np

from eoslib.trajectory import Trajectory

__all__ = ["thin"]

FEWEST = 20  # points


def thin(run: Trajectory, most: int | None) -> tuple[np.ndarray, str]:
    """Indices of at most `most` points (None: of all), and which they are in a sentence.

    They are the first, the last, a fifth of all around the first crossing, and of equal stretches those with the lowest
    and the highest loss and sharpness, so that swings keep their height; every n-th point would show half of each.
    Raises ValueError when most < 20.
    """
    n, crossing = len(run.step), run.crossing()
    if most is not None and most < FEWEST:
        raise ValueError(f"points is {most}; a record keeps at least {FEWEST}, or None for all.")
    if most is None or n <= most:
        return np.arange(n), ""
    near = 0 if crossing is None else most // 5
    first = 0 if crossing is None else max(0, int(np.searchsorted(run.step, crossing)) - near // 3)
    kept = {0, n - 1, *range(first, min(n, first + near))}
    stretches = np.array_split(np.arange(1, n - 1), (most - near - 2) // 4)
    for part in stretches:
        for values in (run.loss, run.sharpness):
            seen = part[np.isfinite(values[part])]
            kept.update(seen[[values[seen].argmin(), values[seen].argmax()]].tolist() if len(seen) else ())
    middle = f"{near} around the first crossing, " if near else ""
    return np.array(sorted(kept)), (
        f"{len(kept)} of {n} points are kept: the first, the last, {middle}and those with the lowest and the highest "
        f"loss and sharpness in each of {len(stretches)} equal stretches."
    )

"""What a sweep costs: m step sizes in one batch, in units of one run, the sharpness measured at every step of both.

Workload A (Chebyshev degree 3, 20 points, 1-100-1 tanh, 301 parameters, float64), 400 steps at the edge: every run
starts where its own step size has led after 700 steps. One process, one thread, processor time; in every repeat the
single runs and the batches take turns. Prints medians.

    python benchmarks/sweep.py            m = 1, 4, 16, 64
    python benchmarks/sweep.py 16         one of them
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch

import eoslib as eos

BEFORE, REPEATS, SINGLES = 700, 5, 4
OPTIONS = {"steps": 400, "progress": False}


def optimizers(m: int) -> list[eos.GradientDescent]:
    """m step sizes from 0.08 to 0.1; all are at the edge after 700 steps."""
    return [eos.GradientDescent(lr=0.09 if m == 1 else 0.08 + 0.02 * i / (m - 1)) for i in range(m)]


def at_the_edge(objective: eos.Objective, m: int) -> torch.Tensor:
    """Where the m runs stand after 700 steps, (m, p)."""
    runs = eos.sweep(objective, optimizers(m), steps=BEFORE, every=0, progress=False)
    return torch.stack([run.w for run in runs])


def seconds(call: Callable[[], object]) -> tuple[float, object]:
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def main() -> None:
    torch.set_num_threads(1)
    sizes = [int(x) for x in sys.argv[1:]] or [1, 4, 16, 64]
    objective = eos.Objective(eos.mlp(1, 100, 1), eos.chebyshev(3))
    starts = {m: at_the_edge(objective, m) for m in {*sizes, SINGLES}}
    one: list[float] = []
    many: dict[int, list[float]] = {m: [] for m in sizes}
    hvps: dict[int, float] = {}
    for repeat in range(REPEATS + 1):  # the first warms up
        alone = []
        for optimizer, w in zip(optimizers(SINGLES), starts[SINGLES], strict=True):
            spent, run = seconds(lambda o=optimizer, w=w, r=repeat: eos.descend(objective, o, w=w, seed=r, **OPTIONS))
            alone.append(spent)
            hvps[0] = run.hvps.mean()
        one.append(statistics.mean(alone))
        for m in sizes:
            batch, w = optimizers(m), starts[m]
            spent, runs = seconds(lambda o=batch, w=w, r=repeat: eos.sweep(objective, o, w=w, seed=r, **OPTIONS))
            many[m].append(spent)
            hvps[m] = runs[0].hvps.mean()
    print(f"one run      {statistics.median(one[1:]):7.2f} s              {hvps[0]:5.2f} HVPs a step")
    for m in sizes:
        ratios = [b / a for a, b in zip(one[1:], many[m][1:], strict=True)]
        print(f"{m:3} at once  {statistics.median(many[m][1:]):7.2f} s  × {statistics.median(ratios):5.2f} "
              f"({min(ratios):.2f} to {max(ratios):.2f})  {hvps[m]:5.2f} HVPs a step", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()

"""What the sharpness costs at every step, in units of a plain gradient step, and how wrong it is.

One process, one thread, processor time (on CUDA: wall time between synchronisations). At every step of one descent
past its edge a plain step and ours are timed in turn at the same w, so the machine's moods meet all of them alike;
the other libraries follow at some of these w, each time next to a plain step. Prints a table and writes it, with where
it came from, as JSON.

    python benchmarks/sharpness.py                  all four workloads, B and C in a short stretch: took 60 minutes
    python benchmarks/sharpness.py A D --seeds 1    two of them, from one start each
    python benchmarks/sharpness.py B C --long       300 steps from three starts of these too: hours, not run in one call

The JSON is written anew after every start, so a call that is stopped keeps what it has finished.
"""

import argparse
import json
import math
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from peers import PEERS
from workloads import Workload, workload

import eoslib as eos
from eoslib.trajectory import provenance

Seen = tuple[float, float, int]  # cost × a plain step, sharpness, products
T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
WARM_UP = 10  # steps that the tracker sees before timing begins


@dataclass(frozen=True)
class Plan:
    """How much of a workload is measured, and how often."""

    seeds: int  # initialisations
    steps: int  # steps timed from the edge on, each
    compare: int  # the exact value is computed at every so many of them; audits are at every tenth, so not at ten
    peers: int  # the other libraries are run at every so many


PLANS = {"A": Plan(3, 300, 1, 10), "D": Plan(3, 300, 2, 4), "B": Plan(3, 100, 7, 98), "C": Plan(1, 31, 3, 21)}
LONG = PLANS | {"B": Plan(3, 300, 7, 98), "C": Plan(3, 300, 17, 182)}


@dataclass(frozen=True)
class Visit:
    """One method at one step."""

    cost: float  # time of a step with the sharpness, × a plain gradient step
    hvps: int  # Hessian-vector products
    error: float  # relative error of the sharpness; nan where not compared


@dataclass(frozen=True)
class Row:
    """One method on one workload."""

    workload: str  # with the number of steps after it where the stretch was short
    method: str
    cost: float  # median over the steps timed
    mean: float  # the same, mean: audits and violent stretches cost more than the median step
    low: float  # quartiles of the same
    high: float
    hvps: float  # mean a step
    worst: float  # largest relative error
    wrong: int  # steps more than 1 % wrong
    compared: int  # steps compared with the exact value
    timed: int  # steps timed


def exact(name: str, work: Workload, w: torch.Tensor) -> float:
    """A: the dense Hessian. D: Lanczos from random vectors in float64, to a residual of 1e-7.

    B and C: a cold start in float32 with two guards, to an estimated error of 1e-5. Where two eigenvalues are close, a
    small residual takes long: 1e-4 did not come in 2,000 products at one point of B.
    """
    if name == "A":
        return float(torch.linalg.eigvalsh(eos.dense_hessian(work.double, w.double()))[-1])
    if name == "D":
        return eos.top_eigenpairs(work.double, w.double(), tol=1e-7).values.item()
    return eos.SharpnessTracker(tol=1e-5)(work.single.at(w)).values.item()


def timed(call: Callable[[], T]) -> tuple[float, T]:
    """Seconds and result."""
    clock = time.process_time
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        clock = time.perf_counter
    start = clock()
    result = call()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return clock() - start, result


def visits(name: str, seed: int, plan: Plan, device: str) -> Iterator[tuple[str, Visit]]:
    """Every method at the steps of one descent, as (method, visit).

    Exact values and peers come when the descent is over. Between its steps they would fill the caches with their own
    numbers, and the next tracked step would be timed as no training meets it.
    """
    work = workload(name, seed, device)
    for t, (w, seen) in enumerate(list(tracked_descent(work, plan))):
        true = exact(name, work, w) if t % plan.compare == 0 else math.nan
        if t % plan.peers == 0:
            for _ in range(2):  # the first only brings its numbers back into the caches
                plain, _ = timed(lambda w=w: work.single.loss_and_gradient(w))
            for peer, sharpness in PEERS.items():
                seconds, (value, hvps) = timed(lambda w=w, sharpness=sharpness: sharpness(work.single, w))
                seen[peer] = seconds / plain + 1, value, hvps
        yield from ((method, Visit(cost, hvps, abs(value / true - 1))) for method, (cost, value, hvps) in seen.items())


def tracked_descent(work: Workload, plan: Plan) -> Iterator[tuple[torch.Tensor, dict[str, Seen]]]:
    """w at every step past the edge, and what each of ours saw there, one after the other.

    The plain step that their costs are measured in is the one that moves w.
    """

    def tracked(one: eos.Objective, tracker: eos.SharpnessTracker) -> tuple[float, int]:
        pairs = tracker(one.at(w))
        return pairs.values.item(), pairs.hvps

    ours = {method: (one, eos.SharpnessTracker(tol=work.tol)) for method, one in work.ours.items()}
    w = work.single.w0
    for t in range(work.edge + plan.steps):
        plain, (_, gradient) = timed(lambda w=w: work.single.loss_and_gradient(w))
        if t >= work.edge - WARM_UP:
            seen = {method: timed(lambda pair=pair: tracked(*pair)) for method, pair in ours.items()}
            if t >= work.edge:
                yield w, {method: (cost / plain, *found) for method, (cost, found) in seen.items()}
        w = w - work.lr(t, math.nan) * gradient


def row(name: str, method: str, seen: list[Visit]) -> Row:
    cost = [v.cost for v in seen]
    low, high = np.percentile(cost, [25, 75]).tolist()
    errors = np.array([v.error for v in seen if np.isfinite(v.error)])
    hvps = statistics.mean(v.hvps for v in seen)
    return Row(name, method, statistics.median(cost), statistics.mean(cost), low, high, hvps, float(errors.max()),
               int((errors > 0.01).sum()), len(errors), len(cost))  # fmt: skip


def measure(name: str, plan: Plan, device: str) -> Iterator[list[Row]]:
    """The rows so far, after every start."""
    label = name if plan.steps >= 300 else f"{name} {plan.steps}"
    seen: dict[str, list[Visit]] = defaultdict(list)
    for seed in range(plan.seeds):
        for method, v in visits(name, seed, plan, device):
            seen[method].append(v)
        yield [row(label, method, v) for method, v in seen.items()]


def write(rows: list[Row], path: Path, device: str, start: float) -> None:
    origin = provenance(date=time.strftime("%Y-%m-%d"), device=device, minutes=round((time.time() - start) / 60, 1))
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"rows": [asdict(r) for r in rows], "provenance": origin}, indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="workload", help="A, B, C or D (all)")
    parser.add_argument("--long", action="store_true", help="300 steps past the edge from three starts for every one")
    parser.add_argument("--seeds", type=int, help="initialisations (3; C 1)")
    parser.add_argument("--steps", type=int, help="steps past the edge (300; B 100, C 31)")
    parser.add_argument("--compare", type=int, help="compare with the exact value at every so many steps")
    parser.add_argument("--peers", type=int, help="run the other libraries at every so many steps")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "sharpness.json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    eos.keep_memory()  # C is half page faults without it
    torch.backends.cudnn.allow_tf32 = False  # float32 is to mean float32 on CUDA too, convolutions included
    device = "cuda" if torch.cuda.is_available() else "cpu"
    done: list[Row] = []
    rows: list[Row] = []
    start = time.time()
    print(f"on {device}")
    print("workload  method       × plain step    mean  (quartiles)   HVPs a step   worst error  > 1 % wrong")
    for name in options.names or PLANS:
        given = {key: value for key in ("seeds", "steps", "compare", "peers") if (value := getattr(options, key))}
        plan = (LONG if options.long else PLANS)[name]
        for rows in measure(name, Plan(**(asdict(plan) | given)), device):
            write(done + rows, options.out, device, start)
        for r in rows:
            print(f"{r.workload:8}  {r.method:11} {r.cost:11.1f} {r.mean:7.1f}  ({r.low:.1f} to {r.high:.1f}) "
                  f"{r.hvps:13.2f} {r.worst:13.1e} {r.wrong:6} of {r.compared}", flush=True)  # fmt: skip
        done += rows
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()

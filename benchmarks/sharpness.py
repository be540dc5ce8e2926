"""What the sharpness costs at every step, in units of a plain gradient step, and how wrong it is.

One process, one thread, processor time. At every step of one descent each method is timed in turn at the same w, so
the machine's moods meet all of them alike. Prints a table and writes _build/sharpness.json.

    python benchmarks/sharpness.py            workloads A and D
    python benchmarks/sharpness.py A          one of them
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh

import eoslib as eos
from eoslib.trajectory import provenance


@dataclass(frozen=True)
class Workload:
    objective: eos.Objective  # what is trained and timed
    exact: eos.Objective  # the same in float64
    lr: float  # step size η
    first: int  # step at which timing begins
    last: int  # step at which it ends
    peer_every: int  # the slow peer and the exact value are computed at every so many of these steps


@dataclass(frozen=True)
class Row:
    workload: str
    method: str
    cost: float  # median processor time of a step with the sharpness, × a plain gradient step
    spread: float  # interquartile range of that ratio
    hvps: float  # mean Hessian-vector products a step
    worst: float  # largest relative error of the sharpness
    wrong: int  # steps more than 1 % wrong
    compared: int  # steps compared with the exact value


def workload(name: str) -> Workload:
    """A: 301 parameters, pure framework overhead. D: 17,610 parameters in float32, with eigenvalue crossings."""
    widths, data, lr, first, last, every, dtype = {
        "A": ((1, 100, 1), eos.chebyshev(3), 0.08, 600, 1000, 1, torch.float64),
        "D": ((64, 100, 100, 10), eos.digits(1797), 0.1, 230, 400, 5, torch.float32),
    }[name]
    single, double = (eos.Objective(eos.mlp(*widths, dtype=t), data) for t in (dtype, torch.float64))
    return Workload(single, double, lr, first, last, every)


def papers_way(objective: eos.Objective, w: torch.Tensor) -> tuple[float, int]:
    """scipy's eigsh from a random start, the graph built again for every product, as the paper's code does."""
    count = 0

    def product(v: np.ndarray) -> np.ndarray:
        nonlocal count
        count += 1
        return objective.at(w).hvp(torch.from_numpy(v).to(w).flatten()).numpy()

    operator = LinearOperator((len(w), len(w)), matvec=product, dtype=w.numpy().dtype)
    start = np.random.default_rng(0).standard_normal(len(w)).astype(w.numpy().dtype)
    return float(eigsh(operator, k=1, which="LA", return_eigenvectors=False, v0=start)[0]), count


def timed(call: Callable[[], tuple[float, int]]) -> tuple[float, float, int]:
    start = time.process_time()
    value, hvps = call()
    return time.process_time() - start, value, hvps


def measure(name: str) -> list[Row]:
    work, tracker = workload(name), eos.SharpnessTracker()
    w = work.objective.w0
    ours: list[tuple[float, float, float]] = []  # cost ratio, products, relative error
    peer: list[tuple[float, float, float]] = []
    for t in range(work.last):
        if t < work.first:
            tracker(work.objective.at(w))
        else:
            visit(work, tracker, w, (t - work.first) % work.peer_every == 0, ours, peer)
        w = w - work.lr * work.objective.gradient(w)
    return [row(name, "eoslib", np.array(ours)), row(name, "eigsh", np.array(peer))]


def visit(
    work: Workload, tracker: eos.SharpnessTracker, w: torch.Tensor, compare: bool, ours: list, peer: list
) -> None:
    """Time a plain step, our step and, where `compare`, the peer's, all at the same w."""

    def tracked() -> tuple[float, int]:
        pairs = tracker(work.objective.at(w))
        return pairs.values.item(), pairs.hvps

    plain, _, _ = timed(lambda: (work.objective.loss_and_gradient(w)[0], 0))
    seconds, value, hvps = timed(tracked)
    true = eos.top_eigenpairs(work.exact, w.double(), tol=1e-7).values.item() if compare else float("nan")
    ours.append((seconds / plain, hvps, abs(value / true - 1)))
    if compare:
        seconds, value, hvps = timed(lambda: papers_way(work.objective, w))
        peer.append(((seconds + plain) / plain, hvps, abs(value / true - 1)))


def row(name: str, method: str, values: np.ndarray) -> Row:
    cost, hvps, errors = values.T
    errors = errors[np.isfinite(errors)]
    low, _, high = statistics.quantiles(cost, n=4)
    return Row(name, method, float(np.median(cost)), high - low, float(hvps.mean()), float(errors.max()),
               int((errors > 0.01).sum()), len(errors))  # fmt: skip


def main() -> None:
    torch.set_num_threads(1)
    names = sys.argv[1:] or ["A", "D"]
    rows = []
    print("workload  method  × plain step    ±   HVPs a step   worst error   > 1 % wrong")
    for name in names:
        for r in measure(name):
            rows.append(asdict(r))
            print(f"{r.workload:8}  {r.method:7} {r.cost:11.1f} {r.spread:6.1f} {r.hvps:10.2f} {r.worst:15.1e} "
                  f"{r.wrong:6} of {r.compared}", flush=True)  # fmt: skip
    out = Path(__file__).resolve().parent.parent / "_build" / "sharpness.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"rows": rows, "provenance": provenance(date=time.strftime("%Y-%m-%d"))}, indent=1))
    print(f"written to {out.relative_to(out.parent.parent)}")


if __name__ == "__main__":
    main()

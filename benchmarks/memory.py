"""Peak memory of a step with the sharpness, against a plain gradient step, on workload B; then what it costs on
workload C to have the memory anew at every step. Linux only.

    python benchmarks/memory.py
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from workloads import objective

import eoslib as eos


def peak(step: Callable[[], object]) -> float:
    """MiB by which the step raises the process above where it rests."""
    Path("/proc/self/clear_refs").write_text("5")  # the kernel's high-water mark starts again from here
    resting = _status("VmRSS")
    step()
    return (_status("VmHWM") - resting) / 1024


def _status(key: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(key))


def seconds(call: Callable[[], object], times: int = 5) -> float:
    """Processor time of a call, the median of several; the first is not counted."""
    spent = []
    for _ in range(times + 1):
        start = time.process_time()
        call()
        spent.append(time.process_time() - start)
    return statistics.median(spent[1:])


def kept() -> None:
    """A gradient and a product, before and after `eos.keep_memory`."""
    work = objective("C", torch.float32, 0)
    point, v = work.at(work.w0), torch.ones_like(work.w0)
    calls = {"gradient": lambda: work.gradient(work.w0), "Hessian-vector product": lambda: point.hvp(v)}
    before = {name: seconds(call) for name, call in calls.items()}
    if not eos.keep_memory():
        print("workload C: eos.keep_memory does nothing with this C library")
        return
    for name, call in calls.items():
        after = seconds(call)
        print(f"workload C, a {name}: {before[name]:.2f} s, with eos.keep_memory {after:.2f} s: "
              f"{before[name] / after:.1f} times faster", flush=True)  # fmt: skip


def main() -> None:
    torch.set_num_threads(1)
    work, tracker = objective("B", torch.float32, 0), eos.SharpnessTracker()
    w = work.w0

    def tracked() -> None:
        tracker(work.at(w))

    work.gradient(w)  # the first touches pages that stay
    print(f"workload B, at rest, data and libraries included: {_status('VmRSS') / 1024:.0f} MiB")
    for name, step in {"plain": lambda: work.gradient(w), "first tracked": tracked, "tracked": tracked}.items():
        print(f"{name} step: {peak(step):.0f} MiB more", flush=True)
    kept()


if __name__ == "__main__":
    main()

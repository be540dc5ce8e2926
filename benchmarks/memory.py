"""Peak memory of a step with the sharpness, against a plain gradient step, on workload B. Linux only.

    python benchmarks/memory.py
"""

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


if __name__ == "__main__":
    main()

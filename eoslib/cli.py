"""The command line: `eoslib reproduce fig5 --scale small`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from eoslib.experiment import SOURCES
from eoslib.experiments import EXPERIMENTS, experiment, number, reproduce
from eoslib.memory import keep_memory

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command and run it: 0 when every check holds, 1 when one does not, 2 when it cannot be run."""
    options = parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    if options.list or not options.names:
        print_list()
        return 0
    if options.scale == "paper":
        keep_memory()
    try:
        names = (
            runnable(options.scale) if options.names == ["all"] else [experiment(name).name for name in options.names]
        )
        verdicts = [show(name, options) for name in names]
    except (ValueError, OSError) as error:
        print(f"eoslib: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\neoslib: interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    if len(names) > 1:
        print(f"{len(names) - verdicts.count('differs')} of {len(names)} hold")
    return int("differs" in verdicts)


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    top = argparse.ArgumentParser(prog="eoslib", description="Experiments on the edge of stability.")
    commands = top.add_subparsers(required=True, metavar="command")
    one = commands.add_parser("reproduce", help="run experiments of the paper by name, and compare")
    one.add_argument("names", nargs="*", metavar="name", help="experiments, or all; none: the list")
    one.add_argument("--list", action="store_true", help="name every experiment, and stop")
    one.add_argument(
        "--scale", choices=["small", "paper"], default="small", help="seconds on two cores, or the paper's size"
    )
    one.add_argument("--data", type=Path, help="CIFAR-10, for the paper's size: the archive, its folder, or an .npz")
    one.add_argument("--device", default="cpu", help="cpu or cuda, for the paper's size")
    one.add_argument("--out", type=Path, default=Path("reproduced"), help="folder of outcomes and runs (reproduced)")
    one.add_argument("--threads", type=count, default=1, help="torch's threads (1: best for small networks)")
    one.add_argument("--quiet", action="store_true", help="no progress bars")
    return top


def count(text: str) -> int:
    """A number of threads."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of threads; give at least 1")
    return int(text)


def runnable(scale: str) -> list[str]:
    """The experiments that have something to run at that scale."""
    return [one.name for one in EXPERIMENTS.values() if (one.small if scale == "small" else one.full)]


def print_list() -> None:
    """Every experiment, where it stands, and what can be run for it."""
    for one in EXPERIMENTS.values():
        can = " ".join(scale for scale, run in (("small", one.small), ("paper", one.full)) if run) or "not run"
        print(f"{one.name:20} {can:12} {one.place}: {one.claim}")


def show(name: str, options: argparse.Namespace) -> str:
    """Run one experiment and print paper, ours and verdict."""
    one, start = experiment(name), time.perf_counter()
    print(f"{name} · {one.place}\n  claim    {one.claim}")
    print(f"  paper    {one.paper or 'no number'} ({SOURCES[one.source]})")
    outcome: dict[str, Any] = reproduce(name, options.out, scale=options.scale, data=options.data,
                                        device=options.device, progress=not options.quiet)  # fmt: skip
    print(f"  ours     {one.setup if options.scale == 'small' else one.full_setup}")
    for found in outcome["findings"]:
        low, high = (("" if bound is None else number(bound)) for bound in (found["low"], found["high"]))
        print(f"           {found['what']}: {number(found['value'])}   (asked for: {low} to {high})")
    print(f"  verdict  {outcome['verdict']}, in {time.perf_counter() - start:.0f} s\n", flush=True)
    return str(outcome["verdict"])

"""The command line that runs something in a jail, as far as this system allows."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

import eoslib

__all__ = ["Walls", "jailed", "walls"]

HERE = Path(__file__).resolve().parent
PROCESSES = 32
FIRST_USER = 61184  # the range that systemd leaves for users that exist for a moment only
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")


@dataclass(frozen=True)
class Walls:
    """What this system lets a sandbox do."""

    standing: bool  # namespaces: no network, no other file, no other process
    reason: str  # why not


@functools.cache
def walls() -> Walls:
    """Try the jail once with a trivial command."""
    if not sys.platform.startswith("linux") or not shutil.which("unshare"):
        return Walls(False, "there is no `unshare` on this system")
    missing = "import sys, importlib.util as u; lost = [m for m in ('eoslib', 'torch') if not u.find_spec(m)]"
    probe = f"{missing}; sys.exit(' and '.join(lost) + ' cannot be found from inside the jail' if lost else 0)"
    limits = {"memory": 4.0, "files": 8.0, "total": 60.0}
    with jailed([sys.executable, "-c", probe], limits, slot=0, standing=True) as (command, options):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
    last = (done.stderr.strip().splitlines() or ["the jail did not start"])[-1]
    return Walls(done.returncode == 0, "" if done.returncode == 0 else last)


@contextlib.contextmanager
def jailed(command: list[str], limits: dict[str, float], *, slot: int, standing: bool) -> Iterator[Any]:
    """The command line and the Popen options that run a command in a jail."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory(prefix="classroom-") as box:
        os.chmod(box, 0o755)  # the notebook's user looks through it
        floor, home = Path(box, "floor"), Path(box, "home")
        floor.mkdir()
        home.mkdir()
        user = _user(slot, standing)
        os.chown(home, user or -1, user or -1)
        inside = "/notebook" if standing else str(home)
        spec = {
            "root": str(floor), "home": str(home), "readable": _readable(), "walls": standing, "command": command,
            "user": user, "files": limits["files"], "memory": limits["memory"],
            "cpu": limits["total"] + 5, "processes": PROCESSES + (0 if standing or user else _mine()),
        }  # fmt: skip
        library = str(Path(eoslib.__file__).resolve().parents[1])
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": inside, "TMPDIR": inside, "MPLCONFIGDIR": inside, "MPLBACKEND": "agg",
            "PYTHONPATH": library, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8",
            "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1", "CLASSROOM_ALONE": "1" if standing else "0",
        }  # fmt: skip
        line = [sys.executable, "-I", "-S", str(HERE / "jail.py"), json.dumps(spec)]
        if standing:
            apart = ["--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
            line = ["unshare", *([] if root else ["--user", "--map-root-user"]), *apart, *line]
        yield line, {"env": environment, "cwd": inside if not standing else "/"}


def _readable() -> dict[str, str]:
    """What a notebook may read: the system's programs, this Python, eoslib, and the worker."""
    python = {sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parents[1])}
    paths = [path for path in (*SYSTEM, *sorted(python)) if os.path.exists(path)]
    library = str(Path(eoslib.__file__).resolve().parent)
    return {path: path for path in [*paths, library, str(HERE / "worker.py")]}


def _user(slot: int, standing: bool) -> int:
    """Root runs a notebook as somebody else, if anybody may reach this Python; 0 means: as who we are."""
    folders = Path(sys.executable).resolve().parents
    reachable = standing or all(folder.stat().st_mode & 0o001 for folder in folders)
    return FIRST_USER + slot if os.geteuid() == 0 and reachable else 0


def _mine() -> int:
    """How many threads this user already runs: without namespaces the limit counts them all."""
    total = 0
    for process in psutil.process_iter(["uids", "num_threads"]):
        if process.info["uids"] and process.info["uids"].real == os.getuid():
            total += process.info["num_threads"] or 0
    return total

"""Puts a process into a jail and becomes it: limits, and where the system allows them, namespaces.

Run as a script, inside `unshare`: jail.py SPEC, a JSON object with
    readable  {path inside: path outside}, all read-only      home     folder whose files are copied to /notebook
    files     MB, for one file and for everything          memory   GB of address space a process
    processes how many there may be at once                   cpu      seconds
    user      the number of the user to become (0: stay)      walls    false: limits only
    root      an empty folder to build on                     command  what to run
Nothing else of the disk exists inside: a fresh, empty file system is mounted, the readable paths are shown in it,
and everything from outside is let go. Linux 5.12 or newer. Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import sys
from typing import Any, NoReturn

MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 1 << 12, 1 << 14, 1 << 18
MNT_DETACH, AT_RECURSIVE, MOUNT_SETATTR = 2, 0x8000, 442
READ_ONLY_NO_SUID = 1 | 2
PR_SET_SECUREBITS, NO_ROOT_LOCKED, PR_SET_NO_NEW_PRIVS = 28, 0x2F, 38
DEVICES = ("null", "zero", "random", "urandom")
libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: Any) -> None:
    """One call of the C library; OSError when it fails."""
    encoded = [a.encode() if isinstance(a, str) else a for a in arguments]
    if getattr(libc, name)(*encoded) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}", arguments[0] if isinstance(arguments[0], str) else None)


def mount(source: str, target: str, kind: str, flags: int = 0, data: str = "") -> None:
    """mount(2)."""
    call("mount", source, target, kind, ctypes.c_ulong(flags), data)


def build_walls(spec: dict[str, Any]) -> None:
    """A new root with the readable paths, /proc of our own processes, four devices, and an empty /notebook."""
    os.umask(0o022)
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    root = spec["root"]
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    for inside, outside in spec["readable"].items():
        bind(outside, root + inside)
    for device in DEVICES:
        bind(f"/dev/{device}", f"{root}/dev/{device}")
    for folder in ("proc", "notebook"):
        os.makedirs(f"{root}/{folder}")
    if not os.path.lexists(f"{root}/tmp"):
        os.symlink("notebook", f"{root}/tmp")
    attributes = (ctypes.c_uint64 * 4)(READ_ONLY_NO_SUID, 0, 0, 0)
    path, size = root.encode(), ctypes.c_size_t(32)
    if libc.syscall(MOUNT_SETATTR, -100, path, AT_RECURSIVE, ctypes.byref(attributes), size) != 0:
        raise OSError(ctypes.get_errno(), "the readable files cannot be made read-only; this needs Linux 5.12")
    mount("tmpfs", f"{root}/notebook", "tmpfs", MS_NOSUID | MS_NODEV, f"size={int(spec['files'])}m,mode=1777")
    shutil.copytree(spec["home"], f"{root}/notebook", dirs_exist_ok=True)
    os.chmod(f"{root}/notebook", 0o777)
    with contextlib.suppress(OSError):  # containers often forbid it, and little needs it: then /proc stays empty
        mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV)
    os.chdir(root)
    call("pivot_root", ".", ".")  # the old root now lies on top of the new one, and is let go
    call("umount2", ".", MNT_DETACH)
    os.chdir("/notebook")


def bind(outside: str, inside: str) -> None:
    """Show a file or a folder of the outside at another place."""
    if os.path.isdir(outside):
        os.makedirs(inside, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(inside), exist_ok=True)
        with open(inside, "a"):
            pass
    mount(outside, inside, "", MS_BIND | MS_REC)


def lower_limits(spec: dict[str, Any]) -> None:
    """What one process may use. They count from here on, and a child inherits them."""
    wanted = {
        "RLIMIT_AS": int(spec["memory"] * 2**30), "RLIMIT_FSIZE": int(spec["files"] * 2**20),
        "RLIMIT_NPROC": spec["processes"], "RLIMIT_CPU": int(spec["cpu"]), "RLIMIT_CORE": 0, "RLIMIT_NOFILE": 256,
    }  # fmt: skip
    for name, value in wanted.items():
        if hasattr(resource, name):
            hard = resource.getrlimit(getattr(resource, name))[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(getattr(resource, name), (value, value))


def become_nobody(spec: dict[str, Any]) -> None:
    """Give up every right that the jail needed while it was built."""
    if spec["user"]:
        os.setgroups([])
        os.setgid(spec["user"])
        os.setuid(spec["user"])  # from root to somebody else drops all capabilities
    if spec["walls"]:
        header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        libc.prctl(PR_SET_SECUREBITS, NO_ROOT_LOCKED, 0, 0, 0)  # being number 0 in here no longer means anything
        call("capset", header, nothing)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def run(spec: dict[str, Any]) -> NoReturn:
    """The command in a child; this process stays as number 1 of the namespace, whose end ends all others.

    It ends with its child, or when nobody reads the channel any more: a grader that was killed leaves nothing behind.
    """
    child = os.fork()
    if child == 0:
        become_nobody(spec)
        lower_limits(spec)
        os.execve(spec["command"][0], spec["command"], dict(os.environ))
    reader = select.poll()
    if channel := os.environ.get("CLASSROOM_CHANNEL"):
        reader.register(int(channel), 0)  # errors are reported without being asked for
    while True:
        if reader.poll(100):
            os.kill(child, signal.SIGKILL)
            os._exit(1)
        with contextlib.suppress(ChildProcessError):
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                os._exit(code if code >= 0 else 128 - code)


def main() -> None:
    """Build the jail that the spec describes and run its command there."""
    spec = json.loads(sys.argv[1])
    if spec["walls"]:
        try:
            build_walls(spec)
        except OSError as error:
            sys.exit(f"no jail: {error}")
    run(spec)


if __name__ == "__main__":
    main()

"""Freed memory, kept for the next step: with large activations page faults can cost as much as the arithmetic."""

from __future__ import annotations

import ctypes
import platform

__all__ = ["keep_memory"]

# the parameters of glibc's mallopt(3), and what each is set to
KEPT = {
    -4: 0,  # M_MMAP_MAX: no block has a mapping of its own, which would be given back when it is freed
    -1: 2**31 - 1,  # M_TRIM_THRESHOLD, bytes: give nothing back below the largest int
    -2: 2**28,  # M_TOP_PAD, bytes: grow by 256 MiB at a time
}


def keep_memory() -> bool:
    """Keep the memory that torch frees on the CPU in this process, for the next step to use again.

    glibc returns every block above 32 MiB to the kernel when it is freed, and the next step has all its pages mapped
    and zeroed anew. A convolutional network on 1,000 images spent half of its time so, a small network on the digits
    hardly any.
    Call it before the first step. The numbers computed stay the same. The process stays as large as it ever was.

    Returns True where it was done, False where the C library is not glibc (macOS, Windows, Alpine): nothing changes
    there. Raises OSError when glibc refuses.

    >>> keep_memory() == (platform.libc_ver()[0] == "glibc")
    True
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    for parameter, value in KEPT.items():
        if not libc.mallopt(parameter, value):
            raise OSError(f"glibc's mallopt refused the value {value} for its parameter {parameter}.")
    return True

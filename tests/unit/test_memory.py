"""Freed memory is kept: the same blocks, taken again and again, cost page faults only once."""

import ctypes
import platform
import subprocess
import sys

import pytest

import eoslib as eos
from eoslib import memory

BLOCKS = """
import resource, sys, torch, eoslib as eos
torch.set_num_threads(1)
kept = sys.argv[1] == "keep" and eos.keep_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    total = sum(float(torch.full((12_000_000 + i,), 2.0)[-1]) for i in range(20))  # 48 MB each
    assert total == 40
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(kept, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")
def test_a_block_taken_again_costs_no_page_faults():
    def run(how):
        out = subprocess.run([sys.executable, "-c", BLOCKS, how], capture_output=True, text=True, check=True).stdout
        return out.split()

    (off, given_back), (on, kept) = run("leave"), run("keep")
    assert (off, on) == ("False", "True")
    assert int(given_back) > 400 and int(kept) < int(given_back) / 20


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: pytest.fail("it called the C library"))
    assert eos.keep_memory() is False


def test_a_refusal_is_a_sentence(monkeypatch):
    class Refuses:
        @staticmethod
        def mallopt(parameter, value):
            return int(parameter == -4)

    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Refuses)
    with pytest.raises(OSError, match="refused the value 2147483647 for its parameter -1"):
        memory.keep_memory()

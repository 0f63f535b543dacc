"""Memory that was freed is given back to the system, on Linux with glibc."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest
import torch

from metabench.engine.memory import HeapTrimmer, is_device_fault

STATUS = Path("/proc/self/status")
MEBIBYTE = 2**20


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def test_it_is_not_yet_time_right_after_it_was():
    trimmer = HeapTrimmer(seconds=3600)

    assert not trimmer.step()
    assert HeapTrimmer(seconds=0).step()


@pytest.mark.skipif(
    not (STATUS.exists() and hasattr(ctypes.CDLL(None), "malloc_trim")), reason="needs glibc"
)
def test_a_trim_gives_back_what_lies_free_between_what_is_held():
    """Pieces of the heap, of which every second one is freed: none at its end."""
    pieces = [torch.ones(MEBIBYTE // 64) for _ in range(4096)]
    held = pieces[1::2]
    del pieces
    before = resident()

    HeapTrimmer(seconds=0).step()

    assert before - resident() > 60 * MEBIBYTE
    assert all(piece[0] == 1 for piece in held)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("CUDA error: device-side assert triggered", True),
        ("CUDA error: an illegal memory access was encountered", True),
        ("CUDA error: out of memory", False),
        ("shapes do not match", False),
    ],
)
def test_a_fault_of_the_device_is_told_from_other_errors(message, expected):
    assert is_device_fault(RuntimeError(message)) == expected
    assert not is_device_fault(ValueError(message))

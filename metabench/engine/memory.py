"""Out-of-memory errors recognized, and memory released."""

from __future__ import annotations

import ctypes
import gc
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import final

import torch

__all__ = ["HeapTrimmer", "is_device_fault", "is_out_of_memory", "release_memory"]

_SAID = (
    "can't allocate memory",  # torch's allocator on a CPU
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)


@final
@dataclass
class HeapTrimmer:
    """A periodic release of freed memory that the C library still holds.

    Batches differ in length, so freed blocks seldom fit the next batch: glibc's heap grows for
    hundreds of steps to several times the memory in use. A trim takes some hundredths of a second.
    It does nothing where the C library has no ``malloc_trim``.

    Args:
        seconds: the minimum time between two trims.
    """

    seconds: float = 10.0
    _due: float = field(init=False)

    def __post_init__(self) -> None:
        """Count from now."""
        self._due = time.monotonic() + self.seconds

    def step(self) -> bool:
        """Trim where it is time to; return whether it was."""
        due = time.monotonic() >= self._due
        if due:
            self.trim()
        return due

    def trim(self) -> None:
        """Trim now, before something large is needed; the next time is counted from here."""
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
        self._due = time.monotonic() + self.seconds


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception reports that memory has run out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(said in str(error) for said in _SAID)


def is_device_fault(error: BaseException) -> bool:
    """Return whether CUDA reports a fault of the device, not of its memory.

    Such a fault, a device-side assert for one, is reported by every later call of the process.
    """
    known = getattr(torch, "AcceleratorError", RuntimeError)
    said = isinstance(error, (known, RuntimeError)) and "CUDA error:" in str(error)
    return said and not is_out_of_memory(error)


def release_memory() -> None:
    """Give back memory that is not in use, on the device too where it still answers."""
    gc.collect()
    if torch.cuda.is_initialized():
        with suppress(RuntimeError):  # after a fault of the device, every call raises
            torch.cuda.empty_cache()

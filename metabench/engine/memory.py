"""Running out of memory: how it is told from other errors, and how memory is let go again."""

from __future__ import annotations

import gc

import torch

__all__ = ["is_out_of_memory", "release_memory"]

_SAID = (
    "can't allocate memory",  # torch's allocator on a CPU
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception says that there is no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(said in str(error) for said in _SAID)


def release_memory() -> None:
    """Give back what nobody holds any more, on the device too."""
    gc.collect()
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()

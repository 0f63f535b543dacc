"""The memory of a process before any cell: libraries, and their first-use allocations."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import torch
import transformers

__all__ = ["SCORING", "process_bytes"]

SCORING = 95 * 2**20
"""The memory of pyarrow, SciPy and scikit-learn, needed for scoring; loading them takes seconds."""


def process_bytes(*, hub: bool) -> int | None:
    """Return the memory of this process in bytes; None where the system does not report it.

    Call it before examples are loaded.

    Args:
        hub: whether datasets of the hub are read.
    """
    if hub:
        import_module("datasets")
    config = transformers.BertConfig(
        vocab_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    ids = torch.ones(2, 4, dtype=torch.int64)
    transformers.BertModel(config)(ids).last_hidden_state.sum().backward()
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")

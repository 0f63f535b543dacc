"""The files of a checkpoint, and whether they are what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.fingerprint import hash_file
from metabench.results.regular import is_regular, read_regular

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NOTE", "SUMS", "TENSORS", "is_whole", "sum_line"]

TENSORS, NOTE, SUMS = "state.safetensors", "checkpoint.json", "SHA256SUMS"


def is_whole(folder: Path) -> bool:
    """Return whether a checkpoint is what was written; no file of it is held whole."""
    names = (TENSORS, NOTE)
    if not all(is_regular(folder / name) for name in names):
        return False
    try:
        lines = b"".join(sum_line(hash_file(folder / name), name) for name in names)
        return lines == read_regular(folder / SUMS)
    except OSError:
        return False


def sum_line(digest: str, name: str) -> bytes:
    """Return what ``sha256sum`` writes of a file, and can check."""
    return f"{digest}  {name}\n".encode()

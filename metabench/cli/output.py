"""Writing the file that -o names: where that fails, the way out is another file."""

from __future__ import annotations

from pathlib import Path

from metabench.errors import StoreError

__all__ = ["write_output"]


def write_output(path: Path, data: bytes) -> None:
    """Write a file in full or not at all.

    Raises:
        StoreError: the disk is full, the folder cannot be written, or the device failed.
    """
    from metabench.results.commit import commit_bytes

    try:
        commit_bytes(path, data)
    except StoreError as error:
        raise StoreError(
            error.problem, where=error.where, hint="name a file in another folder with -o FILE"
        ) from error

"""Errors of the disk, or of an unexpected file, in words."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

from metabench.errors import StoreError

__all__ = ["NotOwnError", "explained", "no_run_error", "store_error"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}


@final
class NotOwnError(OSError):
    """A link, a pipe, a device or an overlarge file in place of a run's file or folder."""


def store_error(error: OSError, path: Path, *, needed: int = 0) -> StoreError:
    """Return the error for an ``OSError`` at ``path``; ``needed`` is in bytes."""
    reason = (error.strerror or type(error).__name__).lower()
    if isinstance(error, NotOwnError):
        return StoreError(
            f"cannot be read or written: {reason}",
            where=str(error.filename or path),
            hint="delete it, or replace it by its target: only regular files in regular folders"
            " are opened in a run folder; to keep runs on another disk, name a folder there"
            " with --runs DIR",
        )
    if error.errno in _FULL:
        return StoreError(
            f"{reason}: {needed} bytes are needed and {_free(path)} are free",
            where=str(path),
            hint="free some space and run the same command again, or name another folder"
            " with --runs DIR",
        )
    if error.errno in _DENIED:
        return StoreError(
            f"cannot be written: {reason}",
            where=str(path),
            hint="make the folder writable, or name another one with --runs DIR",
        )
    return StoreError(
        f"cannot be read or written: {reason}",
        where=str(path),
        hint="look at the disk, or name another folder with --runs DIR",
    )


@contextmanager
def explained(path: Path, *, needed: int = 0) -> Iterator[None]:
    """Raise a `StoreError` for every ``OSError``; ``needed`` is in bytes."""
    try:
        yield
    except OSError as error:
        raise store_error(error, path, needed=needed) from error


def no_run_error(folder: Path) -> StoreError:
    """Return the error for a folder that is not a run folder."""
    return StoreError(
        "is not the folder of a run",
        where=str(folder),
        hint="name a folder that `metabench run` wrote",
    )


def _free(path: Path) -> int:
    there = next(folder for folder in path.absolute().parents if folder.exists())
    return shutil.disk_usage(there).free

"""One process at a time works on a run folder; the kernel frees the lock when it dies."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from metabench.errors import LockError
from metabench.results.commit import make_folder, store_error

__all__ = ["locked"]

_NAME = "LOCK"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a run folder, which is made where it is missing.

    Raises:
        LockError: another process holds it, or the file system has no locks.
        StoreError: the folder cannot be written.
    """
    make_folder(folder)
    path = folder / _NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise store_error(error, path) from error
    try:
        _take(descriptor, path)
        _sign(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path) -> None:
    import fcntl  # noqa: PLC0415  (reading a run folder works where there is no flock)

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LockError(
            f"another process works on this run{_owner(descriptor)}",
            where=str(path.parent),
            hint="wait for it, or name another folder with --runs DIR",
        ) from error
    except OSError as error:
        raise LockError(
            f"the file system has no locks: {(error.strerror or 'unknown error').lower()}",
            where=str(path.parent),
            hint="name a folder on a local disk with --runs DIR",
        ) from error


def _sign(descriptor: int, path: Path) -> None:
    owner = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, (json.dumps(owner) + "\n").encode(), 0)
    except OSError as error:
        raise store_error(error, path) from error


def _owner(descriptor: int) -> str:
    try:
        owner = json.loads(os.pread(descriptor, 4096, 0))
        return f" (process {owner['pid']} on {owner['host']} since {owner['started']})"
    except (OSError, ValueError, TypeError, KeyError):
        return ""

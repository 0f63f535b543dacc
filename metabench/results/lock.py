"""One process at a time works on a run folder; the kernel frees the lock when it dies."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import final

from metabench.errors import LockError
from metabench.results.commit import make_folder, store_error

__all__ = ["LockOwner", "lock_owner", "locked"]

_NAME = "LOCK"
_TRIES, _PAUSE_SECONDS = 3, 0.05  # somebody who only looks holds it for a moment


@final
@dataclass(frozen=True, slots=True)
class LockOwner:
    """The process that works on a run folder; ``taken_ns`` is by the clock of the file system."""

    pid: int
    host: str
    started: str
    taken_ns: int


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


def lock_owner(folder: Path) -> LockOwner | None:
    """Return who works on a run folder now, None if nobody does; nothing is written."""
    import fcntl  # noqa: PLC0415  (not on every platform)

    try:
        descriptor = os.open(folder / _NAME, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _signature(descriptor)
    except OSError:
        return None  # without locks nobody could have taken it
    finally:
        os.close(descriptor)
    return None


def _take(descriptor: int, path: Path) -> None:
    import fcntl  # noqa: PLC0415  (reading a run folder works where there is no flock)

    try:
        for _ in range(_TRIES - 1):
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(_PAUSE_SECONDS)
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
    owner = _signature(descriptor)
    return f" (process {owner.pid} on {owner.host} since {owner.started})" if owner else ""


def _signature(descriptor: int) -> LockOwner | None:
    try:
        signed = json.loads(os.pread(descriptor, 4096, 0))
        taken_ns = os.fstat(descriptor).st_mtime_ns
        return LockOwner(int(signed["pid"]), str(signed["host"]), str(signed["started"]), taken_ns)
    except (OSError, ValueError, TypeError, KeyError):
        return None

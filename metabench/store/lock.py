"""A lock file has one holder; the kernel frees it when the holder dies, however that happens."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import final

from metabench.errors import LockError
from metabench.store.file_names import CELLS
from metabench.store.folder import Folder, OpenFolder
from metabench.store.identity import LockOwner, boot, start_time
from metabench.store.problems import explained, store_error

__all__ = ["HeldError", "held", "lock_owner", "locked", "signature"]

_PAUSE_SECONDS = 0.02


@final
class HeldError(LockError):
    """Another process holds a lock; the caller may do something else first."""


@contextmanager
def locked(folder: Folder, name: str, *, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock file, created with its folder and removed on release.

    Args:
        folder: its folder.
        name: the file.
        patience: seconds to wait for its holder.

    Raises:
        HeldError: another process holds it still.
        LockError: the file system has no locks.
        StoreError: the folder cannot be written.
    """
    descriptor = _acquire(folder, name, time.monotonic() + patience)
    try:
        _sign(descriptor, folder.path / name)
        yield
    finally:
        _give_back(descriptor, folder, name)


def lock_owner(folder: Folder, name: str) -> LockOwner | None:
    """Return the holder of a lock file, None if there is none; nothing is written."""
    try:
        with folder.opened() as here:
            return held(here, name)
    except OSError:
        return None


def held(here: OpenFolder, name: str) -> LockOwner | None:
    """Return who holds a lock file of an open folder, as `lock_owner` does."""
    import fcntl  # noqa: PLC0415  (not on every platform)

    try:
        descriptor = here.open(name)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return signature(descriptor) or LockOwner(0, "an unknown host", "")
    except OSError:
        return None  # without locks no process can hold it
    finally:
        os.close(descriptor)
    return None


def _acquire(folder: Folder, name: str, deadline: float) -> int:
    while True:
        with explained(folder.path / name), folder.opened(make=True) as here:
            descriptor = here.open(name, os.O_RDWR | os.O_CREAT)
        try:
            _take(descriptor, folder)
            if _is_there(descriptor, folder, name):
                return descriptor
        except HeldError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise
            time.sleep(_PAUSE_SECONDS)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _take(descriptor: int, folder: Folder) -> None:
    import fcntl  # noqa: PLC0415  (reading a run folder works where there is no flock)

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise HeldError(
            f"another process works on this {_thing(folder)}{_said(signature(descriptor))}",
            where=str(folder.path),
            hint="wait for it, or name another folder with --runs DIR",
        ) from error
    except OSError as error:
        raise LockError(
            f"the file system has no locks: {(error.strerror or 'unknown error').lower()}",
            where=str(folder.path),
            hint="name a folder on a local disk with --runs DIR",
        ) from error


def _thing(folder: Folder) -> str:
    return "cell" if folder.parts[:1] == (CELLS,) else "run"


def _is_there(descriptor: int, folder: Folder, name: str) -> bool:
    """Return whether the file is still the one of that name: its last holder took it away."""
    with suppress(OSError), folder.opened() as here:
        found = here.facts(name)
        return found is not None and os.path.samestat(os.fstat(descriptor), found)
    return False


def _give_back(descriptor: int, folder: Folder, name: str) -> None:
    import fcntl  # noqa: PLC0415  (as above)

    with suppress(OSError):
        if _is_there(descriptor, folder, name):
            with folder.opened() as here:
                here.remove(name)
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child that was forked has the descriptor too
    os.close(descriptor)


def _sign(descriptor: int, path: Path) -> None:
    owner = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "boot": boot(),
        "ticks": start_time(os.getpid()),
    }
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, (json.dumps(owner) + "\n").encode(), 0)
    except OSError as error:
        raise store_error(error, path) from error


def _said(owner: LockOwner | None) -> str:
    return f" (process {owner.pid} on {owner.host} since {owner.started})" if owner else ""


def signature(descriptor: int) -> LockOwner | None:
    """Return who signed a lock file; None where the signature is missing or damaged."""
    try:
        signed = json.loads(os.pread(descriptor, 4096, 0))
        known = {name: str(signed.get(name, "")) for name in ("boot", "ticks")}
        return LockOwner(int(signed["pid"]), str(signed["host"]), str(signed["started"]), **known)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None

"""The processes that work on a run folder; each holds a lock file in ``processes/``."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from metabench.errors import LockError
from metabench.store.atomic import commit_file
from metabench.store.file_names import CANCEL, LOCK, PROCESSES
from metabench.store.folder import Folder
from metabench.store.lock import HeldError, LockOwner, held, locked
from metabench.store.problems import explained

__all__ = [
    "alone",
    "at_work",
    "forget_cancel",
    "is_cancelled",
    "is_lock_file",
    "joining",
    "present",
    "request_cancel",
]

_PATIENCE_SECONDS = 10.0
"""A joining process holds the run folder's lock only while it writes its request."""
_NAME = re.compile(r".+-[0-9]+-[0-9]+")


def at_work(folder: Path) -> tuple[LockOwner, ...]:
    """Return the processes that work on a run folder now; nothing is written.

    Raises:
        StoreError: the folder of lock files is a link, or cannot be read.
    """
    there = Folder(folder) / PROCESSES
    with explained(there.path), suppress(FileNotFoundError), there.opened() as here:
        owners = [held(here, name) for name in here.names() if is_lock_file(name)]
        return tuple(owner for owner in owners if owner is not None)
    return ()


def is_lock_file(name: str) -> bool:
    """Return whether a file among those of the processes may be one that `present` made."""
    return bool(_NAME.fullmatch(name))


@contextmanager
def joining(folder: Path) -> Iterator[tuple[LockOwner, ...]]:
    """Hold the run folder while a process joins; yield the processes that work on it already.

    Raises:
        LockError: another process holds it for long, or the file system has no locks.
        StoreError: the folder cannot be written.
    """
    with locked(Folder(folder), LOCK, patience=_PATIENCE_SECONDS):
        yield at_work(folder)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the run folder alone: no process works on it, none can join.

    Raises:
        LockError: another process works on it, or the file system has no locks.
        StoreError: the folder cannot be written.
    """
    with locked(Folder(folder), LOCK, patience=_PATIENCE_SECONDS / 100):
        for owner in at_work(folder):
            raise LockError(
                f"another process works on this run (process {owner.pid} on {owner.host} since"
                f" {owner.started})",
                where=str(folder),
                hint="wait for it, or name another folder with --runs DIR",
            )
        yield


@contextmanager
def present(folder: Path) -> Iterator[None]:
    """Be seen to work on a run folder.

    Raises:
        LockError: the file system has no locks.
        StoreError: the folder cannot be written.
    """
    name = f"{socket.gethostname().replace('/', '-')}-{os.getpid()}"
    with ExitStack() as stack:
        number = 0
        while not _entered(stack, Folder(folder) / PROCESSES, f"{name}-{number}"):
            number += 1
        yield


def request_cancel(folder: Path) -> None:
    """Ask every process that works on a run folder to stop after its step, on any machine.

    Raises:
        StoreError: the folder cannot be written.
    """
    commit_file(Folder(folder) / PROCESSES, CANCEL, b"")


def is_cancelled(folder: Path) -> bool:
    """Return whether the processes that work on a run folder are asked to stop."""
    with suppress(OSError), (Folder(folder) / PROCESSES).opened() as here:
        return here.is_regular(CANCEL)
    return False


def forget_cancel(folder: Path) -> None:
    """Take back the request to stop, if there is one.

    Raises:
        StoreError: the folder cannot be written.
    """
    there = Folder(folder) / PROCESSES
    with explained(there.path), suppress(FileNotFoundError), there.opened() as here:
        here.remove(CANCEL)


def _entered(stack: ExitStack, folder: Folder, name: str) -> bool:
    """Take a lock, unless another thread holds it or a process inspects it."""
    try:
        stack.enter_context(locked(folder, name))
    except HeldError:
        return False
    return True

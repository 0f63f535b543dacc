"""The processes that work on a run folder; each holds a lock file in ``processes/``."""

from __future__ import annotations

import errno
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from metabench.errors import LockError
from metabench.store.atomic import commit_file
from metabench.store.file_names import CANCEL, CELLS, LOCK, PROCESSES
from metabench.store.folder import Folder, OpenFolder
from metabench.store.identity import LockOwner, is_dead
from metabench.store.lock import HeldError, held, locked, signature
from metabench.store.problems import NotOwnError, explained

__all__ = [
    "alone",
    "at_work",
    "forget_cancel",
    "is_cancelled",
    "is_lock_file",
    "joining",
    "present",
    "refuse_unseen",
    "request_cancel",
    "require_own_folders",
]

_PATIENCE_SECONDS = 60.0
"""A joining process holds the run folder's lock while it writes its request; the first sweeps."""
_SHORT_PATIENCE_SECONDS = 0.1
_BEAT_SECONDS = 5.0
"""Seconds between two signs of life of a process, which need no lock to be seen."""
_WATCH_SECONDS = 11.0
"""Two signs of life, and some time for the file system."""
_LOOK_SECONDS = 0.5
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
    refuse_unseen(folder)
    with locked(Folder(folder), LOCK, patience=_SHORT_PATIENCE_SECONDS):
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
    """Be seen to work on a run folder: by a lock, and by signs of life.

    Raises:
        LockError: the file system has no locks.
        StoreError: the folder cannot be written.
    """
    name = f"{socket.gethostname().replace('/', '-')}-{os.getpid()}"
    with ExitStack() as stack:
        number = 0
        there = Folder(folder) / PROCESSES
        while not _entered(stack, there, f"{name}-{number}"):
            number += 1
        ended = threading.Event()
        stack.callback(ended.set)
        beat = threading.Thread(target=_beat, args=(there, f"{name}-{number}", ended), daemon=True)
        beat.start()
        yield


def refuse_unseen(folder: Path) -> None:
    """Refuse a run folder on which a process works whose lock is not seen here.

    Its file system keeps locks local to a machine, so that two processes could hold one cell. A
    process that is not known to have ended is watched for two signs of life.

    Raises:
        LockError: there is such a process.
        StoreError: the folder cannot be read.
    """
    there = Folder(folder) / PROCESSES
    with explained(there.path), suppress(FileNotFoundError), there.opened() as here:
        names = [name for name in here.names() if is_lock_file(name)]
        watched = {name: found for name in names if (found := _unheld(here, name))}
        deadline = time.monotonic() + _WATCH_SECONDS
        while watched and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
            for name, (owner, changed) in list(watched.items()):
                now = _unheld(here, name)
                if now is None:
                    del watched[name]
                elif now[1] != changed:
                    raise LockError(
                        f"process {owner.pid} on {owner.host} works on this run, and its lock is"
                        " not seen here: the locks of this file system are local to a machine",
                        where=str(folder),
                        hint=f"run it on {owner.host} only, mount the file system with locks that"
                        " all machines see, or name another folder with --runs DIR",
                    )


def _unheld(here: OpenFolder, name: str) -> tuple[LockOwner, int] | None:
    """Return who signed a lock file that is not held here, and its last change.

    None where it is held or gone, or its process is known to have ended.
    """
    if held(here, name) is not None:
        return None
    with suppress(OSError):
        descriptor = here.open(name)
        try:
            owner, facts = signature(descriptor), os.fstat(descriptor)
        finally:
            os.close(descriptor)
        if owner is not None and not is_dead(owner):
            return owner, facts.st_mtime_ns
    return None


def _beat(folder: Folder, name: str, ended: threading.Event) -> None:
    while not ended.wait(_BEAT_SECONDS):
        with suppress(OSError), folder.opened() as here, here.appended(name) as file:
            os.utime(file.fileno())  # by the clock of the file system


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


def require_own_folders(here: OpenFolder, folder: Path) -> None:
    """Refuse a run folder with its cells or processes elsewhere.

    Raises:
        NotOwnError: one is a link or a file.
    """
    for name in (CELLS, PROCESSES):
        if here.facts(name) is not None and not here.is_folder(name):
            raise NotOwnError(errno.ENOTDIR, "is not a regular folder", str(folder / name))

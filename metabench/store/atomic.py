"""The one durable write: temporary file in the same folder, fsync, rename, fsync of the folder."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from metabench.errors import StoreError

__all__ = [
    "commit_bytes",
    "commit_folder",
    "keep_files",
    "make_folder",
    "no_run_error",
    "settle_folders",
    "store_error",
]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_ASIDE = re.compile(r"\.(.+)\.([0-9]+)-[0-9]+\.old")


def commit_bytes(path: Path, data: bytes) -> None:
    """Write a file so that it is there in full or not at all, even after a power cut.

    Raises:
        StoreError: the disk is full, the folder cannot be written, or the device failed; what was
            at ``path`` before is still there.
    """
    with _explained(path, needed=len(data)):
        descriptor, temporary = _open_new(path)
        try:
            try:
                _write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def commit_folder(temporary: Path, final: Path) -> None:
    """Make a finished folder durable and give it its name; an older one of that name goes.

    Both must lie on one file system. Nothing may write into ``temporary`` any more. There is a
    moment in which the older one is only set aside; see `settle_folders`.

    Raises:
        StoreError: a file cannot be written or the folder cannot be renamed.
    """
    with _explained(final, needed=_size(temporary)):
        for folder, _, names in os.walk(temporary, topdown=False):
            for name in names:
                _sync_file(Path(folder, name))
            _sync_folder(Path(folder))
        outdated = _set_aside(final)
        try:
            temporary.rename(final)
        except BaseException:
            if outdated is not None:
                outdated.rename(final)
            raise
        _sync_folder(final.parent)
    if outdated is not None:
        shutil.rmtree(outdated, ignore_errors=True)


def keep_files(source: Path, target: Path, names: Iterable[str]) -> None:
    """Give files of a folder a second name in another one; on other file systems, copy them.

    Raises:
        StoreError: one is missing, or the folder cannot be written.
    """
    make_folder(target)
    for name in names:
        with _explained(target / name, needed=0):
            try:
                (target / name).hardlink_to(source / name)
            except OSError:
                shutil.copyfile(source / name, target / name, follow_symlinks=False)


def settle_folders(parent: Path) -> None:
    """Give folders their names back that a process which died in `commit_folder` had set aside.

    Those for which there is a newer one go.

    Raises:
        StoreError: the folder cannot be written.
    """
    with _explained(parent, needed=0):
        for path in sorted(parent.glob(".*.old")):
            aside = _ASIDE.fullmatch(path.name)
            if aside is None or _lives(int(aside[2])):
                continue
            final = parent / aside[1]
            if final.exists():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.rename(final)
                _sync_folder(parent)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents durably where they are missing.

    Raises:
        StoreError: it cannot be made.
    """
    with _explained(folder, needed=0):
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for path in missing:  # without it, a power cut takes a folder with all that is in it
            _sync_folder(path.parent)


def store_error(error: OSError, path: Path, *, needed: int = 0) -> StoreError:
    """Return what an ``OSError`` at ``path`` means for the user; ``needed`` is in bytes."""
    reason = (error.strerror or type(error).__name__).lower()
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


def no_run_error(folder: Path) -> StoreError:
    """Return what is said of a folder that is not one of a run."""
    return StoreError(
        "is not the folder of a run",
        where=str(folder),
        hint="name a folder that `metabench run` wrote",
    )


@contextmanager
def _explained(path: Path, *, needed: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise store_error(error, path, needed=needed) from error


def _open_new(path: Path) -> tuple[int, Path]:
    for attempt in count():
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{attempt}.tmp")
        with suppress(FileExistsError):
            return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), temporary
    raise AssertionError  # pragma: no cover  (count never ends)


def _write_all(descriptor: int, data: bytes) -> None:
    # A nearly full disk takes a part and says so only by the number that write returns.
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # pragma: no cover  (Windows has no such call)
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _set_aside(final: Path) -> Path | None:
    if not final.exists():
        return None
    for attempt in count():
        outdated = final.with_name(f".{final.name}.{os.getpid()}-{attempt}.old")
        if not outdated.exists():
            return final.rename(outdated)
    raise AssertionError  # pragma: no cover  (count never ends)


def _lives(pid: int) -> bool:
    """Return whether another process of that number is at work; this one is not in the middle."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is there, and not ours
        return True
    return True


def _size(folder: Path) -> int:
    """Return the bytes in a folder, 0 where that cannot be seen."""
    with suppress(OSError):
        return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return 0


def _free(path: Path) -> int:
    there = next(folder for folder in path.absolute().parents if folder.exists())
    return shutil.disk_usage(there).free

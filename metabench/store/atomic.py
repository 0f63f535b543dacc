"""The one durable write: temporary file in the same folder, fsync, rename, fsync of the folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from metabench.store.file_names import is_ours, set_aside
from metabench.store.folder import Folder, OpenFolder
from metabench.store.problems import NotOwnError, explained

__all__ = [
    "commit_bytes",
    "commit_file",
    "commit_folder",
    "empty_folder",
    "keep_files",
    "make_folder",
    "new_folder",
    "replace_folder",
    "settle_folders",
]


def commit_file(folder: Folder, name: str, data: bytes) -> None:
    """Write a file atomically and durably: complete or absent, even after a power cut.

    A missing folder is created.

    Raises:
        StoreError: the disk is full, the folder cannot be written, or the device failed; the
            previous file remains.
    """
    with explained(folder.path / name, needed=len(data)), folder.opened(make=True) as here:
        _commit(here, name, data)


def commit_bytes(path: Path, data: bytes) -> None:
    """Write a file that a user named as `commit_file` does; its folder has to be there.

    Raises:
        StoreError: as `commit_file`.
    """
    with explained(path, needed=len(data)), Folder(path.parent).opened() as here:
        _commit(here, path.name, data)


def replace_folder(parent: Folder, name: str, final: str) -> None:
    """Make a finished folder durable and rename it, replacing an older one.

    Nothing may write into it any more. For a moment the older one is only set aside; see
    `settle_folders`. Only files of the older one that metabench may have written are deleted.

    Raises:
        StoreError: it holds a link or the like, a file cannot be written, or it cannot be renamed.
    """
    _replace(parent, name, final, ours=is_ours)


def commit_folder(temporary: Path, final: Path) -> None:
    """Do as `replace_folder` does for a folder that a user named; both have one parent.

    Raises:
        StoreError: as `replace_folder`.
    """
    _replace(Folder(final.parent), temporary.name, final.name, ours=_anything)


@contextmanager
def new_folder(parent: Folder, name: str) -> Iterator[str]:
    """Yield the unpredictable name of a new folder; its remains are deleted at the end.

    Raises:
        StoreError: it cannot be created.
    """
    temporary = _temporary(name, "tmp")
    with ExitStack() as stack:
        with explained(parent.path / name):
            here = stack.enter_context(parent.opened(make=True))
        try:
            with explained(parent.path / name):
                here.make_new(temporary)
            yield temporary
        finally:
            here.remove_tree(temporary, ours=_anything)


def keep_files(source: Folder, target: Folder, names: Iterable[str]) -> None:
    """Give files of a folder a second name in another one; on other file systems, copy them.

    Raises:
        StoreError: one is missing or no regular file, or the folder cannot be written.
    """
    with (
        explained(target.path), target.opened(make=True) as there, source.opened() as here,
    ):  # fmt: skip
        for name in names:
            try:
                there.link(name, here)
            except NotOwnError:
                raise
            except OSError:
                size = here.facts(name)
                _commit(there, name, here.read(name, most=size.st_size if size else 0))


def settle_folders(parent: Folder) -> None:
    """Give folders their names back that a process which died in `replace_folder` had set aside.

    Those for which there is a newer one go. No process may be at work in the folder: a process
    number proves nothing, for another machine, or a later process, has it too.

    Raises:
        StoreError: the folder cannot be written, or it is a link.
    """
    with explained(parent.path), suppress(FileNotFoundError), parent.opened() as here:
        for name in here.names():
            aside = set_aside(name)
            if aside is None or not here.is_folder(name):
                continue
            if here.facts(aside) is not None:
                here.remove_tree(name)
            else:
                here.rename(name, aside)
                here.sync()


def empty_folder(folder: Path) -> None:
    """Replace a folder in, or at, a `new_folder` by an empty one.

    Raises:
        OSError: it contains files that may not be deleted, or it cannot be created.
    """
    with Folder(folder.parent).opened() as here:
        here.remove_tree(folder.name, ours=_anything)
        here.make_new(folder.name)


def make_folder(folder: Folder) -> None:
    """Make a folder and its parents durably where they are missing.

    Raises:
        StoreError: it cannot be created.
    """
    with explained(folder.path), folder.opened(make=True):
        pass


def _commit(here: OpenFolder, name: str, data: bytes) -> None:
    temporary = _temporary(name, "tmp")
    descriptor = here.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        try:
            _write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        here.rename(temporary, name)
    except BaseException:
        with suppress(OSError):
            here.remove(temporary)
        raise
    here.sync()


def _replace(parent: Folder, name: str, final: str, *, ours: Callable[[str], bool]) -> None:
    where = parent.path / final
    with explained(where), parent.opened() as here, here.enter(name) as inner:
        with explained(where, needed=_size(inner)):
            _sync_all(inner)
            outdated = _set_aside(here, final)
            try:
                here.rename(name, final)
            except BaseException:
                if outdated is not None:
                    here.rename(outdated, final)
                raise
            here.sync()
        if outdated is not None:
            here.remove_tree(outdated, ours=ours)


def _size(here: OpenFolder) -> int:
    """Return the bytes of the files in a folder, without those in folders of it."""
    return sum(found.st_size for found in map(here.facts, here.names()) if found is not None)


def _set_aside(here: OpenFolder, final: str) -> str | None:
    if here.facts(final) is None:
        return None
    outdated = _temporary(final, "old")
    here.rename(final, outdated)
    return outdated


def _sync_all(here: OpenFolder) -> None:
    """Make a folder durable with all that is in it.

    Raises:
        NotOwnError: there is a link, a pipe or a device in it.
    """
    for name in here.names():
        if here.is_folder(name):
            with here.enter(name) as inner:
                _sync_all(inner)
            continue
        descriptor = here.open(name, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    here.sync()


def _temporary(name: str, ending: str) -> str:
    """Return an unpredictable hidden name with the number of the process."""
    return f".{name}.{os.getpid()}-{os.urandom(8).hex()}.{ending}"


def _write_all(descriptor: int, data: bytes) -> None:
    # A nearly full disk takes a part, which only the return value of write shows.
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _anything(_name: str) -> bool:
    return True

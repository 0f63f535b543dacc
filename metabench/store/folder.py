"""The one place where files below a run folder are opened, listed, renamed and deleted.

A folder is reached from its root by descriptors, name by name, without following links; the root is
the user's path. Only regular files are opened, and only those and folders with metabench's names
are deleted. Windows has no such descriptors: there each name is checked before it is used.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Self, final

from metabench.limits import RUN_RECORD_BYTES
from metabench.store.file_names import is_ours
from metabench.store.problems import NotOwnError

if TYPE_CHECKING:
    from io import BufferedReader, BufferedWriter

__all__ = ["Folder", "OpenFolder"]

_BY_DESCRIPTOR = os.open in os.supports_dir_fd
_ALWAYS = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_LISTED = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_DEEPEST = 8  # folders in folders of a cell: two at most


@final
@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that a user named, or one below it; it need not exist, and nothing is opened.

    Args:
        root: the folder that was named; it may be reached through links.
        parts: the names from there, one component each; none may be a link.
    """

    root: Path
    parts: tuple[str, ...] = ()

    def __truediv__(self, name: str) -> Folder:
        """Return a folder in this one."""
        return Folder(self.root, (*self.parts, name))

    @property
    def around(self) -> Folder:
        """The folder that this one is in, which is its root or below it."""
        return Folder(self.root, self.parts[:-1])

    @property
    def path(self) -> Path:
        """Where it is, for messages."""
        return self.root.joinpath(*self.parts)

    @contextmanager
    def opened(self, *, make: bool = False) -> Iterator[OpenFolder]:
        """Open the folder; with ``make``, make it and its parents durably where they are missing.

        Raises:
            OSError: it is not there, or it cannot be opened or made.
            NotOwnError: a name below the root is a link or a file.
        """
        if make:
            _make_root(self.root)
        descriptor = os.open(self.root, _LISTED) if _BY_DESCRIPTOR else None
        here = OpenFolder(os.fspath(self.root), descriptor, self.root)
        try:
            for name in self.parts:
                if make:
                    here.make(name)
                with here:
                    here = here.enter(name)
            yield here
        finally:
            here.close()


@final
class OpenFolder:
    """A folder that is open; every method raises ``OSError`` where the disk or a name refuses."""

    __slots__ = ("_descriptor", "_path", "_root")

    def __init__(self, path: str, descriptor: int | None, root: Path) -> None:
        self._path, self._descriptor, self._root = path, descriptor, root

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the folder."""
        self.close()

    def close(self) -> None:
        """Close the folder; once more does no harm."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def enter(self, name: str) -> OpenFolder:
        """Return a folder in this one, opened; the caller closes it.

        Raises:
            NotOwnError: it is a link or a file.
        """
        path = self._where(name)
        try:
            if _BY_DESCRIPTOR:
                found = os.open(self._at(name), _LISTED | os.O_NOFOLLOW, dir_fd=self._descriptor)
                return OpenFolder(path, found, self._root)
            if stat.S_ISDIR(os.lstat(path).st_mode) and self.is_folder(name):
                return OpenFolder(path, None, self._root)  # pragma: no cover  (Windows)
        except OSError as error:
            if error.errno not in {errno.ELOOP, errno.ENOTDIR}:
                raise
        there = self.facts(name)
        number = errno.ELOOP if there and stat.S_ISLNK(there.st_mode) else errno.ENOTDIR
        raise NotOwnError(number, "is not a regular folder", path)

    def open(self, name: str, flags: int = os.O_RDONLY) -> int:
        """Open a file and return its descriptor; a pipe is not waited for, a link not followed.

        Raises:
            NotOwnError: it is a link, a pipe, a device or a folder.
        """
        return self._opened(name, flags)[0]

    def read(self, name: str, *, most: int | None = RUN_RECORD_BYTES) -> bytes:
        """Return the content of a file of at most ``most`` bytes; its size is checked first."""
        return self.read_with_facts(name, most=most)[0]

    def read_with_facts(
        self, name: str, *, most: int | None = RUN_RECORD_BYTES
    ) -> tuple[bytes, os.stat_result]:
        """Return what a file holds, as `read` does, and what the file system tells of that file."""
        descriptor, facts = self._opened(name, os.O_RDONLY)
        try:
            if most is not None and facts.st_size > most:
                problem = f"is larger than {most // 1024**2} MiB"
                raise NotOwnError(errno.EFBIG, problem, self._where(name))
            data = part = os.read(descriptor, (size := facts.st_size) + 1)
            while part and len(data) != size and (most is None or len(data) <= most):
                part = os.read(descriptor, max(1 << 16, size - len(data)))  # it is being written
                data += part
            return data, facts
        finally:
            os.close(descriptor)

    def stream(self, name: str) -> BufferedReader:
        """Return a file, to be read."""
        return os.fdopen(self.open(name), "rb")

    def appended(self, name: str) -> BufferedWriter:
        """Return a file, to be written at its end."""
        return os.fdopen(self.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab")

    def sha256(self, name: str) -> str:
        """Return the sha256 of a file, which is never held whole."""
        with self.stream(name) as file:
            return file_digest(file, "sha256").hexdigest()

    def names(self) -> list[str]:
        """Return the sorted names of the folder's entries."""
        here = self._path if self._descriptor is None else self._descriptor
        return sorted(os.listdir(here))  # noqa: PTH208  (a descriptor)

    def facts(self, name: str) -> os.stat_result | None:
        """Return the stat of a name without following links; None where it does not exist."""
        try:
            return os.stat(self._at(name), dir_fd=self._descriptor, follow_symlinks=False)
        except OSError:
            return None

    def is_regular(self, name: str, *, size: int | None = None) -> bool:
        """Return whether a name is a regular file, of ``size`` bytes where that is given."""
        found = self.facts(name)
        return bool(found and stat.S_ISREG(found.st_mode) and size in {None, found.st_size})

    def is_folder(self, name: str) -> bool:
        """Return whether a name is a folder, not a link to one or a junction of Windows."""
        found = self.facts(name)
        reparsed = getattr(found, "st_reparse_tag", 0)
        return bool(found and stat.S_ISDIR(found.st_mode) and not reparsed)

    def folders(self) -> list[str]:
        """Return the names of the folders in it that are not hidden, sorted."""
        here = self._path if self._descriptor is None else self._descriptor
        with os.scandir(here) as entries:
            found = sorted(each.name for each in entries if each.is_dir(follow_symlinks=False))
        seen = [name for name in found if name[0] != "."]
        return seen if _BY_DESCRIPTOR else list(filter(self.is_folder, seen))

    def make(self, name: str) -> None:
        """Make a folder durably; one that is there is well."""
        with suppress(FileExistsError):
            self.make_new(name)

    def make_new(self, name: str) -> None:
        """Make a folder durably; ``FileExistsError`` where there is anything of that name."""
        os.mkdir(self._at(name), dir_fd=self._descriptor)
        self.sync()

    def rename(self, name: str, new: str) -> None:
        """Give a file or folder another name; a file of that name goes."""
        here = self._descriptor
        os.replace(self._at(name), self._at(new), src_dir_fd=here, dst_dir_fd=here)

    def link(self, name: str, source: OpenFolder) -> None:
        """Give a regular file of another folder of the same root a second name here."""
        if source._root != self._root or not source.is_regular(name):
            raise source._not_regular(name)
        os.link(
            source._at(name), self._at(name),
            src_dir_fd=source._descriptor, dst_dir_fd=self._descriptor,
            follow_symlinks=False,
        )  # fmt: skip

    def remove(self, name: str) -> None:
        """Delete a regular file.

        Raises:
            NotOwnError: it is a link, a pipe, a device or a folder.
        """
        if self.facts(name) is not None and not self.is_regular(name):
            raise self._not_regular(name)
        os.unlink(self._at(name), dir_fd=self._descriptor)

    def remove_tree(
        self, name: str, *, ours: Callable[[str], bool] = is_ours, deepest: int = _DEEPEST
    ) -> None:
        """Delete a folder with the regular files and folders in it that are ``ours`` by name.

        Other entries and their folders stay; nothing is raised.
        """
        with suppress(OSError):
            with self.enter(name) as inner:
                for each in filter(ours, inner.names()):
                    if deepest and inner.is_folder(each):
                        inner.remove_tree(each, ours=ours, deepest=deepest - 1)
                    with suppress(OSError):
                        inner.remove(each)
            os.rmdir(self._at(name), dir_fd=self._descriptor)

    def sync(self) -> None:
        """Make names in the folder durable; Windows has no such call."""
        if self._descriptor is not None:
            os.fsync(self._descriptor)

    def _at(self, name: str) -> str:
        """Return a name for the system, checked to be one component.

        Raises:
            NotOwnError: it is not one, and would leave the folder.
        """
        if name in {"", ".", ".."} or "/" in name or "\0" in name or os.sep in name:
            raise NotOwnError(errno.EINVAL, f"{name!r} is not the name of a file", self._path)
        return name if _BY_DESCRIPTOR else self._where(name)

    def _opened(self, name: str, flags: int) -> tuple[int, os.stat_result]:
        if not _BY_DESCRIPTOR and self.facts(name) and not self.is_regular(name):
            raise self._not_regular(name)  # pragma: no cover  (Windows)
        try:
            descriptor = os.open(self._at(name), flags | _ALWAYS, 0o666, dir_fd=self._descriptor)
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENXIO, errno.EISDIR}:
                raise self._not_regular(name) from error
            raise
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            os.close(descriptor)
            raise self._not_regular(name)
        return descriptor, facts

    def _not_regular(self, name: str) -> NotOwnError:
        return NotOwnError(errno.EINVAL, "is not a regular file", self._where(name))

    def _where(self, name: str) -> str:
        return f"{self._path}{os.sep}{name}"


def _make_root(root: Path) -> None:
    missing = [path for path in (root, *root.parents) if not path.exists()]
    root.mkdir(parents=True, exist_ok=True)
    for path in missing:  # without it, a power cut takes a folder with all that is in it
        with Folder(path.parent).opened() as around:
            around.sync()

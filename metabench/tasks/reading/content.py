"""The content of a file: a regular file, capped, decompressed, and hashed while it is read."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, final

from metabench.errors import DataError
from metabench.tasks.reading.compression import DAMAGED, decompressed
from metabench.tasks.reading.refusal import because, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from metabench.api.task import DataFile

__all__ = ["LARGEST_BYTES", "Content", "content_hash", "open_content"]

LARGEST_BYTES = 2 * 1024**3
"""A larger file is refused, and so is a compressed one that holds more."""

_CHUNK = 1024**2
_SETTLED_SECONDS = 2.0
_OLD_SECONDS = 60.0  # clocks of file servers differ by seconds
_STATES: dict[tuple[Any, ...], tuple[float, str]] = {}
"""When a state of a file was first seen, and its hash once that has settled."""


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@final
class Content:
    """The decompressed bytes of an open file, hashed as they are read if their hash is not known.

    Args:
        file: the file, for messages.
        source: where the bytes come from.
        size: how many there may be; a guess that saves copies.
        known: returns their hash while the file is in a state of which it is known.
    """

    __slots__ = ("_bytes", "_file", "_hash", "_known", "_size", "_source")

    def __init__(
        self,
        file: DataFile,
        source: BinaryIO,
        *,
        size: int = 0,
        known: Callable[[], str] = str,
    ) -> None:
        self._file = file
        self._source = source
        self._size = size
        self._known = known
        self._hash: _Hash | None = None if known() else hashlib.sha256()
        self._bytes = 0

    def readline(self, limit: int) -> bytes:
        """Return the next line, its end included, or ``limit`` bytes of it; nothing at the end."""
        return self._seen(self._guarded(lambda: self._source.readline(limit)))

    def read(self, limit: int) -> bytes:
        """Return up to so many bytes; nothing at the end."""
        return self._seen(self._guarded(lambda: self._source.read(limit)))

    def whole(self, most: int = sys.maxsize) -> bytes:
        """Return all that is left, or the first ``most`` bytes of it."""
        chunks = [self.read(min(self._size, most))]
        most -= len(chunks[0])
        while most > 0 and (chunk := self.read(min(most, _CHUNK))):
            chunks.append(chunk)
            most -= len(chunk)
        return b"".join(chunks)

    def digest(self) -> str:
        """Return the sha256 of the whole content; the unread rest is read now.

        It is empty where the content was known and the file has been changed since.
        """
        if self._hash is None:
            return self._known()
        while self.read(_CHUNK):
            pass
        return self._hash.hexdigest()

    def _seen(self, data: bytes) -> bytes:
        if self._hash is not None:
            self._hash.update(data)
        self._bytes += len(data)
        if self._bytes > LARGEST_BYTES:
            raise refused(self._file, f"holds more than {LARGEST_BYTES // 1024**3} GiB")
        return data

    def _guarded(self, read: Read) -> bytes:
        try:
            return read()
        except DAMAGED as error:
            raise refused(
                self._file,
                f"is compressed and damaged{because(self._file, error)}",
                hint="copy the file again",
            ) from error
        except (OSError, ValueError, RuntimeError) as error:
            raise _unreadable(self._file, error) from error


class Read(Protocol):
    """A way to get bytes."""

    def __call__(self) -> bytes:
        """Return bytes."""


@contextmanager
def open_content(file: DataFile) -> Iterator[Content]:
    """Open a file for reading; compressed files are decompressed.

    Raises:
        DataError: there is none, it is a folder, a pipe or a device, it is too large or damaged.
    """
    with _open_regular(file) as source:
        try:
            inside = decompressed(file, source)
        except OSError as error:
            raise _unreadable(file, error) from error
        size = os.fstat(source.fileno()).st_size
        yield Content(file, inside, size=size, known=partial(_known_hash, file, source))


def content_hash(file: DataFile) -> str:
    """Return the sha256 of a file's content, decompressed if it is compressed.

    It is cached while the file's inode and ctime stay the same. The ctime cannot be set by hand,
    unlike the mtime; as it is coarse, a state of the file counts as settled only when it is a
    minute old, or two seconds after it was first seen.

    Raises:
        DataError: the file cannot be read.
    """
    with _open_regular(file) as source:
        state = _state(file, source)
    now = time.monotonic()
    first, known = _STATES.setdefault(state, (now, ""))
    if known:
        return known
    found = _hashed(file)
    age = datetime.now(UTC).timestamp() - state[-1] / 10**9
    if now - first > _SETTLED_SECONDS or age > _OLD_SECONDS:
        _STATES[state] = (first, found)
    return found


def _state(file: DataFile, source: BinaryIO) -> tuple[Any, ...]:
    facts = os.fstat(source.fileno())
    of_file = facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns
    return file.path, *of_file


def _known_hash(file: DataFile, source: BinaryIO) -> str:
    return _STATES.get(_state(file, source), (0.0, ""))[1]


def _hashed(file: DataFile) -> str:
    with open_content(file) as content:
        return content.digest()


def _open_regular(file: DataFile) -> BinaryIO:
    try:
        handle = os.open(file.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        os.close(handle)
        raise refused(file, "is not a regular file")
    if facts.st_size > LARGEST_BYTES:
        os.close(handle)
        raise refused(file, f"is larger than {LARGEST_BYTES // 1024**3} GiB")
    return os.fdopen(handle, "rb")


def _unreadable(file: DataFile, error: Exception) -> DataError:
    reason = error.strerror if isinstance(error, OSError) else None
    why = f": {reason[:1].lower()}{reason[1:]}" if reason else because(file, error)
    return DataError(
        f"{file.path!r} cannot be read{why}",
        where=file.place,
        hint="correct the path, which counts from the folder of the benchmark file",
    )

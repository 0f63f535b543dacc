"""The lines of a text file: a regular file, capped, UTF-8 with or without a byte-order mark."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from metabench.errors import DataError
from metabench.tasks.own.refusal import refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metabench.api.task import DataFile

__all__ = ["LARGEST_BYTES", "open_regular", "text_lines"]

LARGEST_BYTES = 2 * 1024**3
"""A larger file is refused."""

_LONGEST_LINE = 1024**2
_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def open_regular(file: DataFile) -> BinaryIO:
    """Return a file opened for reading.

    Raises:
        DataError: there is none, it is a folder, a pipe or a device, or it is too large.
    """
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


def text_lines(file: DataFile, source: BinaryIO) -> Iterator[str]:
    """Yield each line as text, its end included.

    Raises:
        DataError: a line cannot be read, is not UTF-8, holds a NUL or is too long.
    """
    for number, raw in enumerate(_raw_lines(file, source), start=1):
        if number == 1 and raw.startswith(_WIDE_MARKS):
            raise refused(file, "is UTF-16, not UTF-8", line=number, hint=_SAVE)
        line = raw.removeprefix(_MARK) if number == 1 else raw
        if len(raw) > _LONGEST_LINE:
            raise refused(file, "the line is longer than 1 MiB", line=number)
        if b"\0" in line:
            raise refused(
                file, "the line holds a NUL byte, so it is no text", line=number, hint=_SAVE
            )
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            what = f"byte {error.start + 1} of the line is not UTF-8"
            raise refused(file, what, line=number, hint=_SAVE) from error


def _raw_lines(file: DataFile, source: BinaryIO) -> Iterator[bytes]:
    try:
        yield from iter(lambda: source.readline(_LONGEST_LINE + 1), b"")
    except OSError as error:
        raise _unreadable(file, error) from error


_SAVE = "save the file as UTF-8; a spreadsheet calls it 'CSV UTF-8'"


def _unreadable(file: DataFile, error: OSError | ValueError) -> DataError:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return DataError(
        f"{file.path!r} cannot be read: {reason[:1].lower()}{reason[1:]}",
        where=file.place,
        hint="correct the path, which counts from the folder of the benchmark file",
    )

"""The lines of a text file: UTF-8 with or without a byte-order mark, or the encoding it names."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from metabench.tasks.reading.refusal import because, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metabench.api.task import DataFile
    from metabench.tasks.reading.content import Content

__all__ = ["LONGEST_LINE", "is_utf8", "text_lines"]

LONGEST_LINE = 16 * 1024**2
"""Bytes of a line, at most."""

_CHUNK = 1024**2
_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LIMIT = f"the line is longer than {LONGEST_LINE // 1024**2} MiB"
_SAVE = (
    'name its encoding, such as encoding = "cp1252", or save the file as UTF-8; a spreadsheet calls'
    " it 'CSV UTF-8'"
)


def text_lines(file: DataFile, content: Content) -> Iterator[str]:
    """Yield each line as text, its end included.

    Raises:
        DataError: a line cannot be read, is not of the encoding, holds a NUL or is too long.
    """
    read = _utf8_lines if is_utf8(file.encoding) else _other_lines
    return read(file, content)


def is_utf8(encoding: str | None) -> bool:
    """Return whether an encoding is UTF-8, with or without a byte-order mark."""
    return encoding is None or codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}


def _utf8_lines(file: DataFile, content: Content) -> Iterator[str]:
    raw_lines = iter(lambda: content.readline(LONGEST_LINE + 1), b"")
    for number, raw in enumerate(raw_lines, start=1):
        if number == 1 and raw.startswith(_WIDE_MARKS):
            raise refused(
                file, "is UTF-16, not UTF-8", line=number, hint=_SAVE.replace("cp1252", "utf-16")
            )
        line = raw.removeprefix(_MARK) if number == 1 else raw
        if len(raw) > LONGEST_LINE:
            raise refused(file, _LIMIT, line=number)
        if b"\0" in line:
            raise refused(
                file, "the line holds a NUL byte, so it is no text", line=number, hint=_SAVE
            )
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            what = f"byte {error.start + 1} of the line is not UTF-8"
            raise refused(file, what, line=number, hint=_SAVE) from error


def _other_lines(file: DataFile, content: Content) -> Iterator[str]:
    """Yield lines of another encoding; they are parted after decoding, as UTF-16 needs it."""
    decoder = codecs.getincrementaldecoder(file.encoding or "utf-8")()
    number, rest, last = 1, "", False
    while not last:
        data = content.read(_CHUNK)
        last = not data
        try:
            rest += decoder.decode(data, final=last)
        except UnicodeError as error:
            what = f"is not {file.encoding}{because(file, error)}"
            raise refused(file, what, line=number) from error
        *lines, rest = rest.removeprefix("\ufeff" if number == 1 else "").split("\n")
        for line in [f"{line}\n" for line in lines] + [rest] * (last and bool(rest)):
            if "\0" in line:
                what = f"the line holds a NUL character, so it is not {file.encoding}"
                raise refused(file, what, line=number, hint=_SAVE.replace("cp1252", "utf-16"))
            yield line
            number += 1
        if len(rest) > LONGEST_LINE:
            raise refused(file, _LIMIT, line=number)

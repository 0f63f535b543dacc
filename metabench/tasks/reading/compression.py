"""Compressed files as the bytes that they hold, known by their first bytes, never by their name."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast, final

from typing_extensions import override

from metabench.tasks.reading.refusal import because, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metabench.api.task import DataFile

__all__ = ["DAMAGED", "decompressed"]

DAMAGED: Final = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile)
"""Exceptions of damaged compressed files, besides OSError and ValueError."""

_POINTER = b"version https://git-lfs.github.com/spec/"
_CHUNK = 1024**2
_SAVE = "save its rows as 'CSV UTF-8' and name that file"
_XZ_MEMORY = 256 * 1024**2
"""Bytes that decoding may take; the strongest preset of xz takes 65 million."""


def decompressed(file: DataFile, source: BinaryIO) -> BinaryIO:
    """Return the decompressed stream of an open file: the file itself if it is not compressed.

    Raises:
        DataError: it is a Git LFS pointer, a spreadsheet, or an archive that is encrypted or does
            not hold exactly one file.
    """
    start = source.read(len(_POINTER))
    source.seek(0)
    if start == _POINTER:
        raise refused(file, "is a Git LFS pointer, not the data", hint="run `git lfs pull` there")
    if start.startswith(b"PK\x03\x04"):
        return _only_member(file, source)
    open_ = next((open_ for magic, open_ in _OPENERS.items() if start.startswith(magic)), None)
    return source if open_ is None else open_(source)


def _only_member(file: DataFile, source: BinaryIO) -> BinaryIO:
    try:
        archive = zipfile.ZipFile(source)
        names = [entry.filename for entry in archive.infolist() if _is_data(entry)]
        if "[Content_Types].xml" in names or "mimetype" in names:
            raise refused(file, "is a spreadsheet, whatever its name", hint=_SAVE)
        if len(names) != 1:
            raise refused(
                file,
                f"the archive holds {len(names)} files, not one",
                hint="unpack it and name the files",
            )
        return cast("BinaryIO", archive.open(names[0]))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise refused(file, f"is no archive that can be read{because(file, error)}") from error


def _is_data(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename
    return not (entry.is_dir() or name.startswith("__MACOSX/") or name.endswith(".DS_Store"))


def _zstd(source: BinaryIO) -> BinaryIO:
    import pyarrow as pa  # noqa: PLC0415  (only zstd needs it)

    return cast("BinaryIO", io.BufferedReader(_Frames(pa.CompressedInputStream(source, "zstd"))))


class _Raw(io.RawIOBase):
    """A stream of bytes as Python knows streams."""

    @override
    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from the stream."""
        data = self._bytes(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _bytes(self, most: int) -> bytes:
        raise NotImplementedError


@final
class _Frames(_Raw):
    """The content of Arrow's stream of zstd frames."""

    def __init__(self, source: Any) -> None:
        self._source = source

    @override
    def _bytes(self, most: int) -> bytes:
        data: bytes = self._source.read(most)
        return data


@final
class _Xz(_Raw):
    """The content of xz streams, in bounded memory, which the library's own file does not offer."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._decoder = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    @override
    def _bytes(self, most: int) -> bytes:
        data = b""
        while not data:
            if self._decoder.eof:
                rest = self._decoder.unused_data or self._source.read(_CHUNK)
                if not rest.strip(b"\0"):
                    return b""
                self._decoder = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
                data = self._decoder.decompress(rest, most)
                continue
            more = self._source.read(_CHUNK) if self._decoder.needs_input else b""
            if not more and self._decoder.needs_input:
                raise EOFError("it ends too early")
            data = self._decoder.decompress(more, most)
        return data


_OPENERS: Final[Mapping[bytes, Callable[[BinaryIO], BinaryIO]]] = {
    b"\x1f\x8b": lambda source: cast("BinaryIO", gzip.GzipFile(fileobj=source)),
    b"\xfd7zXZ\x00": lambda source: cast("BinaryIO", io.BufferedReader(_Xz(source))),
    b"\x28\xb5\x2f\xfd": _zstd,
    **{
        b"BZh%d1AY&SY" % level: lambda source: cast("BinaryIO", bz2.BZ2File(source))
        for level in range(1, 10)
    },
}

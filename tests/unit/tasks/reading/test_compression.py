"""What a compressed file holds, in one piece or in several, and what is no such file."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import pyarrow as pa
import pytest

from metabench.api.task import DataFile
from metabench.errors import DataError
from metabench.tasks.reading import compression
from metabench.tasks.reading.compression import DAMAGED, decompressed

FILE = DataFile(path="rows", format="csv")
DATA = bytes(range(256)) * 40
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 12\n"


def read(data, size=-1):
    source = decompressed(FILE, io.BytesIO(data))
    parts = list(iter(lambda: source.read(size), b""))
    return b"".join(parts)


def zipped(**members):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return sink.getvalue()


def zstd(data):
    return pa.compress(data, codec="zstd", asbytes=True)


@pytest.fixture(params=[5, 2**20])
def _chunk(request, monkeypatch):
    monkeypatch.setattr(compression, "_CHUNK", request.param)


@pytest.mark.usefixtures("_chunk")
@pytest.mark.parametrize("size", [-1, 1000])
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize(
    "pack",
    [
        bytes, gzip.compress, lzma.compress, zstd,
        *(lambda data, level=level: bz2.compress(data, level) for level in (1, 9)),
    ],
    ids=["none", "gzip", "xz", "zstd", "bzip2 1", "bzip2 9"],
)  # fmt: skip
def test_all_pieces_are_read_whatever_is_asked_for_at_a_time(pack, parts, size):
    whole = b"".join(pack(DATA) for _ in range(parts))

    assert read(whole, size) == DATA * parts


@pytest.mark.usefixtures("_chunk")
@pytest.mark.parametrize("zeros", [0, 4, 4000])
def test_zeros_may_follow_a_stream_of_xz(zeros):
    assert read(lzma.compress(DATA) + bytes(zeros)) == DATA
    assert read(lzma.compress(b"a") + lzma.compress(b"b") + bytes(zeros)) == b"ab"


@pytest.mark.usefixtures("_chunk")
@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_stream_of_xz_that_ends_early_is_damaged(cut):
    with pytest.raises(EOFError, match="it ends too early"):
        read(lzma.compress(DATA)[:-cut])


def test_what_follows_a_stream_of_xz_and_is_none_is_damaged():
    with pytest.raises(DAMAGED, match=r"ends too early|not supported"):
        read(lzma.compress(DATA) + b"more")


def test_the_one_file_of_an_archive_is_read_without_what_a_mac_adds():
    assert read(zipped(rows=DATA)) == DATA
    folder = io.BytesIO()
    with zipfile.ZipFile(folder, "w") as archive:
        for name in ("__MACOSX/._rows", "deep/", "deep/.DS_Store"):
            archive.writestr(name, b"x" * (not name.endswith("/")))
        archive.writestr("deep/rows", DATA)
    assert read(folder.getvalue()) == DATA


@pytest.mark.parametrize(
    ("data", "problem", "hint"),
    [
        (zipped(), None, None),
        (
            zipped(a=b"", b=b""),
            "the archive holds 2 files, not one",
            "unpack it and name the files",
        ),
        (zipped(mimetype=b"", b=b""), "is a spreadsheet, whatever its name", "save its rows as"),
        (POINTER, "is a Git LFS pointer, not the data", "run `git lfs pull` there"),
        (zipped(a=DATA)[:60], "is no archive that can be read: ", ""),
    ],
    ids=["empty", "two files", "spreadsheet", "pointer", "cut"],  # an archive holds the time
)
def test_what_is_no_file_of_rows_is_named(data, problem, hint):
    if problem is None:  # an empty archive does not begin as others do
        assert read(data) == data
        return
    with pytest.raises(DataError) as caught:
        read(data)

    assert caught.value.problem.startswith(problem)
    assert caught.value.hint.startswith(hint)


def test_what_only_begins_like_a_pointer_is_data():
    assert read(POINTER[:20]) == POINTER[:20]
    assert read(b"x" + POINTER) == b"x" + POINTER

"""Lines of text: in every encoding, whatever the pieces that are read, with the line of a fault."""

from __future__ import annotations

import io

import pytest

from metabench.api.task import DataFile
from metabench.errors import DataError
from metabench.tasks.reading import text
from metabench.tasks.reading.content import Content
from metabench.tasks.reading.text import is_utf8, text_lines

LINES = ["first é\n", "\n", "second 日本\r\n", "last"]


def lines_of(data, encoding=None):
    file = DataFile(path="rows.csv", format="csv", encoding=encoding)
    return list(text_lines(file, Content(file, io.BytesIO(data))))


def fault(data, encoding=None):
    with pytest.raises(DataError) as caught:
        lines_of(data, encoding)
    return caught.value.where, caught.value.problem


@pytest.fixture(params=[1, 3, 7, 2**20])
def _pieces(request, monkeypatch):
    """Let other encodings be read in pieces of so many bytes."""
    monkeypatch.setattr(text, "_CHUNK", request.param)


@pytest.mark.usefixtures("_pieces")
@pytest.mark.parametrize("encoding", [None, "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_lines_are_those_that_were_written(encoding, end):
    written = [*LINES[:-1], LINES[-1] + end]

    assert lines_of("".join(written).encode(encoding or "utf-8"), encoding) == written


@pytest.mark.usefixtures("_pieces")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_one_byte_order_mark_at_the_start_is_no_text_and_another_is(encoding):
    marked = "\ufeffa\n\ufeffb\n".encode(encoding)

    assert lines_of(marked, encoding) == ["a\n", "\ufeffb\n"]


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [(None, True), ("utf-8", True), ("UTF8", True), ("utf_8_sig", True), ("cp1252", False),
     ("utf-16", False)],
)  # fmt: skip
def test_utf_8_has_many_names(encoding, expected):
    assert is_utf8(encoding) is expected


@pytest.mark.parametrize(
    ("data", "where", "problem"),
    [
        (b"a\nb\0\n", "rows.csv:2", "the line holds a NUL byte, so it is no text"),
        (b"a\n\nb\xff\n", "rows.csv:3", "byte 2 of the line is not UTF-8"),
        (b"\xff\xfea\0", "rows.csv:1", "is UTF-16, not UTF-8"),
        (b"\xfe\xff\0a", "rows.csv:1", "is UTF-16, not UTF-8"),
    ],
)
def test_what_is_no_utf_8_is_named_with_its_line(data, where, problem):
    assert fault(data) == (where, problem)


def test_a_mark_of_utf_16_after_the_first_line_is_a_byte_that_is_not_utf_8():
    assert fault(b"a\n\xff\xfe\n") == ("rows.csv:2", "byte 1 of the line is not UTF-8")


@pytest.mark.usefixtures("_pieces")
def test_a_nul_of_another_encoding_is_named_with_its_line():
    data = "a\nb\nc\0\n".encode("cp1252")

    assert fault(data, "cp1252") == (
        "rows.csv:3", "the line holds a NUL character, so it is not cp1252",
    )  # fmt: skip


@pytest.mark.parametrize("encoding", [None, "cp1252"])
def test_a_line_may_have_so_many_bytes_and_no_more(monkeypatch, encoding):
    monkeypatch.setattr(text, "LONGEST_LINE", 8)
    monkeypatch.setattr(text, "_CHUNK", 4)

    assert lines_of(b"a\n1234567\nb", encoding) == ["a\n", "1234567\n", "b"]
    where, problem = fault(b"a\n" + b"1" * 20 + b"\nb", encoding)
    assert where == "rows.csv:2"
    assert problem.startswith("the line is longer than")

"""CSV and TSV: fields and lines as they were written, by whole columns as row by row."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metabench.api.task import DataFile
from metabench.errors import DataError
from metabench.tasks.reading import regular
from metabench.tasks.reading.columns import Irregular
from metabench.tasks.reading.content import Content
from metabench.tasks.reading.flaw import Flaw
from metabench.tasks.reading.records import records
from metabench.tasks.reading.regular import separated_columns
from metabench.tasks.reading.separated import header_of

WANTED = ("text", "label")
fields = st.text(st.sampled_from('a",;|\t\n é\u2028'), max_size=6)
examples = st.lists(st.tuples(fields, fields, fields), min_size=1, max_size=6)


def file_of(form="csv", **settings):
    return DataFile(path=f"rows.{form}", format=form, **settings)


def one_by_one(data, file=None):
    file = file or file_of()
    return list(records(file, Content(file, io.BytesIO(data)), WANTED))


def by_columns(data, file=None):
    columns = separated_columns(file or file_of(), data, WANTED)
    parts = [[part.to_pylist() for part in batch] for batch in columns.batches]
    found = [row for batch in parts for row in zip(*batch, strict=True)]
    return list(zip(columns.lines(len(found)), found, strict=True))


@settings(max_examples=150, deadline=None)
@given(examples, st.sampled_from(["\n", "\r\n"]), st.sampled_from(",;|\t"), st.booleans(),
       st.integers(0, 2), st.sampled_from([1, 3, 2**18]))  # fmt: skip
def test_what_was_written_is_read_in_both_ways_with_its_lines(
    rows, end, delimiter, quote_all, blank, block
):
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, delimiter=delimiter, lineterminator=end,
                        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL)  # fmt: skip
    sink.write(end * blank)
    writer.writerow(["other", "label", "text"])
    expected = []
    for other, label, text in rows:
        sink.write(end * (len(expected) % 2 * blank))
        expected.append((1 + sink.getvalue().count("\n"), (text, label)))
        writer.writerow([f"x{other}", label, text])
    data = sink.getvalue().encode()
    file, before = file_of(delimiter=delimiter), regular._BLOCK
    regular._BLOCK = block
    try:
        fast = by_columns(data, file)
    finally:
        regular._BLOCK = before

    assert one_by_one(data, file) == expected
    assert fast == expected


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_quotation_mark_in_tsv_is_a_letter_in_both_ways(end):
    data = f'text\tlabel\n"a\tno\nb"b\tyes{end}'.encode()
    expected = [(2, ('"a', "no")), (3, ('b"b', "yes"))]

    assert one_by_one(data, file_of("tsv")) == by_columns(data, file_of("tsv")) == expected


@pytest.mark.parametrize(
    "rows",
    [
        'x"a",no\n', '"a"x,no\n', '"a" ,no\n', ' "a",no\n', '"a,no\n', '"a",no"\n', 'a""b,no\n',
        "a,no\rb,no\n", "a,no\r", "a,no\r\r\n", "a\0,no\n", "\ufeffa,no\n", "a,no,\n", "a\n",
    ],
)  # fmt: skip
def test_what_is_not_regular_is_left_to_the_reader_of_rows(rows):
    with pytest.raises(Exception) as caught:  # noqa: PT011  (Irregular, or pyarrow's own)
        by_columns(b"text,label\n" + rows.encode())

    assert isinstance(caught.value, Irregular | ValueError)


@pytest.mark.parametrize(
    "data", [b"text,label", b"text,label\n", b"text,label,\na,no,\n", b"text,label, \na,no,\n"]
)
def test_a_header_alone_or_with_an_empty_end_is_left_to_the_reader_of_rows(data):
    with pytest.raises(Irregular):
        by_columns(data)


@pytest.mark.parametrize("settings", [{"delimiter": "^"}, {"encoding": "cp1252"}])
def test_other_dialects_are_left_to_the_reader_of_rows(settings):
    with pytest.raises(Irregular):
        by_columns(b"text,label\na,no\n", file_of(**settings))


def test_bytes_that_are_no_text_are_never_read_by_columns():
    with pytest.raises(ValueError, match="UTF"):
        by_columns(b"text,label\n\xe9,no\n")
    assert by_columns("text,label\né,no\n".encode()) == [(2, ("é", "no"))]


def test_empty_columns_at_the_end_are_none_and_other_widths_are_flaws():
    data = b"text,label,, \na,no,,\nb,no\nc,no,,,\nd,no,x\n,,\n,,,\ne\n"

    assert one_by_one(data) == [
        (2, ("a", "no")), (3, ("b", "no")), (4, ("c", "no")),
        (5, Flaw("holds 3 fields, the first line names 2")), (8, Flaw(
            "holds 1 fields, the first line names 2")),
    ]  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"\n\n", b" , \na,no\n", b",\n"])
def test_without_names_there_are_no_rows(data):
    assert one_by_one(data) == []


@pytest.mark.parametrize(
    ("data", "line", "problem"),
    [
        (b'text,label\na,no\n"b,no\n', 3, "a quotation mark is not closed"),
        (b'text,label\n\n"a"b,no\n', 3, "a quotation mark within a field is not doubled"),
        (b"text,label\na,no\rb,no\n", 2, "a carriage return is within a field"),
    ],
)
def test_what_is_no_csv_is_refused_with_its_line(data, line, problem):
    with pytest.raises(DataError) as caught:
        one_by_one(data)

    assert caught.value.where == f"rows.csv:{line}"
    assert caught.value.problem.startswith(problem)


def test_a_field_may_be_as_long_as_a_line_and_the_process_keeps_its_limit(monkeypatch):
    before = csv.field_size_limit()
    long = b"x" * (before + 1)

    assert one_by_one(b"text,label\n" + long + b",no\n") == [(2, (long.decode(), "no"))]
    assert csv.field_size_limit() == before
    monkeypatch.setattr("metabench.tasks.reading.separated.LONGEST_LINE", 9)
    with pytest.raises(DataError, match="a field has no end for 16 MiB"):
        one_by_one(b'text,label\n"0123456789",no\n')


def test_a_header_is_the_first_line_that_is_not_blank_with_the_lines_up_to_it():
    def header(data):
        return header_of(file_of(), Content(file_of(), io.BytesIO(data)))

    assert header(b"\n\ntext,label\na,no\n") == (3, ["text", "label"], 3)
    assert header(b'text,"la\nbel"\na,no\n') == (1, ["text", "la\nbel"], 2)
    assert header(b"") == (0, [""], 0)

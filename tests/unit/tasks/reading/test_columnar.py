"""Rows, columns and class names of Parquet and Arrow."""

from __future__ import annotations

import io
import json
from itertools import chain

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.api.task import DataFile
from metabench.errors import DataError
from metabench.tasks.reading.columnar import (
    arrow_batches,
    arrow_columns,
    class_names,
    declared_names,
)
from metabench.tasks.reading.columns import Columns, Irregular, holds_nul, is_float, is_text
from metabench.tasks.reading.content import Content
from metabench.tasks.reading.records import records


def features(**kinds):
    return {b"huggingface": json.dumps({"info": {"features": kinds}}).encode()}


def classes(*names, kind="ClassLabel"):
    return {"names": list(names), "_type": kind}


def data_of(table, form, *, rows=1000):
    sink = io.BytesIO()
    if form == "parquet":
        pq.write_table(table, sink, row_group_size=rows)
        return sink.getvalue()
    new = pa.ipc.new_file if form == "file" else pa.ipc.new_stream
    with new(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue()


def file_of(form, path="rows"):
    return DataFile(path=str(path), format="parquet" if form == "parquet" else "arrow")


def rows_of(table, form, wanted, *, rows=1000):
    file = file_of(form)
    return list(records(file, Content(file, io.BytesIO(data_of(table, form, rows=rows))), wanted))


TABLE = pa.table({"label": [1, 0, None], "text": ["a", None, "c"], "d": [
    {"x": [{"y": "u"}]}, {"x": []}, None]})  # fmt: skip
FORMS = ["parquet", "file", "stream"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rows", [1, 2, 1000])
def test_rows_are_numbered_over_all_batches_and_nested_ones_are_led_into(form, rows):
    assert rows_of(TABLE, form, ("text", "d.x.0.y", "label"), rows=rows) == [
        (1, ("a", "u", 1)), (2, (None, None, 0)), (3, ("c", None, None)),
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_declared_classes_take_the_place_of_their_numbers(form):
    table = TABLE.replace_schema_metadata(features(label=classes("no", "yes")))

    assert rows_of(table, form, ("text", "label")) == [
        (1, ("a", "yes")), (2, (None, "no")), (3, ("c", None)),
    ]  # fmt: skip
    columns = arrow_columns(file_of(form), data_of(table, form, rows=2), ("text", "label"))
    assert columns.names == ("no", "yes")
    batches = [[part.to_pylist() for part in batch] for batch in columns.batches]
    assert [list(chain(*(batch[at] for batch in batches))) for at in (0, 1)] == [
        ["a", None, "c"], [1, 0, None],
    ]  # fmt: skip
    assert list(columns.lines(3)) == [1, 2, 3]


@pytest.mark.parametrize("form", FORMS)
def test_a_column_whose_name_has_a_dot_is_itself_and_nested_ones_are_irregular(form):
    table = pa.table({"d.x": ["own"], "d": [{"x": "inner"}], "label": [0]})

    assert rows_of(table, form, ("d.x", "label")) == [(1, ("own", 0))]
    nested = pa.table({"a.b": [{"c": "inner"}], "a": [{"b": {"c": "other"}}], "label": [0]})
    assert rows_of(nested, form, ("a.b.c", "label")) == [(1, ("inner", 0))]
    with pytest.raises(Irregular):
        arrow_columns(file_of(form), data_of(nested, form), ("a.b.c", "label"))
    with pytest.raises(DataError, match="no column 'text'; there are"):
        rows_of(nested, form, ("text", "label"))


@pytest.mark.parametrize(
    ("metadata", "column", "expected"),
    [
        (features(label=classes("no", "yes")), "label", ("no", "yes")),
        (features(a={"b": classes("no", "yes")}), "a.b", ("no", "yes")),
        (features(label=classes("no", "yes")), "other", ()),
        (features(label=classes("no", "yes", kind="Value")), "label", ()),
        (features(label=classes("no", "no")), "label", ()),
        (features(label=classes("no", 1)), "label", ()),
        (features(label={"names": "no", "_type": "ClassLabel"}), "label", ()),
        (features(label={"_type": "ClassLabel"}), "label", ()),
        (features(label=["no"]), "label", ()),
        ({b"huggingface": b"{"}, "label", ()),
        ({b"huggingface": b"[" * 100_000}, "label", ()),
        ({}, "label", ()),
        (None, "label", ()),
    ],
)
def test_classes_are_those_that_a_schema_declares_once_each(metadata, column, expected):
    assert class_names(metadata, column) == expected


@pytest.mark.parametrize("form", FORMS)
def test_declared_names_are_read_from_a_file(tmp_path, form):
    path = tmp_path / f"{form}.rows"
    table = TABLE.replace_schema_metadata(features(label=classes("no", "yes")))
    path.write_bytes(data_of(table, form))

    assert declared_names(file_of(form, path), "label") == ("no", "yes")
    assert declared_names(file_of(form, path), "text") == ()
    assert declared_names(DataFile(path=str(path), format="csv"), "label") == ()


@pytest.mark.parametrize(("form", "name"), [("parquet", "Parquet"), ("file", "Arrow")])
def test_a_damaged_file_is_called_by_its_format(tmp_path, form, name):
    path = tmp_path / "rows"
    path.write_bytes(data_of(TABLE, form)[:40])
    file = file_of(form, path)

    with pytest.raises(DataError, match=f"is not readable as {name}: "):
        declared_names(file, "label")
    with pytest.raises(DataError, match=f"(?i)not readable as {name}: "):
        list(records(file, Content(file, io.BytesIO(path.read_bytes())), ("text", "label")))


@pytest.mark.parametrize("form", ["file", "stream"])
def test_batches_of_arrow_are_all_of_them(form):
    found = [batch.num_rows for batch in arrow_batches(data_of(TABLE, form, rows=2))]

    assert found == [2, 1]


def test_kinds_of_columns_are_told_apart():
    kinds = [pa.string(), pa.large_string(), pa.binary(), pa.int64(), pa.float32(), pa.float64()]

    assert [is_text(kind) for kind in kinds] == [True, True, False, False, False, False]
    assert [is_float(kind) for kind in kinds] == [False, False, False, False, True, True]
    assert list(Columns(()).lines(3)) == [1, 2, 3]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_nul_counts_in_the_texts_of_a_slice_alone(kind):
    whole = pa.array(["a\0", "b", "", "c", "\0"], kind)

    assert [holds_nul(whole[start:end]) for start, end in [(0, 5), (0, 1), (1, 4), (3, 5)]] == [
        True, True, False, True,
    ]  # fmt: skip
    assert not holds_nul(pa.array([], kind))
    assert not holds_nul(pa.array(["", ""], kind))

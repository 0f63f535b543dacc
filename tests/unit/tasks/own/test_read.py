"""Rows read by whole columns are those read one by one, with their lines; the rest is left."""

from __future__ import annotations

import hashlib
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.api.task import DataFile
from metabench.errors import DataError
from metabench.tasks.own.read import rows_by_columns, rows_one_by_one
from metabench.tasks.own.rows import ReadRules

RULES = ReadRules(text=("text",), label="label")
PIECES = ["word", "é", "日本", ",", ";", "\t", '""', "\r\n", "\n", " ", "\u2028", "0"]


def both(path, content, form="csv", rules=RULES, **settings):
    """Return the rows by columns, and those one by one."""
    path.write_bytes(content)
    file = DataFile(path=str(path), format=form, **settings)
    sha256 = hashlib.sha256(content).hexdigest()
    return rows_by_columns(file, rules, sha256), rows_one_by_one(file, rules, sha256)


def parts(rows):
    return rows.texts, rows.labels, list(rows.lines), rows.unlabelled, rows.spellings


def random_csv(draw):
    end = draw.choice(["\n", "\r\n"])
    lines = ["text,other,label"] + [""] * draw.randint(0, 1)
    for _ in range(draw.randint(1, 12)):
        text = "".join(draw.choices(PIECES, k=draw.randint(0, 5)))
        label = draw.choice(["no", "yes", "1", "-1", "", "e\u0301", "é"])
        lines += [f'"a{text}",{draw.choice(["", "b"])},{label}'] + [""] * (draw.random() < 0.1)
    mark = draw.choice(["", "\ufeff"])
    return (mark + end.join(lines) + draw.choice(["", end])).encode()


@pytest.mark.parametrize("seed", range(60))
def test_rows_by_columns_are_those_one_by_one(tmp_path, seed):
    fast, slow = both(tmp_path / "rows.csv", random_csv(random.Random(seed)))  # noqa: S311

    assert fast is not None
    assert parts(fast) == parts(slow)


@pytest.mark.parametrize("field", ['tw"o"', '"two" more', 'tw""o'])
def test_a_quotation_mark_inside_a_field_is_left_to_the_reader_of_rows(tmp_path, field):
    content = f'text,label\n"one",yes\n{field},no\n"three",yes\n'.encode()
    (tmp_path / "rows.csv").write_bytes(content)
    file = DataFile(path=str(tmp_path / "rows.csv"), format="csv")

    assert rows_by_columns(file, RULES, hashlib.sha256(content).hexdigest()) is None


@pytest.mark.parametrize("texts", [["one", None], [1, 2], [0.5, None]])
def test_texts_of_parquet_that_are_not_all_texts_are_left_to_the_reader_of_rows(tmp_path, texts):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": texts, "label": ["no", "yes"]}), path)
    file = DataFile(path=str(path), format="parquet")

    assert rows_by_columns(file, RULES, hashlib.sha256(path.read_bytes()).hexdigest()) is None


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_row_is_known_by_the_first_of_its_lines(tmp_path, end):
    lines = ["", '"text",label', "", '"two', 'lines",no', "", "one,yes"]
    fast, _ = both(tmp_path / "rows.csv", end.join(lines).encode())

    assert list(fast.lines) == [4, 7]
    assert fast.texts == ([f"two{end}lines", "one"],)


@pytest.mark.parametrize(
    "rows",
    [
        b'5" pipe,no\n',  # a quotation mark is a letter in CSV and in our rows
        b'"a" b,no\n',
        b'"open,no\n',
        b"a,no\rb,no\r",
        b"a,no\r\r\n",
        b"a\0,no\n",
        b"\xff,no\n",
        b"a,no,\n",
        b"a\n",
        b" ,no\n",
        b'"",no\n',
    ],
)
def test_what_has_two_meanings_or_none_is_left_to_the_reader_of_rows(tmp_path, rows):
    content = b"text,label\nfirst,no\n" + rows
    try:
        fast, _ = both(tmp_path / "rows.csv", content)
    except DataError:  # the rows one by one name what is wrong
        file = DataFile(path=str(tmp_path / "rows.csv"), format="csv")
        fast = rows_by_columns(file, RULES, hashlib.sha256(content).hexdigest())

    assert fast is None


LABELS = {
    "texts": pa.array(["no", None, "yes", "", "e\u0301"]),
    "integers": pa.array([0, 1, None, -1, 10**17]),
    "reals": pa.array([0.0, 1.0, float("nan"), -0.0, None]),
    "truth": pa.array([True, False, None, True, False]),
    "categories": pa.DictionaryArray.from_arrays(pa.array([0, 2, None, 0, 2]), ["no", "", "yes"]),
}


@pytest.mark.parametrize(
    ("kind", "numbers"), [*((kind, False) for kind in LABELS), ("integers", True), ("reals", True)]
)
@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_labels_of_every_type_are_those_one_by_one(tmp_path, form, kind, numbers):
    table = pa.table({"label": LABELS[kind], "text": ["a", "é", "b c", "d", "e"]})
    sink = pa.BufferOutputStream()
    if form == "parquet":
        pq.write_table(table, sink)
    else:
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    rules = ReadRules(text=("text",), label="label", numbers=numbers)
    fast, slow = both(tmp_path / "rows", sink.getvalue().to_pybytes(), form, rules)

    assert fast is not None
    assert parts(fast) == parts(slow)
    assert list(map(repr, fast.labels)) == list(map(repr, slow.labels))


def test_an_arrow_file_whose_texts_lie_elsewhere_is_refused(tmp_path):
    sink = pa.BufferOutputStream()
    table = pa.table({"text": ["a", "b"], "label": ["no", "yes"]})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    whole = sink.getvalue().to_pybytes()
    ends = b"".join(end.to_bytes(4, "little") for end in (0, 1, 2))
    far = ends[:4] + (2**30).to_bytes(4, "little") + ends[8:]
    assert whole.count(ends) == 1

    with pytest.raises(DataError, match="is not readable as Arrow"):
        both(tmp_path / "rows.arrow", whole.replace(ends, far), "arrow")

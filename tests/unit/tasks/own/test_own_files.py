"""Rows come as they stand in a file of whatever format; what is wrong is named by its line."""

from __future__ import annotations

import os
import re
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.errors import DataError
from metabench.tasks.own.splits import own_rows
from metabench.tasks.reading import content, records

ROWS = ["a film", 'a "fine", long\nplay', "ein Café"]
LABELS = ["no", "yes", "yes"]
CSV = 'id,sentence,label\n1,a film,no\n2,"a ""fine"", long\nplay",yes\n3,ein Café,yes\n'
TSV = 'id\tsentence\tlabel\n1\ta film\tno\n2\ta "fine" play\tyes\n'
JSONL = '{"label": "no", "sentence": "a film"}\n\n{"sentence": "ein Caf\\u00e9", "label": "yes"}\n'


@pytest.mark.parametrize(
    "content",
    [
        CSV,
        b"\xef\xbb\xbf" + CSV.encode(),
        CSV.replace("\n1", "\r\n1").replace("no\n", "no\r\n").replace("yes\n", "yes\r\n"),
        CSV.replace("\n1", "\n\n1") + "\n\n",
        CSV.rstrip("\n"),
    ],
    ids=["plain", "byte-order mark", "CRLF", "blank lines", "no last line end"],
)
def test_csv_rows_come_as_they_stand_there(card, write, content):
    rows = own_rows(card(write(content)), "train")

    assert rows.texts == (ROWS,)
    assert rows.labels == LABELS


def test_a_quotation_mark_in_tsv_is_a_letter(card, write):
    rows = own_rows(card(write(TSV, "rows.tsv")), "train")

    assert rows.texts == (["a film", 'a "fine" play'],)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json"])
def test_json_lines_come_in_any_order_of_keys(card, write, name):
    rows = own_rows(card(write(JSONL, name)), "train")

    assert rows.texts == (["a film", "ein Café"],)
    assert rows.lines == [1, 3]


def test_parquet_rows_come_in_any_order_of_columns(card, tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"label": LABELS, "more": [1, 2, 3], "sentence": ROWS}), path)

    assert own_rows(card(path), "train").texts == (ROWS,)


def test_labels_that_are_whole_numbers_or_truth_values_are_written_out(card, write):
    text = '{"sentence": "a", "label": 0}\n{"sentence": "b", "label": 1}\n'
    truth = text.replace(": 0", ": false").replace(": 1", ": true")

    assert own_rows(card(write(text, "a.jsonl"), labels=("0", "1")), "train").labels == ["0", "1"]
    named = card(write(truth, "b.jsonl"), labels=("false", "true"))
    assert own_rows(named, "train").labels == ["false", "true"]


def test_numbers_of_a_regression_are_read_from_text_and_from_numbers(card, write):
    csv = write("sentence,label\na,1\nb,-.5\nc,2e-1\n")
    jsonl = write('{"sentence": "a", "label": 1}\n{"sentence": "b", "label": "-0.5"}\n', "r.jsonl")

    assert own_rows(card(csv, labels=()), "train").labels == [1.0, -0.5, 0.2]
    assert own_rows(card(jsonl, labels=()), "train").labels == [1.0, -0.5]


@pytest.mark.parametrize("label", ["0.\x1c", "\x1f7\x1d"])
def test_a_number_may_stand_between_blanks_of_any_kind(card, write, label):
    file = write(f"sentence,label\na,{label}\nb,1\n")

    assert own_rows(card(file, labels=()), "train").labels == [float(label.strip()), 1.0]


def test_a_hundred_thousand_digits_are_refused_at_once(card, write):
    file = write(f"sentence,label\na,{'9' * 100_000}x\nb,1\n")
    started = time.process_time()

    with pytest.raises(DataError, match="is not a finite number"):
        own_rows(card(file, labels=()), "train")
    assert time.process_time() - started < 0.5


HEAD = "sentence,label\n"
GOOD = HEAD + "a,no\nb,yes\n"
UNCLOSED = '"' + f"{'c' * 1023}\n" * 17_000


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("text,lable\na,no\n", r"rows.csv:1: no column 'sentence'; there are 'text', 'lable'$"),
        ("sentence,lable\na,no\n", r":1: no column 'label'; .* did you mean 'lable'\?$"),
        ("\nsentence,text\na,no\n", r"rows.csv:2: no column 'label'"),
        ("sentence,label,label\na,no,no\n", r"rows.csv:1: two columns are called 'label'$"),
        (GOOD + "c,yse\n", r"rows.csv:4: unknown label 'yse'; there are 'no', 'yes'; did you mean"),
        (GOOD + "c, yes\n", r"rows.csv:4: unknown label ' yes'; .* did you mean 'yes'\?$"),
        (GOOD + "c,\n", r"rows.csv:4: the label is empty$"),
        (GOOD + ",no\n", r"rows.csv:4: the text in column 'sentence' is empty$"),
        (GOOD + "  ,no\n", r"rows.csv:4: the text in column 'sentence' is empty$"),
        (GOOD + "c,d,no\n", r"rows.csv:4: holds 3 fields, the first line names 2$"),
        (GOOD + "c\n", r"rows.csv:4: holds 1 fields, the first line names 2$"),
        (GOOD + '"c,no\nd,no\n', r"rows.csv:4: a quotation mark is not closed$"),
        (GOOD + '"c"d,no\n', r"rows.csv:4: a quotation mark within a field is not doubled$"),
        (GOOD + "c\rd,no\n", r"rows.csv:4: a carriage return is within a field without"),
        (
            GOOD + '"' + f"{'c' * 1023}\n" * 17_000,
            r"rows.csv:4: a field has no end for 16 MiB: is a quot",
        ),
        (GOOD + "c" * 2**24 + ",no\n", r"rows.csv:4: the line is longer than 16 MiB$"),
        (GOOD + "c\0,no\n", r"rows.csv:4: the line holds a NUL byte, so it is no text$"),
        (GOOD.encode() + b"c\xff,no\n", r"rows.csv:4: byte 2 of the line is not UTF-8$"),
        (GOOD.encode("utf-16"), r"rows.csv:1: is UTF-16, not UTF-8$"),
        (b"\xfe\xff" + GOOD.encode("utf-16-be"), r"rows.csv:1: is UTF-16, not UTF-8$"),
        (GOOD.encode("utf-16-le"), r"rows.csv:1: the line holds a NUL byte, so it is no text$"),
        ("", r"rows.csv: the file has no example; at least 2 are needed$"),
        (HEAD, r"rows.csv: the file has no example; at least 2 are needed$"),
        (HEAD + "a,no\n", r"rows.csv: the file has one example; at least 2 are needed$"),
        (
            HEAD + "a,no\nb,no\n",
            r"rows.csv: every example has label 'no': there is nothing to learn$",
        ),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_one_sentence_with_its_line(card, write, content, problem):
    with pytest.raises(DataError, match=r"rows\.csv") as caught:
        own_rows(card(write(content)), "train")

    first = str(caught.value).partition("\n")[0]
    assert re.search(problem, first), first
    assert caught.value.hint
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("name", "sign", "problem", "hint"),
    [
        ("rows.csv", ";", "are separated by ';', not by commas", 'set delimiter = ";" next to'),
        ("rows.csv", "|", "are separated by '|', not by commas", 'set delimiter = "|" next to'),
        ("rows.csv", "\t", "are separated by tabs, not by commas", 'set format = "tsv" next to'),
        ("rows.tsv", ",", "are separated by commas, not by tabs", 'set format = "csv" next to'),
    ],
)
def test_columns_with_another_separator_are_known_by_their_first_line(
    card, write, name, sign, problem, hint
):
    with pytest.raises(DataError, match=re.escape(problem)) as caught:
        own_rows(card(write(GOOD.replace(",", sign), name)), "train")

    assert str(caught.value).partition(": ")[0].endswith(f"{name}:1")
    assert caught.value.hint.startswith(hint)


def test_a_file_without_a_first_line_of_names_is_told_where_they_stand(card, write):
    with pytest.raises(DataError, match="no column 'sentence'; there are 'a', 'no'") as caught:
        own_rows(card(write("a,no\nb,yes\n")), "train")

    assert "column names, from its first line" in caught.value.hint


OBJECT = '{"sentence": "a", "label": "no"}\n'


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[1]", "is not a JSON object"),
        ("{", "is not JSON: expecting property name"),
        ('{"sentence": "a", "sentence": "b", "label": "no"}', "a key appears twice"),
        ('{"text": "a", "label": "no"}', "no column 'sentence'; there are 'text', 'label'"),
        ('{"sentence": null, "label": "no"}', "the text in column 'sentence' is empty"),
        ('{"sentence": 3, "label": "no"}', "the text in column 'sentence' is no text but 3"),
        ('{"sentence": "\\ud800", "label": "no"}', "half of a character"),
        ('{"sentence": "\\u0000", "label": "no"}', "holds a NUL character"),
        ('{"sentence": "a", "label": null}', "the label is empty"),
        ('{"sentence": "a", "label": 1.5}', "label 1.5 is no text and no integer"),
        ('{"sentence": "a", "label": ["no"]}', "label .* is a list; a name such as label.0 reads"),
        ('{"sentence": "a", "label": "n\\u0007"}', "holds a control character"),
        ("[" * 100_000, "is nested too deeply|is not JSON"),
    ],
)
def test_what_is_wrong_with_a_json_line_is_one_sentence_with_its_line(card, write, line, problem):
    path = write(OBJECT + line + "\n", "rows.jsonl")

    with pytest.raises(DataError, match=rf"rows.jsonl:2: .*({problem})"):
        own_rows(card(path), "train")


@pytest.mark.parametrize(
    "label", ["", "x", "nan", "inf", "1_000", "1e39", "0x10", "--1", "1,5,2", "1" * 400]
)
def test_a_label_that_is_no_finite_number_is_named_with_its_line(card, write, label):
    path = write(f'sentence,label\na,1\nb,"{label}"\nc,2\n')

    with pytest.raises(
        DataError,
        match=r"rows.csv:3: .*label .*is (empty|not a finite)|exceeds the 32-bit",
    ):
        own_rows(card(path, labels=()), "train")


def test_a_decimal_comma_is_told_from_what_is_no_number(card, write):
    path = write('sentence,label\na,1\nb,"-2,5"\nc,2\n')

    with pytest.raises(DataError, match=r"rows.csv:3: label '-2,5' has a comma; set decimal = "):
        own_rows(card(path, labels=()), "train")


@pytest.mark.parametrize("label", ["1.234,5", "1,234.5", "1.234.567", "-1,234,567", "12 345 678"])
def test_separators_of_thousands_are_named(card, write, label):
    path = write(f'sentence,label\na,1\nb,"{label}"\nc,2\n')

    with pytest.raises(DataError, match=r"rows.csv:3: label .* has separators of thousands; write"):
        own_rows(card(path, labels=()), "train")


@pytest.mark.parametrize("label", ["true", "1e999", '"Infinity"', "1" * 400])
def test_a_json_value_that_is_no_finite_number_is_named_with_its_line(card, write, label):
    path = write(
        '{"sentence": "a", "label": 1}\n{"sentence": "b", "label": ' + f"{label}}}\n", "r.json"
    )

    with pytest.raises(DataError, match=r"r.json:2: label .* (is not a fin|exceeds the 32-)"):
        own_rows(card(path, labels=()), "train")


@pytest.mark.parametrize("split", ["train", "scored"])
def test_numbers_that_are_all_the_same_are_refused(card, write, split):
    path = write("sentence,label\na,3\nb,3.0\n")

    with pytest.raises(DataError, match=r"every example has label 3.0: there is nothing to learn"):
        own_rows(card(path, labels=()), split)


def test_one_class_alone_may_be_scored(card, write):
    train, scored = write(GOOD), write(HEAD + "a,no\nb,no\n", "dev.csv")

    assert len(own_rows(card(train, scored), "scored")) == 2


def test_the_first_three_bad_rows_are_listed_in_order_and_the_rest_is_counted(card, write):
    path = write(GOOD + "c,x\n,no\nd,yes\ne,y\nf\ng,z\nh,z\n")

    with pytest.raises(DataError, match=r"rows\.csv:4") as caught:
        own_rows(card(path), "train")

    text = str(caught.value).splitlines()
    assert [line.split(": ")[0].rpartition("/")[2] for line in text[:3]] == [
        "rows.csv:4", "rows.csv:5", "rows.csv:7",
    ]  # fmt: skip
    assert text[3].startswith("and 3 more bad rows in ")
    assert "add the label to labels next to bench.toml:9: tasks.define[0].train" in text[4]


def test_bad_rows_of_parquet_are_named_by_their_number(card, tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"sentence": ["a", None, "c"], "label": ["no", "yes", "oh"]}), path)

    with pytest.raises(
        DataError, match=r"row 2: the text .* is empty\n.*row 3: unknown label 'oh'"
    ):
        own_rows(card(path), "train")


def test_a_parquet_file_without_the_column_or_damaged_is_named(card, tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": ["a", "b"], "label": ["no", "yes"]}), path)
    with pytest.raises(DataError, match=r"rows.parquet: no column 'sentence'; there are 'text'"):
        own_rows(card(path), "train")
    path.write_bytes(path.read_bytes()[:-9])

    with pytest.raises(DataError, match=r"rows.parquet: is not readable as Parquet: "):
        own_rows(card(path), "train")


def test_a_file_that_is_missing_is_named_with_the_place_that_names_it(card, tmp_path):
    with pytest.raises(DataError, match=r"^bench.toml:9: tasks.define\[0\].train: .*no such file"):
        own_rows(card(tmp_path / "rows.csv"), "train")


def test_a_folder_a_pipe_and_a_device_are_refused_at_once(card, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path, tmp_path / "pipe.csv", "/dev/zero"):
        with pytest.raises(DataError, match="is not a regular file"):
            own_rows(card(tmp_path / path), "train")


def test_a_file_that_is_too_large_or_has_too_many_rows_is_refused(card, write, monkeypatch):
    path = write(GOOD)
    monkeypatch.setattr(records, "MOST_ROWS", 1)
    with pytest.raises(DataError, match="holds more than 1 rows"):
        own_rows(card(path), "train")
    monkeypatch.setattr(content, "LARGEST_BYTES", 5)

    with pytest.raises(DataError, match="is larger than 0 GiB"):
        own_rows(card(path), "train")

"""By which rules a column is a label, a text or a measurement, and how fields are parted."""

from __future__ import annotations

import json

import pytest

from metabench.errors import DataError
from metabench.tasks.own import guess
from metabench.tasks.own.guess import (
    Guess,
    _decimal,
    _decoded,
    _delimiter,
    _flat,
    _json_rows,
    _label,
    _last_word,
    _measures,
    _rows,
    _texts,
    guess_file,
    repeated_rows,
)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"text": "abcd", "label": "xyxy"}, "label"),
        ({"text": "abcd", "Label": "xyxy"}, "Label"),
        ({"score": "1221", "label": "xyxy"}, "label"),
        ({"data.label.0": "xyxy", "n": "aabb"}, "data.label.0"),
        ({"label": "xxxx", "gold": "xyxy"}, "gold"),
        ({"a.label": "xyxy", "b.label": "xyxy"}, "a.label"),
        ({"text": "abcd", "x": "aabb", "y2": "aaab"}, "x"),
        ({"text": "abcd", "x": "abca", "y2": "aaab"}, "y2"),
        ({"text": "abcd", "x": "aaaa"}, None),
        ({"text": "abcd", "label": "xxxx"}, "label"),
        ({"text": "abcd"}, None),
        ({"x": ["a", "", None, "b", "", ""]}, "x"),
        ({"x": ["a", "", None, float("nan"), "a", ""]}, None),
        ({}, None),
    ],
)
def test_a_label_is_called_so_or_has_the_fewest_values(columns, expected):
    assert _label({name: list(values) for name, values in columns.items()}) == expected


@pytest.mark.parametrize(
    ("distinct", "rows", "found"),
    [(50, 100, True), (50, 99, False), (51, 200, False), (2, 2, True), (3, 5, False), (3, 6, True),
     (1, 9, False)],
)  # fmt: skip
def test_classes_are_at_most_fifty_and_half_of_the_examples(distinct, rows, found):
    values = [str(row % distinct) for row in range(rows)]

    assert _label({"x": values}) == ("x" if found else None)


@pytest.mark.parametrize(
    ("name", "word"),
    [("label", "label"), ("A.Label", "label"), ("a.label.0", "label"), ("0", "0"), ("a.0.1", "a")],
)
def test_the_last_word_of_a_dotted_name_is_no_place(name, word):
    assert _last_word(name) == word


@pytest.mark.parametrize(
    ("columns", "label", "expected"),
    [
        ({"a": ["xx"], "b": ["xxx"]}, None, ["b"]),
        ({"a": ["xx"], "b": ["xxx"]}, "b", ["a"]),
        ({"a": ["xx", "xxxxx"], "b": ["xxx", "xxx"]}, None, ["a"]),
        ({"a": ["x"], "b": [123456]}, None, ["a"]),
        ({"a": ["x"], "b": []}, None, ["a"]),
        ({"b": [1]}, None, []),
        ({"Premise": ["x"], "long": ["x" * 99], "HYPOTHESIS": ["y"]}, None,
         ["Premise", "HYPOTHESIS"]),
        ({"premise": ["x"], "long": ["x" * 99]}, None, ["long"]),
    ],
)  # fmt: skip
def test_texts_are_a_known_pair_or_the_longest(columns, label, expected):
    assert _texts(columns, label) == expected


@pytest.mark.parametrize(
    ("values", "sign"),
    [(["1,5", "2"], ","), (["1,5", "2.5"], "."), (["1.5"], "."), (["a,b"], "."), (["2"], "."),
     (["1,5", "a,b"], ","), ([], ".")],
)  # fmt: skip
def test_a_comma_is_the_decimal_sign_where_it_makes_numbers_and_no_point_occurs(values, sign):
    assert _decimal(values) == sign


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (range(20), False), (range(21), True), ([*range(20), "0.0", "-0"], False),
        (range(-10, 11), True), (["0.5", "1"], False), (["0.5", "1", "2"], True),
        (["0.5", "1", "x"], False), ([], False), (["1.0", "2.0", "3.0"], False),
    ],
)  # fmt: skip
def test_measurements_are_numbers_more_or_finer_than_classes_are(values, expected):
    assert _measures([str(value) for value in values]) is expected


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("a;b\n1;2\n3;4", ",", ";"),
        ("a|b\n1|2", ",", "|"),
        ("a\tb\n1\t2", ",", "\t"),
        ("a,b;c\n1,2;3", ",", ","),
        ("a,b;c\n1,2;3", "\t", ","),
        ("a;b;c,d\n1;2;3,4", ",", ";"),
        ("a;b\n1;2\n3", ",", ";"),
        ("a;b\n1\n3;4", ",", ";"),
        ("a\n1", ",", ","),
        ('a,b\n"1\n2",3\n4,5', ";", ","),
    ],
)
def test_the_delimiter_parts_every_line_but_the_last_alike_into_most_fields(
    text, default, expected
):
    assert _delimiter(text, default) == expected


def test_what_is_no_csv_or_empty_is_one_empty_field():
    assert _rows("", ",") == _rows("\n\n", ",") == [[""]]
    assert _rows("a,b\n\n1,2\n", ",") == [["a", "b"], ["1", "2"]]
    assert _rows("x" * 200_000, ",") == [[""]]


@pytest.mark.parametrize(
    ("data", "text", "settings", "reasons"),
    [
        ("é\n".encode(), "é", {}, {}),
        ("é\na".encode("utf-8-sig"), "é", {}, {}),
        (b"a", "a", {}, {}),
        ("a\né".encode()[:-1], "a", {}, {}),
        ("é\na".encode("cp1252"), "é\na", {"encoding": "cp1252"},
         {"encoding": "byte 1 is not UTF-8"}),
        ("a\x81\n".encode("latin-1"), "a\ufffd\n", {"encoding": "cp1252"},
         {"encoding": "byte 2 is not UTF-8"}),
        ("é\na".encode("utf-16"), "é\na", {"encoding": "utf-16"},
         {"encoding": "its byte-order mark"}),
        (b"\xfe\xff" + "é".encode("utf-16-be"), "é", {"encoding": "utf-16"},
         {"encoding": "its byte-order mark"}),
    ],
)  # fmt: skip
def test_text_is_decoded_by_its_mark_as_utf_8_or_as_cp1252(data, text, settings, reasons):
    found: tuple[dict, dict] = ({}, {})

    assert _decoded(data, *found) == text
    assert found == (settings, reasons)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('[{"a": 1}, 2]', [{"a": 1}, 2]),
        ('{"data": [{"a": 1}]}', [{"a": 1}]),
        ('{"a": 1}', [{"a": 1}]),
        ('{"a": 1}\n\n{"a": 2}', [{"a": 1}, {"a": 2}]),
    ],
)
def test_json_holds_the_rows_of_an_array_a_document_or_lines(text, rows):
    assert _json_rows(text) == rows


def test_nested_values_have_dotted_names():
    value = {"a": {"b": [1, {"c": None}]}, "d": [], "e": "x"}

    assert dict(_flat(value)) == {"a.b.0": 1, "a.b.1.c": None, "e": "x"}


def written(path, header, *rows):
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return str(path)


def test_settings_come_with_their_reasons(tmp_path):
    rows = [f"{'x' * (1 + row % 2)};{row},5" for row in range(4)]
    path = written(tmp_path / "rows.txt", "text;score", *rows, "y;", "z;0,50")

    assert guess_file(path) == Guess(
        {"format": "csv", "delimiter": ";", "text": ["text"], "label": "score",
         "unlabelled": "drop", "kind": "regression", "decimal": ","},
        {"format": "the file's name does not show it",
         "delimiter": "it parts every line into as many fields",
         "text": "1 characters on average", "label": "5 distinct values",
         "unlabelled": "1 of the first 6 have no label",
         "kind": "the labels are numbers, more or finer than classes are", "decimal": "as in 0,5"},
    )  # fmt: skip


def test_classes_need_no_further_setting(tmp_path):
    path = written(
        tmp_path / "rows.csv", "text,label", "aa,no", "bbb,yes", "cccc,no", "d,True", "e,true"
    )

    assert guess_file(path) == Guess(
        {"text": ["text"], "label": "label"},
        {"text": "2 characters on average", "label": "3 distinct values"},
    )


def test_names_that_are_blank_are_no_columns_and_short_rows_lack_their_end(tmp_path):
    path = written(
        tmp_path / "rows.tsv", "text\t \tlabel", "aa\tx\tno", "b\tx", "c\tx\tyes", "d\tx\tno"
    )

    assert guess_file(path).settings == {"text": ["text"], "label": "label"}


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_label_among_other_labels_is_a_missing_line_of_names_in_csv_alone(tmp_path, form):
    path = tmp_path / f"rows.{form}"
    if form == "csv":
        written(path, "a,x", "b,x", "c,y", "d,y", "e,x")
        with pytest.raises(DataError, match="its first line names no columns: 'x' is a label"):
            guess_file(str(path))
        return
    path.write_text(json.dumps([{"text": str(row), "x": "xy"[row % 2]} for row in range(4)]))
    assert guess_file(str(path)).settings == {"text": ["text"], "label": "x"}


def test_json_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "rows.json").write_text('{"a": \n{"b":')

    with pytest.raises(DataError, match="is not JSON: ") as caught:
        guess_file(str(tmp_path / "rows.json"))
    assert (caught.value.where, caught.value.hint) == (
        str(tmp_path / "rows.json"), "correct the file",
    )  # fmt: skip


def test_repeated_rows_are_read_with_the_settings_that_were_guessed(tmp_path):
    train = written(tmp_path / "train.txt", "text;score", "a;0,5", "b;1,5", "c;2,5", "d;")
    scored = written(tmp_path / "dev.txt", "text;score", "a;9,5", "a;8,5", "x;0,5", "d;0,5")

    assert repeated_rows(guess_file(train), train, scored) == (2, 4)


def test_csv_is_guessed_from_its_beginning_and_json_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(guess, "_SAMPLE_BYTES", 60)
    rows = [("x" * 5, "no" if row % 2 else "") for row in range(40)]
    path = written(tmp_path / "rows.csv", "text,label", *(f"{a},{b}" for a, b in rows), "yes,yes")
    objects = [{"text": a, "label": b} for a, b in [*rows, ("a", "yes")]]
    (tmp_path / "rows.json").write_text(json.dumps(objects))
    sampled = "text,label\n" + "".join(f"{a},{b}\n" for a, b in rows)
    count = sampled.encode()[:60].rpartition(b"\n")[0].count(b"\n")

    assert guess_file(str(tmp_path / "rows.json")).reasons["unlabelled"] == (
        "20 of the first 41 have no label"
    )
    assert guess_file(path).reasons["unlabelled"] == (
        f"{(count + 1) // 2} of the first {count} have no label"
    )

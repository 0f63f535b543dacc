"""JSON of every form: which rows it holds, and in which lines they begin."""

from __future__ import annotations

import io
import json

import pytest

from metabench.api.task import DataFile
from metabench.errors import DataError
from metabench.tasks.reading.content import Content
from metabench.tasks.reading.flaw import Flaw
from metabench.tasks.reading.objects import json_records, rows_of_document

FILE = DataFile(path="rows.json", format="jsonl")
WANTED = ("text", "label")
NO_LABEL = "no column 'label'; there are 'text'"
NO_OBJECT = 'is not a JSON object; each row has to be one, such as {"label": "yes"}'


def records(text, wanted=WANTED):
    return list(json_records(FILE, Content(FILE, io.BytesIO(text.encode())), wanted))


def row(text, label="no"):
    return json.dumps({"label": label, "text": text})


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"{row('a')}\n{row('b')}\n", [1, 2]),
        (f"\n{row('a')}\n  \n\n{row('b')}", [2, 5]),
        (f"[{row('a')},{row('b')}]", [1, 1]),
        (f"[{row('a')},\n{row('b')}]\n", [1, 2]),
        (f"\n\n [\n{row('a')} ,\n\n{row('b')}\n]\n", [4, 6]),
        (f"[\n{row('a')}\n,\n{row('b')}\n]  \n", [2, 4]),
    ],
)
def test_lines_and_arrays_give_each_object_with_the_line_that_it_begins_in(text, lines):
    assert records(text) == [(lines[0], ("a", "no")), (lines[1], ("b", "no"))]


@pytest.mark.parametrize(
    "document",
    [
        {"data": [{"text": "a", "label": "no"}, {"text": "b", "label": "yes"}]},
        {"version": 1, "items": [{"text": "a", "label": "no"}, {"text": "b", "label": "yes"}]},
        {"data": {"rows": [{"text": "a", "label": "no"}, {"text": "b", "label": "yes"}]}},
        {"columns": ["text", "label"], "index": [0, 1], "data": [["a", "no"], ["b", "yes"]]},
        {"text": ["a", "b"], "label": ["no", "yes"]},
        {"text": {"0": "a", "1": "b"}, "label": {"0": "no", "1": "yes"}},
        {"text": {"x": "a", "y": "b"}, "label": {"y": "yes", "x": "no"}},
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_documents_give_their_rows_by_number(document, indent):
    text = json.dumps(document, indent=indent)

    assert records(text) == [(1, ("a", "no")), (2, ("b", "yes"))]


@pytest.mark.parametrize(
    "value", [{}, [], {"text": "a"}, {"data": "a", "text": ["b"]},
              {"data": {"rows": 1}, "b": 2}, "a"],
)  # fmt: skip
def test_other_objects_are_no_documents(value):
    assert rows_of_document(value) is None


def test_columns_of_unequal_length_give_the_rows_that_are_whole_and_a_dict_lacks_what_it_lacks():
    assert rows_of_document({"a": [1, 2], "b": [3]}) == [{"a": 1, "b": 3}]
    assert rows_of_document({"a": {"0": 1, "1": 2}, "b": {"0": 3}}) == [
        {"a": 1, "b": 3}, {"a": 2, "b": None},
    ]  # fmt: skip


def test_an_object_over_several_lines_is_one_row():
    assert records('{\n"text": "a",\n"label": "no"\n}') == [(1, ("a", "no"))]
    assert records('{"text": "a",\n"label": "no"}') == [(1, ("a", "no"))]


@pytest.mark.parametrize("text", ["", "\n \n", "[]", " [ ] \n", "\n[\n]\n"])
def test_nothing_is_no_row(text):
    assert records(text) == []


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("[1 2]", 1, "is not JSON: expecting ',' or ']' after a value"),
        (f"[{row('a')},\n{row('b')} {row('c')}]", 2, "is not JSON: expecting ',' or ']'"),
        (f"[{row('a')},\n]", 2, "is not JSON: "),
        (f"[{row('a')}", 1, "is not JSON: expecting ',' or ']'"),
        (f"[{row('a')}]\nmore", 1, "is not JSON: extra data after the array"),
        (f"[{row('a')}]]", 1, "is not JSON: extra data after the array"),
        ('[{"a": 1, "a": 2}]', 1, "is not JSON: a key appears twice"),
        ("[\n" + "[" * 100_000, 2, "is nested too deeply"),
        ('\n\n{\n"text":\n', 3, "is not JSON: "),
        ("{\n" * 100_000, 1, "is "),
    ],
)
def test_what_is_no_json_is_refused_with_its_line(text, line, problem):
    with pytest.raises(DataError) as caught:
        records(text)

    assert caught.value.where == f"rows.json:{line}"
    assert caught.value.problem.startswith(problem)


def test_a_line_that_is_no_json_is_a_flaw_of_its_own():
    assert records(f"{row('a')}\nmore\n{row('b')}\n[1]\n") == [
        (1, ("a", "no")),
        (2, Flaw("is not JSON: expecting value")),
        (3, ("b", "no")),
        (4, Flaw(NO_OBJECT)),
    ]


def test_a_row_without_a_label_has_none_where_others_have_one_and_is_a_flaw_where_none_has():
    bare = json.dumps({"text": "a"})
    lacking = Flaw(NO_LABEL, ("a", None))

    assert records(f"{bare}\n{row('b')}\n{bare}\n") == [
        (1, ("a", None)), (2, ("b", "no")), (3, ("a", None)),
    ]  # fmt: skip
    assert records(f"{bare}\n{bare}\n") == [(1, lacking), (2, lacking)]
    assert records(f"{bare}\nmore\n")[0] == (2, Flaw("is not JSON: expecting value"))


def test_a_row_without_its_text_is_a_flaw_whatever_its_label():
    found = records('{"label": "no"}\n{"other": 1}\n' + row("a"))

    assert [flaw.values for _, flaw in found[:2]] == [None, None]
    assert found[0][1].what.startswith("no column 'text'; there are 'label'")
    assert found[1][1].what.startswith("no column 'text'; there are 'other'")


def test_dotted_names_lead_into_objects_and_lists_unless_a_key_has_that_name():
    nested = {"data": {"text": "a"}, "marks": [{"choice": "no"}], "a.b": 1, "a": {"b": 2}}

    def of(*wanted):
        return records(json.dumps(nested) + "\n" + json.dumps(nested), wanted)[0][1]

    assert of("data.text", "marks.0.choice") == ("a", "no")
    assert of("a.b", "marks.1.choice") == (1, None)
    assert of("data.other", "marks.x") == (None, None)

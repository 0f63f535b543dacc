"""Laws of a table as data: what is put in comes out, and nothing in it ends the script element."""

import json

import pytest

from metabench.report.site.data_table import Column, DataTable

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>&lt;/script&gt;",
    "a\x00b\x1b[31mc\u202ed\u2028e\ud800f",
    "__proto__",
    "",
]


def read(rows, **fields):
    columns = (Column("method", "method", **fields), Column("score", "score"))
    return json.loads(DataTable("t", "T", columns, rows).json())


def test_the_lines_come_out_in_their_order_and_each_text_is_there_once():
    rows = [("MAML", ("1.0", 1.0)), ("Joint", ("-", None)), ("MAML", ("2.0", 2.0))]
    method, score = read(rows)

    assert method["texts"] == ["MAML", "Joint"]
    assert [method["texts"][at] for at in method["rows"]] == ["MAML", "Joint", "MAML"]
    assert [score["numbers"][at] for at in score["rows"]] == [1.0, None, 2.0]
    assert "numbers" not in method


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_ends_the_script_element_or_hides_a_character(name):
    columns = (Column(name="method", title=name, links={"x": "x.html"}),)
    text = str(DataTable("t", "T", columns, [(name,), ("x",)]).json())

    assert not set("<>&") & set(text)
    assert text.encode().decode().isprintable()
    (column,) = json.loads(text)
    assert column["links"] == [None, "x.html"]


def test_a_link_is_that_of_the_text():
    method, _ = read([("MAML", "-"), ("Joint", "-")], links={"Joint": "method-joint.html"})

    assert method["links"] == [None, "method-joint.html"]

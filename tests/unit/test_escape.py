"""Laws of what makes a string from outside inert, one format at a time."""

import pytest

from metabench.escape import csv_text, json_safe, markdown_code, markdown_text, visible
from metabench.report.formats.latex_escape import latex_text


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("=1+1", "'=1+1"),
        ("  +1", "'  +1"),
        ("a;-1", '"a;\'-1"'),
        ("\t1", "'\\t1"),
        ("a-b", "a-b"),
        ('say "a"', '"say ""a"""'),
        ("1e5", "1e5"),
    ],
)
def test_a_csv_field_is_guarded_where_a_spreadsheet_would_compute(text, field):
    assert csv_text(text) == field


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("a_b^c~d&e%f$g#h", r"a\_b\textasciicircum{}c\textasciitilde{}d\&e\%f\$g\#h"),
        ("1\N{EN DASH}2", "1{--}2"),
        ("1--2", "1-{}-2"),
        ("[2pt]*", "{[}2pt{]}{*}"),
        ("\N{LATIN SMALL LETTER I WITH DIAERESIS}", r"{\"{\i}}"),
        ("\N{GREEK SMALL LETTER LAMDA}", r"$\lambda$"),
        ("\N{CJK UNIFIED IDEOGRAPH-4E2D}", "U+4E2D"),
        ("a\nb", r"a\textbackslash{}nb"),
    ],
)
def test_latex_text_shows_every_character_as_it_is(text, shown):
    assert latex_text(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("# title", r"\# title"),
        ("1. item", r"1\. item"),
        ("https://x.y", r"https:\/\/x.y"),
        ("www.x.y", r"www\.x.y"),
        ("+3.2 (n = 3)", r"\+3.2 (n = 3)"),
        ("a\nb", r"a\\nb"),
    ],
)
def test_markdown_text_is_escaped_where_it_could_act_and_nowhere_else(text, shown):
    assert markdown_text(text) == shown


@pytest.mark.parametrize(
    ("text", "code"), [("a|b", "`a|b`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("a\nb", r"`a\nb`")]
)
def test_a_code_span_holds_any_text(text, code):
    assert markdown_code(text) == code


def test_json_keeps_what_is_seen_and_spells_what_is_not():
    assert json_safe('"\N{GREEK SMALL LETTER ALPHA}\x7f\U000e0001"\n') == (
        '"\N{GREEK SMALL LETTER ALPHA}\\u007f\\udb40\\udc01"\n'
    )


def test_what_is_seen_is_left_as_it_is_and_what_is_not_is_written_out():
    assert visible("a b\N{NO-BREAK SPACE}\x1b\n", keep="\n") == "a b\N{NO-BREAK SPACE}\\x1b\n"

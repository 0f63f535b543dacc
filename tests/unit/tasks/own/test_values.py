"""One value of an example: what is a text, a class or a number, and what is said of the others."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from metabench.tasks.own.values import label_number, label_word, text_problem

NO_NUMBER = "is not a finite number"
THOUSANDS = "has separators of thousands; write the number without them"
BEYOND = "exceeds the 32-bit range, 3.4e+38"
COMMA = 'has a comma; set decimal = ","'


def quote(value):
    return f"<{value!r}>"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("a", ""),
        ("é\ud7ff\ue000", ""),
        (" a ", ""),
        (None, "is empty"),
        ("", "is empty"),
        (" \t\u3000", "is empty"),
        (3, "is no text but <3>"),
        (0, "is no text but <0>"),
        (b"a", "is no text but <b'a'>"),
        ("a\0b", "holds a NUL character"),
        ("a\ud800", "holds half of a character (a lone surrogate)"),
        ("\udfffa", "holds half of a character (a lone surrogate)"),
    ],
)
def test_a_text_is_a_string_of_whole_characters_that_is_not_blank(value, problem):
    assert text_problem(value, quote) == problem


@pytest.mark.parametrize(
    ("label", "word"),
    [
        ("yes", "yes"), (" a b ", " a b "), ("0", "0"), ("1.0", "1.0"), ("e\u0301", "\u00e9"),
        (7, "7"), (-1, "-1"), (0, "0"), (10**30, str(10**30)), (True, "true"), (False, "false"),
        (2.0, "2"), (-0.0, "0"), (Decimal("3.00"), "3"), ("a\u00adb", "a\u00adb"),
        ("a\u00a0b", "a\u00a0b"),
    ],
)  # fmt: skip
def test_a_class_is_a_text_an_integer_or_a_truth_value(label, word):
    assert label_word(label, quote) == ("", word)


@pytest.mark.parametrize(
    ("label", "problem"),
    [
        *((label, "the label is empty") for label in (None, "", math.nan, Decimal("NaN"))),
        (1.5, "label <1.5> is no text and no integer"),
        (math.inf, "label <inf> is no text and no integer"),
        (Decimal("0.5"), "label <Decimal('0.5')> is no text and no integer"),
        (b"a", "label <b'a'> is no text and no integer"),
        ([1], "label <[1]> is a list; a name such as label.0 reads its first entry"),
        ({}, "label <{}> is an object; a name such as label.KEY reads one of its values"),
        ("a\x07", "label <'a\\x07'> holds a control character"),
        ("\u2028a\x07", "label <'\\u2028a\\x07'> holds a line separator"),
        ("a\u2029", "label <'a\\u2029'> holds a paragraph separator"),
        ("\ud800", "label <'\\ud800'> holds half of a character"),
    ],
)
def test_what_is_no_class_is_named(label, problem):
    assert label_word(label, quote) == (problem, "")


@pytest.mark.parametrize(
    ("label", "decimal", "number"),
    [
        (3, ".", 3.0), (-2.5, ".", -2.5), (Decimal("0.25"), ".", 0.25), ("  1.5 ", ".", 1.5),
        ("+.5", ".", 0.5), ("5.", ".", 5.0), ("-1e3", ".", -1000.0), ("2E-2", ".", 0.02),
        ("\u22120.5", ".", -0.5), ("1,5", ",", 1.5), ("7", ",", 7.0), ("\u22121,5", ",", -1.5),
        (1.5, ",", 1.5), (3.4e38, ".", 3.4e38), (-3.4e38, ".", -3.4e38), ("0", ".", 0.0),
    ],
)  # fmt: skip
def test_a_number_is_read_from_numbers_and_from_texts_with_its_decimal_sign(label, decimal, number):
    assert label_number(label, quote, decimal=decimal) == ("", number)


@pytest.mark.parametrize(
    ("label", "decimal", "what"),
    [
        ("x", ".", NO_NUMBER), ("", ".", None), (" ", ".", NO_NUMBER), (True, ".", NO_NUMBER),
        (None, ".", None), (math.nan, ".", None), (math.inf, ".", NO_NUMBER),
        (-math.inf, ".", NO_NUMBER), ("inf", ".", NO_NUMBER), ("nan", ".", NO_NUMBER),
        ("1e999", ".", BEYOND), (3.5e38, ".", BEYOND), (-3.5e38, ".", BEYOND),
        ("4e38", ".", BEYOND),
        (10**400, ".", BEYOND), (Decimal("1e999"), ".", BEYOND), ("1 2", ".", NO_NUMBER),
        ("1_0", ".", NO_NUMBER), ("\u0661", ".", NO_NUMBER), ("\u22121\u22122", ".", NO_NUMBER),
        ("1,5", ".", COMMA), (",5", ".", COMMA), ("1,", ".", COMMA), ("1,5,5", ".", NO_NUMBER),
        ("1.5", ",", NO_NUMBER), ("1.234,5", ",", THOUSANDS), ("1,234.5", ".", THOUSANDS),
        ("1,234,567", ".", THOUSANDS), ("1 234 567", ".", THOUSANDS), ("1,234", ".", COMMA),
        ([1], ".", NO_NUMBER),
    ],
)  # fmt: skip
def test_what_is_no_number_is_named(label, decimal, what):
    expected = "the label is empty" if what is None else f"label {quote(label)} {what}"

    assert label_number(label, quote, decimal=decimal) == (expected, 0.0)

"""Which labels are numbers, what equal ones share, and which class a number means."""

from __future__ import annotations

import pytest

from metabench.tasks.own.classes import Classes, canonical_label, found_classes, is_number

FORTY = "1" + "0" * 39


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        *((word, True) for word in ("0", "7", "-3", "+3", "1.0", ".5", "5.", "1e3", "-0", "0.5",
                                    "1E39", FORTY)),
        *((word, False) for word in ("", "x", "007", "-01", "00", " 1", "1 ", "1_0", "\u0661",
                                     "inf", "nan", "1,5", "1e40", "1e-40", FORTY + "0",
                                     "0x1", "1 2")),
    ],
)  # fmt: skip
def test_a_number_is_what_programs_write_of_at_most_forty_digits(word, expected):
    assert is_number(word) is expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("1", "1.0", "+1", "1e0", "10e-1", "1.00"), "1"),
        (("0", "-0", "0.0", "0e5"), "0"),
        (("100", "1e2"), "100"),
        (("0.5", ".50", "5e-1"), "0.5"),
        (("true", "True", "TRUE"), "true"),
        (("False",), "false"),
        (("Yes",), "Yes"),
        (("007",), "007"),
    ],
)
def test_labels_of_one_value_have_one_form(words, expected):
    assert {canonical_label(word) for word in words} == {expected}


def test_the_shortest_of_labels_with_one_value_names_the_class():
    assert found_classes(["1.00", "1.0", "b", "True", "true", "-2"]) == ("-2", "1.0", "True", "b")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["10", "9", "-2", "-10", "0"], ("-10", "-2", "0", "9", "10")),
        (["10", "9", "x"], ("10", "9", "x")),
        (["1.5", "10", "9"], ("1.5", "10", "9")),
        (["\u0661", "10", "9"], ("10", "9", "\u0661")),
        ([], ()),
    ],
)
def test_classes_are_in_the_order_of_their_numbers_if_all_are_integers(words, expected):
    assert found_classes(words) == expected


def test_a_name_counts_before_a_value_and_a_value_before_a_place():
    classes = Classes(("0", "yes"), (("1", "0"),), by_position=True)

    assert [classes.name(word) for word in ("0", "0.0", "yes", "1", "1.0", "2")] == [
        "0", "0", "yes", "0", "0", None,
    ]  # fmt: skip


def test_places_are_labels_that_no_name_or_value_explains():
    by_place = Classes(("no", "yes"), (("n", "no"),), by_position=True)
    words = ["1", "no", "n", "0", "2", "1", "1.0"]

    assert by_place.places(words) == (("0", "no"), ("1", "yes"))
    assert Classes(("no", "yes")).places(words) == ()
    assert Classes(("1", "2"), by_position=True).places(["1", "2"]) == ()
    assert Classes(("True", "no"), by_position=True).places(["true", "0"]) == (("0", "True"),)
    assert [by_place.name(word) for word in ("0", "1", "1.0", "2")] == ["no", "yes", "yes", None]
    assert Classes(("no", "yes")).name("0") is None


def test_the_composed_form_of_a_name_means_the_same():
    classes = Classes(("e\u0301", "yes"))

    assert classes.name("\u00e9") == "e\u0301"  # labels are composed when they are read

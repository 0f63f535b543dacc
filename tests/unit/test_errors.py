"""The error tree: one place, one wording, one exit code each."""

from __future__ import annotations

import inspect
import re

import pytest

from metabench import errors
from metabench.errors import MetabenchError, PluginError, Problem, SpecError

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, MetabenchError)
]


def test_every_error_of_the_module_is_exported():
    assert {error.__name__ for error in CLASSES} <= set(errors.__all__)


def drawn_line(error: type[MetabenchError]) -> str:
    (line,) = [line for line in errors.__doc__.splitlines() if error.__name__ in line.split()]
    return line


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_is_drawn_in_the_tree_with_its_exit_code(error):
    drawn = re.search(r" (\d+) ", drawn_line(error) + " ")

    if drawn is None:  # the number stands at its parent
        assert error.exit_code == error.__base__.exit_code
    else:
        assert int(drawn[1]) == error.exit_code


@pytest.mark.parametrize("error", CLASSES)
def test_every_status_is_drawn_in_the_tree(error):
    if "status" in vars(error) and error is not MetabenchError:
        assert drawn_line(error).split()[-1] == error.status


@pytest.mark.parametrize(
    ("place", "hint", "text"),
    [
        ("", "", "it broke"),
        ("a.toml:3", "", "a.toml:3: it broke"),
        ("", "mend it", "it broke\n  hint: mend it"),
        ("a.toml:3", "mend it", "a.toml:3: it broke\n  hint: mend it"),
    ],
)
def test_an_error_reads_place_problem_and_way_out(place, hint, text):
    assert str(PluginError("it broke", where=place, hint=hint)) == text


def test_a_problem_without_a_line_names_the_file_alone():
    assert str(Problem("a.toml", 0, "", "is empty")) == "a.toml: is empty"
    assert str(Problem("a.toml", 7, "seeds.meta", "is empty")) == "a.toml:7: seeds.meta: is empty"


def test_a_spec_error_says_every_problem_on_a_line_of_its_own():
    problems = [Problem("a.toml", line, "x", "is wrong") for line in (3, 5)]

    error = SpecError(problems)

    assert str(error) == "a.toml:3: x: is wrong\na.toml:5: x: is wrong"
    assert error.exit_code == 2

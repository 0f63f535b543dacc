"""Every fault of the page is shown by tests that are there, or says why not."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "faults.md").read_text(encoding="utf-8")
ROWS = {
    int(match[1]): match[2]
    for match in re.finditer(r"^\| (\d+) \| .* \| (.*) \|$", PAGE, re.MULTILINE)
}
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))
NO_FAULTS_OF_OURS = {10, 16, 59, 80, 82, 87}


@cache
def functions(file: str) -> set[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_is_named_is_there(file, name):
    assert name in functions(file)


def test_every_fault_has_a_row():
    assert set(ROWS) == set(range(1, 89)) - NO_FAULTS_OF_OURS


@pytest.mark.parametrize("number", ROWS)
def test_a_fault_is_shown_by_a_test_or_the_row_says_why_not(number):
    assert re.search(r"`\S+::test_\w+`", ROWS[number]) or re.search(r"[a-z]", ROWS[number])


def test_every_module_of_the_kit_is_named():
    kit = {path.stem for path in (TESTS / "faults" / "kit").glob("*.py")} - {"__init__", "subjects"}

    assert {name for name in kit if f"`{name}`" not in PAGE} == set()

"""Every failure mode is shown by tests that exist, or says why not."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

from generator.fault_tests import FAULTS

TESTS = Path(__file__).parents[1]
KIT = TESTS / "faults" / "kit"
LISTED = [
    fault
    for group in tomllib.loads(FAULTS.read_text(encoding="utf-8"))["groups"]
    for fault in group["faults"]
]
NAMED = sorted({tuple(test.split("::")) for fault in LISTED for test in fault["tests"]})
NO_FAULTS_OF_OURS = {10, 16, 59, 80, 82, 87}


@cache
def functions(file: str) -> set[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_is_named_is_there(file, name):
    assert name in functions(file)


def test_every_fault_is_listed_once():
    numbers = [fault["number"] for fault in LISTED]
    plain = {int(number) for number in numbers if number.isdigit()}

    assert plain == set(range(1, 89)) - NO_FAULTS_OF_OURS
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("fault", LISTED, ids=lambda fault: fault["number"])
def test_a_fault_is_shown_by_a_test_or_says_why_not(fault):
    assert fault["what"]
    assert all(name.startswith("test_") for _, name in (one.split("::") for one in fault["tests"]))
    assert fault["tests"] or fault["note"]


def test_the_map_of_the_kit_names_every_module():
    kit = {path.stem for path in KIT.glob("*.py")} - {"__init__"}
    said = ast.get_docstring(ast.parse((KIT / "__init__.py").read_text(encoding="utf-8")))

    assert {name for name in kit if f"\n    {name}: " not in said} == set()

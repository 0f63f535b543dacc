"""docs/conformance.md names every check, with its law and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from metabench.testing import conformance
from metabench.testing.conformance import KINDS, checks_of

PAGE = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_check_of_a_kind_stands_there_in_its_order_with_its_law_and_the_way_out(kind):
    section = re.search(rf"^## {kind.title()}s\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)[1]
    rows = re.findall(r"^\| `(\w+)` \| (.*?)\. \| (\S.*) \|$", section, flags=re.MULTILINE)

    assert [(name, law) for name, law, _ in rows] == [
        (check.name, check.law) for check in checks_of(kind)
    ]
    assert all(way_out.endswith(".") for *_, way_out in rows)


@pytest.mark.parametrize("kind", KINDS)
def test_the_class_of_tests_of_every_kind_is_named_and_has_a_test_for_each_check(kind):
    name = f"{kind.title()}Conformance"

    assert f"`{name}`" in PAGE
    tests = {test for test in dir(getattr(conformance, name)) if test.startswith("test_")}
    assert tests == {f"test_{check.name}" for check in checks_of(kind)}

"""docs/conformance.md names the class of tests of every kind; every check has a law and a hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabench.testing import conformance
from metabench.testing.conformance import KINDS, checks_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
CHECKS = (ROOT / "docs" / "reference" / "conformance_checks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_check_of_a_kind_has_a_law_and_a_hint_on_its_page(kind):
    section = CHECKS.partition(f"\n## {kind.title()}s\n")[2].partition("\n## ")[0]

    for check in checks_of(kind):
        assert check.law
        assert check.hint.endswith(".")
        assert f"| `{check.name}` | {check.law}. | {check.hint} |" in section


@pytest.mark.parametrize("kind", KINDS)
def test_the_class_of_tests_of_every_kind_is_named_and_has_a_test_for_each_check(kind):
    name = f"{kind.title()}Conformance"

    assert f"`{name}`" in PAGE
    tests = {test for test in dir(getattr(conformance, name)) if test.startswith("test_")}
    assert tests == {f"test_{check.name}" for check in checks_of(kind)}

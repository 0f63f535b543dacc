"""docs/performance.md: its factors are those of the measured tables, which have one place each."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from perf.page import BLOCKS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
MEASURED = (ROOT / "benchmarks" / "perf" / "measurements.md").read_text(encoding="utf-8")
MARK = re.compile(r"<!-- perf: (\w+) -->\n(.*?)\n<!-- /perf -->", re.DOTALL)
TABLES = dict(MARK.findall(PAGE + MEASURED))


def factors(block: str, variant: str) -> list[str]:
    """Return the cells of a variant, which are times a peer's where a heading says so."""
    (row,) = re.findall(rf"^\| {re.escape(variant)} \| (.*) \|$", TABLES[block], re.MULTILINE)
    return row.split(" | ")


def test_every_table_that_the_tool_writes_is_on_one_of_the_two_pages_once():
    found = Counter(name for name, _ in MARK.findall(PAGE + MEASURED))

    assert found == dict.fromkeys([*BLOCKS, "bounds", "machines"], 1)


@pytest.mark.parametrize("way", ["fast", "auto", "lean"])
def test_time_and_memory_of_exact_gradients_are_the_measured_factors(way):
    _, seconds, _, memory, *_ = factors("gradient", f"metabench exact/{way}")
    (line,) = re.findall(rf'^\| [^|]* \| .*"{way}".* \|$', PAGE, re.MULTILINE)

    assert {seconds, memory} <= set(re.findall(r"\d+\.\d+", line))


@pytest.mark.parametrize("way", ["central", "forward"])
def test_the_time_of_differences_is_the_measured_factor(way):
    first, means = (factors(block, f"metabench {way}")[1] for block in ("gradient", "means"))

    assert re.search(rf'"{way}"[^|]*{first}', PAGE)
    assert re.search(rf"`{way}`[^.]*{means} ×", PAGE)


@pytest.mark.parametrize("method", ["FOMAML", "Reptile"])
def test_first_order_methods_are_as_fast_as_measured(method):
    (line,) = re.findall(r"^.*first-order gradients are enough.*$", PAGE, re.MULTILINE)

    assert factors("rows", f"{method}, learn2learn")[2] in line


def test_the_bounds_that_do_not_hold_are_named():
    row = re.compile(r"^\| (.*?) \| . (\S+) \| (\S+) \| \*\*no\*\*", re.MULTILINE)
    missed = row.findall(TABLES["bounds"])
    paragraph = PAGE.partition("**Two bounds do not hold.**")[2].partition("\n\n")[0]

    assert len(missed) == 2
    for claim, bound, measured in missed:
        assert claim.split(", ")[1].split(":")[0] in paragraph
        assert f"{float(bound):.2f}" in paragraph
        assert f"{float(measured):.2f}" in paragraph

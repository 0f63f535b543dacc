"""The numbers of docs/statistics.md, computed again without metabench."""

from __future__ import annotations

import math
import re
from itertools import product
from pathlib import Path

import pytest
from scipy.stats import nct, t, ttest_1samp

PAGE = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
FAMILY = {
    name: [float(number) for number in numbers.split(", ")]
    for name, numbers in re.findall(r'^    "(\w+)": \[([-0-9., ]+)\],$', PAGE, re.MULTILINE)
}


def table(heading):
    """Return the rows of the table under a heading line, as numbers."""
    body = PAGE[PAGE.index(f"| {heading} |") :].split("\n\n")[0].splitlines()[2:]
    return [[float(cell.strip(" %")) for cell in line.strip("|").split("|")] for line in body]


def flipped(values):
    seen = abs(sum(values)) - 1e-12
    signs = list(product((-1, 1), repeat=len(values)))
    sums = (sum(s * v for s, v in zip(each, values, strict=True)) for each in signs)
    return sum(abs(each) >= seen for each in sums) / len(signs)


def test_the_worked_interval_is_that_of_scipy():
    differences = [1.6, 0.6, 1.6, 2.2, 1.0]
    low, high = ttest_1samp(differences, 0).confidence_interval(0.95)

    assert f"#> [{low:.2f}, {high:.2f}]" in PAGE
    assert f"{t.ppf(0.975, 4):.3f}" in PAGE


def test_the_worked_family_is_that_of_an_enumeration():
    raw = {name: flipped(values) for name, values in FAMILY.items()}
    ordered = sorted(raw, key=raw.get)
    adjusted, most = {}, 0.0
    for rank, name in enumerate(ordered):
        most = max(most, min(1.0, (4 - rank) * raw[name]))
        adjusted[name] = most

    assert len(raw) == 4
    for name, p in raw.items():
        assert f"#> {name} {round(p, 4)} {round(adjusted[name], 4)} " in PAGE


def test_the_seeds_that_a_family_takes_are_the_fewest():
    for tests, seeds in table("tests in the family | meta seeds that can reach 0.05"):
        assert tests * 2 ** (1 - seeds) <= 0.05 < tests * 2 ** (2 - seeds)


def test_the_detectable_differences_have_a_power_of_four_in_five():
    for n, effect in table("meta seeds | detectable at 0.05"):
        critical = t.ppf(0.975, n - 1)
        for shift, is_enough in [(0.006, True), (-0.006, False)]:
            power = nct.sf(critical, n - 1, (effect + shift) * math.sqrt(n))
            assert (power > 0.8) == is_enough


def test_five_rows_take_nine_seeds_to_be_told_apart_by_sign_flips():
    pairs = 5 * 4 / 2

    assert "5 rows take 9 seeds" in PAGE
    assert pairs * 2 ** (1 - 9) <= 0.05 < pairs * 2 ** (1 - 8)


def test_the_coverage_of_the_bootstrap_is_that_of_the_simulation():
    """The suite in tests/numerics holds the same numbers to three points."""
    assert table("meta seeds | Student's t covers | percentile bootstrap covers") == [
        [3, 95, 74],
        [5, 95, 84],
    ]


@pytest.mark.parametrize("n", [5])
def test_the_smallest_p_of_five_seeds_is_the_one_that_is_named(n):
    assert f"{2 ** (1 - n)}" in PAGE

"""The numbers of docs/statistics.md, computed again without metabench."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t, ttest_1samp

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


def test_the_minimum_detectable_effects_have_a_power_of_four_in_five():
    """By drawing experiments anew, and by an enumeration of all signs of each."""
    body = PAGE[PAGE.index("| meta seeds | one test | 4 targets |") :].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in body.splitlines()[2:]]
    for n, *effects in rows:
        for tests, effect in zip((1, 4), effects, strict=True):
            if effect == "-":
                assert tests * 2 ** (1 - int(n)) > 0.05
            elif int(n) <= 10:
                assert power(int(n), float(effect), 0.05 / tests) == pytest.approx(0.8, abs=0.03)


def power(n, effect, level):
    """Return the share of 3,000 experiments that the sign-flip test calls different."""
    values = np.random.default_rng(n).normal(effect, 1.0, (3000, n))
    signs = np.array(list(product((-1, 1), repeat=n)))
    sums = np.abs(values @ signs.T)
    return float(((sums >= sums[:, -1:] - 1e-9).mean(axis=1) <= level).mean())


def test_the_coverage_of_the_bootstrap_is_that_of_the_simulation():
    """The suite in tests/numerics holds the same numbers to three points."""
    assert table("meta seeds | coverage of Student's t | coverage of a percentile bootstrap") == [
        [3, 95, 74],
        [5, 95, 84],
    ]


@pytest.mark.parametrize("n", [5])
def test_the_smallest_p_of_five_seeds_is_the_one_that_is_named(n):
    assert f"{2 ** (1 - n)}" in PAGE

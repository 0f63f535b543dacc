"""The numbers of docs/statistics.md, computed again without metabench."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_1samp

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "statistics.md").read_text(encoding="utf-8")
FAMILY = {
    name: [float(number) for number in numbers.split(", ")]
    for name, numbers in re.findall(r'^    "(\w+)": \[([-0-9., ]+)\],$', PAGE, re.MULTILINE)
}


def simulated(situation):
    """Return the cells of the simulated row on a situation: before and now."""
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {situation}")]
    return [cell.strip() for cell in row.strip("|").split("|")][1:]


def flipped(values):
    seen = abs(sum(values)) - 1e-12
    signs = list(product((-1, 1), repeat=len(values)))
    sums = (sum(s * v for s, v in zip(each, values, strict=True)) for each in signs)
    return sum(abs(each) >= seen for each in sums) / len(signs)


def test_the_worked_intervals_are_those_of_scipy():
    assert len(FAMILY) == 4
    for name, values in FAMILY.items():
        ends = ttest_1samp(values, 0).confidence_interval(0.95)
        low, high = (round(100 * float(end), 2) for end in ends)

        assert f"#> {name} [{low}, {high}] " in PAGE


def test_the_worked_family_is_that_of_an_enumeration():
    raw = {name: flipped(values) for name, values in FAMILY.items()}
    ordered = sorted(raw, key=raw.get)
    adjusted, most = {}, 0.0
    for rank, name in enumerate(ordered):
        most = max(most, min(1.0, (4 - rank) * raw[name]))
        adjusted[name] = most

    assert len(raw) == 4
    for name, p in raw.items():
        assert re.search(rf"#> {name} \[.*\] {round(p, 4)} {round(adjusted[name], 4)} ", PAGE)


def test_the_seeds_that_a_family_takes_are_the_fewest():
    rows = (DOCS / "seeds.md").read_text(encoding="utf-8")
    needed = dict(re.findall(r"(one|two|four|eight) targets? \| (\d+) \|$", rows, re.MULTILINE))

    assert len(needed) == 4
    for tests, name in ((1, "one"), (2, "two"), (4, "four"), (8, "eight")):
        assert tests * 2 ** (1 - int(needed[name])) <= 0.05 < tests * 2 ** (2 - int(needed[name]))


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
    assert simulated("3, 5 seeds: coverage of the interval") == [
        "95, 95 % (Student's t)",
        "the sameᵃ; a percentile bootstrap: 74, 84 %ᵃ",
    ]


@pytest.mark.parametrize("n", [5])
def test_the_smallest_p_of_five_seeds_is_the_one_that_is_named(n):
    assert f"{2 ** (1 - n)}" in PAGE

"""How many tests a p-value is corrected for, and what a missing one takes, in words."""

from __future__ import annotations

import pytest

from metabench.api.leaderboard import Difference, LeaderboardColumn
from metabench.leaderboard import families
from metabench.leaderboard.families import family_sizes, p_values_omitted, seeds_needed
from metabench.store.records.run import ColumnNote, RunNote


def run(targets=1, transfers=0, **fields):
    columns = tuple(
        ColumnNote(name=f"{role}{at}", task="t", title="T", role=role, metric="m", metric_title="M")
        for role, count in (("target", targets), ("transfer", transfers))
        for at in range(count)
    )
    known = {"methods": ("A", "B", "C"), "baselines": ("A", "B")}
    return RunNote(**{"name": "r", "uses": (), "columns": columns, **known, **fields})


def difference(role, n, p=None):
    return LeaderboardColumn(role, role, role, "M"), Difference("A", 0.1, None, n, p=p)


def test_each_method_against_a_baseline_is_a_family_of_the_columns_of_a_role():
    assert family_sizes(run(4, 2)) == {"target": 4, "average": 1, "transfer": 2}


def test_as_one_family_every_pair_of_methods_counts_on_every_column_and_the_average():
    """Two baselines, three methods: four pairs, as no method is compared with itself."""
    assert family_sizes(run(4, 2, family="table")) == dict.fromkeys(
        ("target", "average", "transfer"), 4 * (4 + 1 + 2)
    )


@pytest.mark.parametrize(
    ("targets", "role", "needed"),
    [
        (1, "target", "6 for the target"),  # 2/2^n <= 0.05 from n = 6 on
        (2, "target", "7 for the 2 targets"),
        (4, "target", "8 for the 4 targets"),
        (4, "average", "6 for the average"),
    ],
)
def test_the_seeds_that_a_p_value_takes_are_those_of_its_family(targets, role, needed):
    enough = int(needed.split()[0])
    note = run(targets)

    assert seeds_needed(note, [difference(role, enough - 1)], alpha=0.05) == needed
    assert seeds_needed(note, [difference(role, enough)], alpha=0.05) == ""


def test_families_are_named_in_the_order_of_the_columns_each_once():
    note = run(2, 1)
    few = [difference(role, 3) for role in ("transfer", "average", "target", "target")]
    said = "7 for the 2 targets, 6 for the average and 6 for the transfer column"

    assert seeds_needed(note, few, alpha=0.05) == said
    assert p_values_omitted(note, [*few, difference("target", 9, p=0.01)], alpha=0.05) == (
        "p-values omitted: with 3 meta seeds the sign-flip test cannot reach 0.05 after Holm's"
        f" correction; it needs {said}"
    )
    assert p_values_omitted(note, [difference("target", 9, p=0.01)], alpha=0.05) == ""
    assert seeds_needed(run(2, family="table"), [difference("target", 3)], alpha=0.05) == (
        "9 for all 12 comparisons of the table"
    )


def test_the_families_with_a_p_value_are_named():
    found = [
        difference("transfer", 9, p=0.5), difference("target", 9, p=0.5), difference("average", 3)
    ]  # fmt: skip

    assert families.tested_over(run(2, 3), found) == ("the 2 targets", "the 3 transfer columns")
    assert families.tested_over(run(2, 3), found[2:]) == ()

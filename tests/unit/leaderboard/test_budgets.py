"""Budgets of meta-training are compared in processed examples and in outer updates."""

import pytest

from metabench.leaderboard.budgets import unequal_budgets
from metabench.results.collect import collect


@pytest.fixture
def said(make_study):
    """Return the function that gives what differs, of outer updates by method."""

    def make(updates):
        scores = {(method, "x"): {0: 0.5} for method in updates}
        start = {method: {"steps": steps} for method, steps in updates.items()}
        return unequal_budgets(collect(make_study(scores, start=start)))

    return make


def test_methods_with_about_the_same_budget_are_named_together_most_first(said):
    assert said({"A": 102, "B": 405, "C": 100, "D": 405}) == [
        "405 outer updates for B and D, about 102 for A and C"
    ]


def test_up_to_ten_percent_is_the_same(said):
    assert said({"A": 100, "B": 110}) == []
    assert said({"A": 100, "B": 111}) == ["111 outer updates for B, 100 for A"]


def test_of_many_budgets_the_ends_are_named(said):
    assert said({f"M{k}": 2**k for k in range(8)}) == ["128 outer updates for M7, 1 for M0"]

"""How many examples of each class are held out, and that equal ones stay together."""

from __future__ import annotations

import pytest

from metabench.tasks.own.hold_out import held_out


@pytest.mark.parametrize("fraction", [0.01, 0.1, 0.25, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("sizes", [(1,), (2,), (3, 10), (40, 1, 7)])
def test_of_every_class_its_share_is_held_out_at_least_one_and_never_all(sizes, fraction):
    strata = [str(number) for number, size in enumerate(sizes) for _ in range(size)]
    train, out = held_out(range(len(strata)), strata, fraction=fraction)
    counts = [[strata[row] for row in out].count(str(number)) for number in range(len(sizes))]

    assert counts == [min(max(1, round(fraction * size)), size - 1) for size in sizes]
    assert (train, out) == (sorted(train), sorted(out))


def test_equal_examples_count_all_and_go_by_the_class_of_the_first():
    keys = ["a"] * 5 + ["b"] * 5
    train, out = held_out(keys, ["x"] * 5 + ["y"] + ["x"] * 4, fraction=0.1)

    assert out == []  # each class has one group of equal texts, which stays
    train, out = held_out(keys, ["x"] * 10, fraction=0.1)
    assert (len(out), {keys[row] for row in out} & {keys[row] for row in train}) == (5, set())


def test_which_examples_are_held_out_is_pinned():
    """Another draw would score other examples under the same identity: a decision, never a slip."""
    assert held_out(range(12), ["x"] * 12, fraction=0.25)[1] == [3, 7, 10]
    assert held_out(range(12), ["é"] * 12, fraction=0.25)[1] == [5, 6, 7]

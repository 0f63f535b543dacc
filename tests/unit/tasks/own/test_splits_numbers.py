"""A task that asks for a number and holds examples out of its one file."""

from __future__ import annotations

import pytest

from metabench.tasks.own.splits import own_rows

TEXT = "sentence,label\n" + "".join(f"text {number},{number / 4}\n" for number in range(20))


def test_a_share_of_the_examples_is_held_out_and_none_is_on_both_sides(card, write):
    task = card(write(TEXT), labels=(), metrics=("pearson",), scored_fraction=0.25)
    train, scored = (own_rows(task, split) for split in ("train", "scored"))

    assert (len(train), len(scored)) == (15, 5)
    assert sorted([*train.texts[0], *scored.texts[0]]) == sorted(f"text {n}" for n in range(20))
    for rows in (train, scored):
        numbers = [int(text.removeprefix("text ")) / 4 for text in rows.texts[0]]
        assert [float(label) for label in rows.labels] == pytest.approx(numbers)

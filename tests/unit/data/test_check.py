"""What reading a split shows, by the names of the task and the split."""

from __future__ import annotations

import pytest

from metabench.data.check import SplitCheck, card_use, check_split
from metabench.plugin.catalog import load_catalog
from metabench.tasks.hub import Hub

CARD = load_catalog().task("embedded/grammar").value


def test_a_card_is_used_as_a_target_on_its_own_splits_of_which_nothing_was_read():
    use = card_use(CARD)

    assert (use.card, use.role, use.train, use.scored) == (CARD, "target", "train", CARD.scored)
    assert (use.identity, use.train_rows, use.scored_rows, use.size) == ("", 0, 0, 0)


@pytest.mark.parametrize(("part", "split"), [("train", CARD.train), ("scored", CARD.scored)])
def test_a_whole_split_is_fine_and_goes_by_its_own_names(part, split):
    rows = CARD.splits[split]

    found = check_split(card_use(CARD), part, hub=Hub())

    assert found == SplitCheck("embedded/grammar", split, "ok", rows, rows)


@pytest.mark.parametrize(
    ("official", "state", "problem"),
    [
        (1, "damaged", "embedded/grammar, split 'train': {rows:,} examples, but officially 1"),
        (10**6, "partial", ""),
    ],
)
def test_more_or_fewer_examples_than_there_are_officially_are_told_apart(official, state, problem):
    card = CARD.model_copy(update={"splits": {**CARD.splits, "train": official}})
    rows = CARD.splits["train"]

    found = check_split(card_use(card), "train", hub=Hub())

    assert (found.state, found.rows, found.official) == (state, rows, official)
    assert found.problem == problem.format(rows=rows)


def test_a_split_that_is_on_no_mirror_is_absent_and_goes_by_its_own_names(tmp_path):
    card = load_catalog().task("glue/rte").value

    found = check_split(card_use(card), "train", hub=Hub(tmp_path, offline=True))

    assert (found.task, found.split, found.state) == ("glue/rte", "train", "absent")
    assert (found.rows, found.official) == (None, 2490)

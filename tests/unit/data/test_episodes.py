"""Episodes: support and query never share a row; equal names see equal rows."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from metabench.api.algorithm import EpisodeShape
from metabench.data.episodes import EpisodeSource, episode_rows
from metabench.data.order import permutation
from metabench.errors import DataError
from metabench.seeding import Stream

sizes = st.integers(2, 200)
sides = st.integers(1, 6)
batches = st.integers(1, 40)


def rows_of(rows, shape, batch_size, key=0):
    order = permutation(rows, stream=Stream.root(key))
    return episode_rows(order, shape=shape, batch_size=batch_size, task="t")


@given(sizes, sides, sides, batches)
def test_no_row_stands_on_both_sides(rows, support, query, batch_size):
    parts = rows_of(rows, EpisodeShape(support, query), batch_size)
    one = {int(row) for part in parts[:support] for row in part}
    two = {int(row) for part in parts[support:] for row in part}

    assert len(parts) == support + query
    assert one
    assert two
    assert not one & two
    assert one | two <= set(range(rows))


@given(sizes, st.integers(0, 6), st.integers(0, 6), batches)
def test_no_batch_holds_a_row_twice_or_more_rows_than_asked_for(rows, support, query, batch_size):
    for part in rows_of(rows, EpisodeShape(support, query), batch_size):
        assert 1 <= len(part) <= batch_size
        assert len(set(part.tolist())) == len(part)


@given(sizes, sides, sides, batches)
def test_with_rows_enough_no_row_comes_twice_and_without_all_are_used(
    rows, support, query, batch_size
):
    shape = EpisodeShape(support, query)
    drawn = np.concatenate(rows_of(rows, shape, batch_size))

    if rows >= shape.batches * batch_size:
        assert len(drawn) == len(set(drawn.tolist())) == shape.batches * batch_size
    else:
        assert len(set(drawn.tolist())) <= rows


@given(sizes, sides, batches)
def test_an_episode_of_one_batch_sees_the_first_batch_of_a_longer_one(rows, support, batch_size):
    joint = rows_of(rows, EpisodeShape(0, 1), batch_size)
    reptile = rows_of(rows, EpisodeShape(support, 0), batch_size)
    maml = rows_of(rows, EpisodeShape(support, 1), batch_size)

    assert joint[0].tolist() == reptile[0].tolist()
    assert joint[0][: len(maml[0])].tolist() == maml[0].tolist()


@given(sizes, sides, batches)
def test_a_longer_episode_begins_as_a_shorter_one_of_its_kind(rows, support, batch_size):
    short = rows_of(rows, EpisodeShape(support, 0), batch_size)
    long = rows_of(rows, EpisodeShape(support + 1, 0), batch_size)

    assert [part.tolist() for part in short] == [part.tolist() for part in long[:support]]


def test_few_rows_are_cut_in_the_proportion_of_the_sides():
    parts = rows_of(12, EpisodeShape(5, 1), 32)

    assert [len(part) for part in parts] == [10, 10, 10, 10, 10, 2]


@pytest.mark.parametrize(
    ("rows", "support", "query", "cut"),
    [(2, 1, 1, 1), (3, 1, 5, 1), (3, 5, 1, 2), (10, 1, 19, 1), (10, 19, 1, 9), (10, 3, 2, 6)],
)
def test_of_few_rows_each_side_gets_its_share_and_at_least_one(rows, support, query, cut):
    parts = rows_of(rows, EpisodeShape(support, query), rows)
    sides = parts[:support], parts[support:]

    assert [{len(part) for part in side} for side in sides] == [{cut}, {rows - cut}]


def test_one_row_cannot_stand_on_both_sides():
    with pytest.raises(DataError, match="one training example"):
        rows_of(1, EpisodeShape(1, 1), 4)
    assert rows_of(1, EpisodeShape(0, 1), 4)[0].tolist() == [0]
    with pytest.raises(DataError, match="no training examples"):
        rows_of(0, EpisodeShape(0, 1), 4)


def source(table, shape, key=0):
    return EpisodeSource({"t": table(60), "u": table(60)}, shape=shape, batch_size=4,
                         stream=Stream.root(key))  # fmt: skip


def seen(episode):
    return [batch.labels.tolist() for batch in (*episode.support, *episode.query)]


def test_an_episode_depends_on_seed_task_and_visit_and_on_nothing_else(table):
    shape = EpisodeShape(2, 1)
    first = source(table, shape).episode("t", visit=3, step=5, total_steps=9)
    again = source(table, shape).episode("t", visit=3, step=8, total_steps=9)
    others = [
        source(table, shape).episode("t", visit=4, step=5, total_steps=9),
        source(table, shape).episode("u", visit=3, step=5, total_steps=9),
        source(table, shape, key=1).episode("t", visit=3, step=5, total_steps=9),
    ]

    assert seen(first) == seen(again)
    assert all(seen(first) != seen(other) for other in others)
    assert (len(first.support), len(first.query), first.step, first.total_steps) == (2, 1, 5, 9)
    assert first.stream == again.stream


def test_every_batch_has_a_dropout_seed_of_its_own_and_the_first_is_shared(table):
    long = source(table, EpisodeShape(2, 1)).episode("t", visit=0, step=0, total_steps=1)
    short = source(table, EpisodeShape(0, 1)).episode("t", visit=0, step=0, total_steps=1)
    seeds = [batch.dropout_seed for batch in (*long.support, *long.query)]

    assert len(set(seeds)) == 3
    assert short.query[0].dropout_seed == seeds[0]
    assert torch.equal(short.query[0].input_ids, long.support[0].input_ids)


def test_a_support_set_that_is_gone_through_again_has_the_same_rows_and_masks_of_its_own(table):
    whole = source(table, EpisodeShape(2, 1, passes=3)).episode("t", visit=0, step=0, total_steps=1)
    once = source(table, EpisodeShape(2, 1)).episode("t", visit=0, step=0, total_steps=1)
    seeds = [batch.dropout_seed for batch in (*whole.support, *whole.query)]

    assert seen(whole) == [*seen(once)[:2] * 3, seen(once)[2]]
    assert len(set(seeds)) == 7
    assert seeds[:2] == [batch.dropout_seed for batch in once.support]

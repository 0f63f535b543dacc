"""Orders: shuffled epochs, nested subsamples, batches of like length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabench.data.order import by_length, epoch_batches, few_shot, subsample
from metabench.seeding import Stream

STREAM = Stream.root(0).child("order")
counts = st.integers(1, 60)


@given(counts, counts, st.integers(0, 40))
def test_there_are_exactly_so_many_batches_and_none_is_empty(rows, batch_size, steps):
    batches = list(epoch_batches(rows, batch_size=batch_size, steps=steps, stream=STREAM))

    assert len(batches) == steps
    assert all(1 <= len(batch) <= batch_size for batch in batches)


@given(counts, counts)
def test_each_epoch_sees_every_row_once(rows, batch_size):
    length = -(-rows // batch_size)
    batches = list(epoch_batches(rows, batch_size=batch_size, steps=3 * length, stream=STREAM))

    for epoch in range(3):
        part = batches[epoch * length : (epoch + 1) * length]
        assert sorted(np.concatenate(part).tolist()) == list(range(rows))


def test_each_epoch_is_shuffled_anew():
    first, second = epoch_batches(50, batch_size=50, steps=2, stream=STREAM)

    assert first.tolist() != second.tolist()
    assert first.tolist() != list(range(50))


def test_more_steps_begin_as_fewer():
    few = list(epoch_batches(17, batch_size=4, steps=6, stream=STREAM))
    many = list(epoch_batches(17, batch_size=4, steps=20, stream=STREAM))

    assert [batch.tolist() for batch in few] == [batch.tolist() for batch in many[:6]]


@given(counts, st.data())
def test_subsamples_nest(rows, data):
    larger = data.draw(st.integers(0, rows))
    smaller = data.draw(st.integers(0, larger))
    one, two = (subsample(rows, size, stream=STREAM) for size in (larger, smaller))

    assert len(one) == larger
    assert len(set(one.tolist())) == larger
    assert one[:smaller].tolist() == two.tolist()


classed = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=60)


@given(classed, st.data())
def test_few_shots_are_so_many_of_each_class_and_nest(rows, data):
    larger = data.draw(st.integers(1, 20))
    smaller = data.draw(st.integers(1, larger))
    labels, digests = (np.array(column) for column in zip(*rows, strict=True))
    many, few = (few_shot(labels, digests, shots, stream=STREAM) for shots in (larger, smaller))

    for label, (more, fewer) in enumerate(zip(many, few, strict=True)):
        count = sum(one == label for one, _ in rows)
        assert len(more) == len(set(more.tolist())) == min(larger, count)
        assert len(fewer) == min(smaller, count)
        assert {int(labels[row]) for row in more} <= {label}
        assert more[: len(fewer)].tolist() == fewer.tolist()


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.randoms())
def test_few_shots_do_not_depend_on_the_order_of_the_rows(labels, random):
    order = list(range(len(labels)))
    random.shuffle(order)
    one = few_shot(np.array(labels), np.arange(len(labels)), 3, stream=STREAM)
    other = few_shot(np.array(labels)[order], np.array(order), 3, stream=STREAM)

    assert [[order[row] for row in rows] for rows in other] == [rows.tolist() for rows in one]


def test_another_draw_has_other_rows():
    labels, digests = np.zeros(1000, dtype=int), np.arange(1000)
    one, other = (few_shot(labels, digests, 8, stream=Stream.root(seed))[0] for seed in (0, 1))

    assert one.tolist() != other.tolist()


@given(st.lists(st.integers(1, 9), min_size=1, max_size=50), counts)
def test_batches_by_length_hold_every_row_once_from_short_to_long(lengths, batch_size):
    batches = by_length(np.array(lengths), batch_size=batch_size)
    order = np.concatenate(batches)

    assert sorted(order.tolist()) == list(range(len(lengths)))
    assert [lengths[row] for row in order] == sorted(lengths)
    assert all(len(batch) == batch_size for batch in batches[:-1])


@pytest.mark.parametrize("rows", [1, 400_000])
def test_orders_are_keyed(rows):
    one, two = (subsample(rows, 5, stream=Stream.root(seed)) for seed in (0, 1))
    again = subsample(rows, 5, stream=Stream.root(0))

    assert one.tolist() == again.tolist()
    assert rows == 1 or one.tolist() != two.tolist()

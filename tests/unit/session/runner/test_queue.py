"""The order of cells, compared with a search through all of them, and what it costs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from metabench.seeding import Stream
from metabench.session.runner import queue as queue_module
from metabench.session.runner.queue import CellQueue

STAGES = ("pretrain", "meta", "adapt")


@pytest.fixture
def ranked(monkeypatch):
    """Return a list that gets an entry for each time that a cell's place is computed."""
    computed = []

    def counts(cell, **_):
        computed.append(cell.key)
        return SimpleNamespace(cost=cell.cost)

    monkeypatch.setattr(queue_module, "cell_counts", counts)
    return computed


def cells(count):
    """Return cells of three stages, each of which needs up to two cells before it."""
    draws = Stream.root(7).child("queue").numpy()
    made = []
    for number in range(count):
        needs = {int(draws.integers(number)) for _ in range(int(draws.integers(3))) if number}
        made.append(
            SimpleNamespace(
                key=f"{number:05d}",
                name=f"cell-{number:05d}",
                kind=STAGES[int(draws.integers(3))],
                cost=float(draws.integers(5)),
                needs=tuple(f"{need:05d}" for need in sorted(needs)),
            )
        )
    return made


def searched(waiting, done):
    """Return the first of all cells that can be run, by looking at each of them."""
    ready = [cell for cell in waiting if done.issuperset(cell.needs)]
    order = [(STAGES.index(cell.kind), -cell.cost, cell.name) for cell in ready]
    return ready[order.index(min(order))] if ready else None


@pytest.mark.parametrize("at_work", [1, 3, 40])
def test_cells_are_given_in_the_order_of_a_search_through_all(ranked, at_work):
    waiting, done, busy = cells(120), set(), []
    queue = CellQueue(waiting, ())

    while waiting or busy:
        while len(busy) < at_work and (expected := searched(waiting, done)) is not None:
            assert queue.take() is expected
            waiting.remove(expected)
            busy.append(expected)
        assert len(busy) == at_work or queue.take() is None
        ended = busy.pop(0)
        done.add(ended.key)
        queue.finish(ended.key)

    assert len(queue) == 0


def test_the_place_of_each_cell_is_computed_once(ranked):
    queue = CellQueue(cells(2000), ())

    while (cell := queue.take()) is not None:
        queue.finish(cell.key)

    assert len(ranked) == 2000


def test_cells_whose_needs_have_failed_are_left(ranked):
    first, second = cells(2)
    second.needs = (first.key,)
    queue = CellQueue([first, second], ())

    assert queue.take() is first
    assert queue.take() is None
    assert queue.drop() == [second]

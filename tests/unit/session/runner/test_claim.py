"""A cell has its turn in one process; whoever comes later finds how it ended."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from metabench.api.events import CellEnded, EndedElsewhere
from metabench.errors import LockError
from metabench.plan.cell import Cell
from metabench.session.runner import queue as queue_module
from metabench.session.runner.claim import HELD, claim
from metabench.session.runner.queue import CellQueue
from metabench.store.identity import LockOwner
from metabench.store.records.cell import Failure, Provenance, Result
from metabench.store.records.run import PlannedCell, RunNote, joined_note
from metabench.store.run_folder import Store

KEY = "a" * 64
CELL = Cell("adapt", "cell", KEY, {}, None)
WHERE = Provenance(metabench="0", python="3")
FIELDS = {"kind": "adapt", "name": "cell", "key": KEY, "provenance": WHERE}
OWNER = LockOwner(7, "host", "today")


@pytest.fixture
def store(tmp_path):
    """Return a run folder without cells."""
    return Store(tmp_path)


def elsewhere(store, seen):
    """Return how the cell ended in another process; None where it is to be run here."""
    with claim(CELL, store, seen) as found:
        return found


def test_a_cell_that_nobody_has_touched_is_run(store):
    assert elsewhere(store, store.stamp(CELL.folder)) is None
    assert elsewhere(store, None) is None


def test_a_cell_is_held_while_it_is_run_and_by_one_alone(store):
    with claim(CELL, store, None) as ours:
        found = elsewhere(store, None)

    assert ours is None
    assert isinstance(found, EndedElsewhere)
    assert found.ended.status == HELD


def test_what_another_process_has_done_since_is_not_run(store):
    seen = store.stamp(CELL.folder)
    store.commit_result(CELL.folder, Result(**FIELDS, wall_seconds=2.0, scores={"f1": 0.5}))
    found = elsewhere(store, seen)

    assert found == EndedElsewhere(CellEnded(KEY, "cell", "ok", 2.0, {"f1": 0.5}))


def test_a_result_that_was_there_before_is_run_again_and_a_newer_one_is_not(store):
    first = Result(**FIELDS, wall_seconds=2.0)
    store.commit_result(CELL.folder, first)
    seen = store.stamp(CELL.folder)
    assert elsewhere(store, seen) is None

    store.commit_result(CELL.folder, first)  # the same bytes, and committed since
    assert isinstance(elsewhere(store, seen), EndedElsewhere)


def test_a_failure_elsewhere_is_a_failure_and_an_interruption_is_taken_over(store):
    seen = store.stamp(CELL.folder)
    store.commit_failure(CELL.folder, Failure(**FIELDS, status="diverged", message="nan"))
    found = elsewhere(store, seen)
    store.commit_failure(CELL.folder, Failure(**FIELDS, status="interrupted", message="gone"))

    assert found == EndedElsewhere(CellEnded(KEY, "cell", "diverged", 0.0, message="nan"))
    assert elsewhere(store, seen) is None


def test_a_failure_that_is_gone_again_is_run(store):
    store.commit_failure(CELL.folder, Failure(**FIELDS, status="diverged", message="nan"))
    seen = store.stamp(CELL.folder)
    store.clear_failure(CELL.folder)

    assert elsewhere(store, seen) is None


def test_cells_that_were_put_off_come_back_when_they_are_free(monkeypatch):
    monkeypatch.setattr(queue_module, "cell_counts", lambda *_, **__: SimpleNamespace(cost=0.0))
    other = Cell("adapt", "other", "b" * 64, {}, None, needs=(KEY,))
    queue = CellQueue([CELL, other], [])
    assert not queue.waits
    queue.put_off(queue.take())

    assert queue.waits
    assert (len(queue), queue.take()) == (2, None)
    queue.recall(lambda _: False)
    assert queue.take() is None
    queue.recall(lambda _: True)
    assert not queue.waits
    assert queue.take() == CELL
    queue.put_off(CELL)
    assert queue.drop() == [other, CELL]


def planned(name, **fields):
    return PlannedCell(cell=name, key=name * 64, kind="adapt", **fields)


def requested(*cells, **fields):
    return RunNote(name="run", methods=(), columns=(), uses=(), cells=cells, **fields)


def test_two_processes_that_ask_for_parts_are_asked_for_both():
    there = requested(planned("a"), planned("b", selected=False), only=("method=A",))
    here = requested(planned("a", selected=False), planned("b"), only=("method=B",))
    both = joined_note(there, here, OWNER, where="run")
    whole = joined_note(there, requested(planned("a"), planned("b")), OWNER, where="run")

    assert both.only == ("method=A", "method=B")
    assert [cell.selected for cell in both.cells] == [True, True]
    assert whole.only == ()


def test_two_processes_that_ask_for_different_runs_do_not_share_a_folder():
    with pytest.raises(LockError, match="process 7 on host works on this run since today, with"):
        joined_note(requested(planned("a")), requested(planned("c")), OWNER, where="run")

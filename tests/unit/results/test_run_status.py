"""Where a run stands, read from its folder while somebody works on it."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from metabench.results.run_status import last_step, run_status
from metabench.store.folder import Folder
from metabench.store.lock import lock_owner
from metabench.store.processes import present
from metabench.store.records.cell import CellNote, Failure, Result
from metabench.store.records.run import PlannedCell, RunNote
from metabench.store.run_folder import Store


def planned(name, kind="adapt", **fields):
    key = hashlib.sha256(name.encode()).hexdigest()
    return PlannedCell(cell=f"{name}-{key[:8]}", key=key, kind=kind, **fields)


META = planned("meta", "meta", cost=100.0)
FIRST = planned("first", cost=10.0, needs=(META.key,))
SECOND = planned("second", cost=10.0, needs=(META.key,))
CELLS = (META, FIRST, SECOND)


def identity(cell):
    return {"kind": cell.kind, "name": cell.cell[:-9], "key": cell.key}


@pytest.fixture
def store(tmp_path):
    """Return a run folder in which nothing has been run."""
    store = Store(tmp_path / "run")
    store.commit_run("", "", RunNote(name="run", methods=(), columns=(), uses=(), cells=CELLS))
    return store


@pytest.fixture
def end(store, provenance):
    """Return the function that commits the end of a cell."""

    def commit(cell, *, seconds=1.0, status=None):
        begin(store, cell)
        if status is None:
            result = Result(**identity(cell), wall_seconds=seconds, provenance=provenance)
            store.commit_result(cell.cell, result)
        else:
            failure = Failure(
                **identity(cell), status=status, message="it broke", provenance=provenance
            )
            store.commit_failure(cell.cell, failure)

    return commit


def begin(store, cell, *, step=None, folder=""):
    store.commit_note(cell.cell, CellNote(**identity(cell), inputs={}))
    if step is not None:
        path = store.cell_folder(folder + cell.cell) / "metrics.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(step_line(number) for number in range(1, step + 1)))


def step_line(step):
    return json.dumps({"stage": "adapt", "step": step, "total": 10}) + "\n"


def states(store):
    return [cell.state for cell in run_status(store).cells]


def test_a_run_that_has_not_begun_waits(store):
    found = run_status(store)

    assert [cell.state for cell in found.cells] == ["waiting"] * 3
    assert (found.owners, found.seconds_left) == ((), None)


def test_what_was_begun_runs_while_the_cell_is_held_and_is_interrupted_after(store, end):
    end(META)
    with present(store.folder), store.lock_cell(FIRST.cell):
        begin(store, FIRST, step=4)
        found = run_status(store)
    after = states(store)

    assert [cell.state for cell in found.cells] == ["done", "running", "waiting"]
    assert (found.cells[1].step.step, found.cells[1].step.total) == (4, 10)
    assert [owner.pid for owner in found.owners] == [os.getpid()]
    assert after == ["done", "interrupted", "waiting"]


def test_a_cell_that_was_left_by_an_earlier_process_does_not_run(store):
    begin(store, META)
    with present(store.folder):
        assert states(store) == ["interrupted", "waiting", "waiting"]


def test_a_lock_file_that_nobody_holds_is_of_a_cell_that_was_interrupted(store):
    begin(store, META)
    (store.cell_folder(META.cell) / "LOCK").touch()

    assert states(store) == ["interrupted", "waiting", "waiting"]


def test_what_needs_a_failed_cell_is_skipped(store, end):
    end(META, status="diverged")

    assert states(store) == ["failed", "skipped", "skipped"]
    assert [cell.plan for cell in run_status(store).failures()["diverged"]] == [META]


def test_a_cell_that_failed_or_is_done_runs_again(store, end):
    end(META)
    end(FIRST, status="error")
    with store.lock_cell(META.cell), store.lock_cell(FIRST.cell):
        begin(store, META, step=2, folder=".again-")
        begin(store, FIRST)
        found = run_status(store)

    assert [cell.state for cell in found.cells] == ["running", "running", "waiting"]
    assert found.cells[0].step.step == 2


def test_the_time_left_goes_by_the_pace_of_the_stage(store, end):
    end(META, seconds=500.0)
    with present(store.folder), store.lock_cell(SECOND.cell):
        end(FIRST, seconds=20.0)
        begin(store, SECOND, step=5)

        # 10 gradients took 20 seconds; half of the 10 of the second cell are left.
        assert run_status(store).seconds_left == pytest.approx(10.0)


def test_a_stage_of_which_nothing_is_done_goes_by_the_pace_of_the_others(store, end):
    end(META, seconds=500.0)
    with present(store.folder):
        # 5 seconds a unit of cost; two cells of 10 are left.
        assert run_status(store).seconds_left == pytest.approx(100.0)


def test_what_was_not_asked_for_takes_no_time(store, end):
    end(META, seconds=500.0)
    cells = (META, FIRST.model_copy(update={"selected": False}), SECOND)
    store.commit_run("", "", store.run().model_copy(update={"cells": cells}))
    with present(store.folder):
        assert run_status(store).seconds_left == pytest.approx(50.0)


def test_cells_that_run_at_a_time_share_the_time(store, end):
    end(META, seconds=500.0)
    with present(store.folder), store.lock_cell(FIRST.cell), store.lock_cell(SECOND.cell):
        begin(store, FIRST, step=5)
        begin(store, SECOND)

        assert run_status(store).seconds_left == pytest.approx((25.0 + 50.0) / 2)


def test_without_a_process_or_a_cell_that_is_done_no_time_is_known(store, end):
    with present(store.folder):
        assert run_status(store).seconds_left is None
    end(META)
    assert run_status(store).seconds_left is None


@pytest.mark.parametrize(
    ("status", "state"), [("interrupted", "interrupted"), ("unavailable", "interrupted")]
)
def test_a_failure_that_is_none_leaves_a_cell_that_was_begun(store, end, status, state):
    end(FIRST, status=status)
    (found,) = [cell for cell in run_status(store).cells if cell.plan == FIRST]

    assert (found.state, found.failure.status) == (state, status)
    assert not run_status(store).failures()


def test_a_cell_without_rows_enough_is_unavailable_and_blocks_nothing(store):
    cells = (META, FIRST.model_copy(update={"unavailable": "asks for 9 rows"}), SECOND)
    store.commit_run("", "", store.run().model_copy(update={"cells": cells}))

    assert states(store) == ["waiting", "unavailable", "waiting"]
    assert run_status(store).counts() == {
        ("meta", "waiting"): 1, ("adapt", "unavailable"): 1, ("adapt", "waiting"): 1,
    }  # fmt: skip


def test_a_result_under_another_key_is_not_the_cells(store, end):
    end(FIRST)
    other = FIRST.model_copy(update={"key": FIRST.key[:8] + "f" * 56})
    store.commit_run("", "", store.run().model_copy(update={"cells": (META, other, SECOND)}))

    assert states(store)[1] != "done"


def test_the_last_whole_step_is_found_however_long_the_file_is(tmp_path):
    lines = "".join(step_line(number) for number in range(1, 1001))
    (tmp_path / "metrics.jsonl").write_text(lines + '{"stage": "adapt", "st')

    assert last_step(Folder(tmp_path)).step == 1000
    assert last_step(Folder(tmp_path / "nowhere")) is None


def test_looking_disturbs_nobody(store):
    path = store.cell_folder(META.cell) / "LOCK"
    with store.lock_cell(META.cell):
        owner = lock_owner(Folder(path.parent), path.name)
        assert lock_owner(Folder(path.parent), path.name) == owner

    assert owner.pid == os.getpid()
    assert lock_owner(Folder(path.parent), path.name) is None

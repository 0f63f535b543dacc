"""What is done stays done; what is not says why."""

from __future__ import annotations

import time
from dataclasses import replace
from hashlib import sha256

import pytest

from metabench.plan.cell import Cell
from metabench.plan.states import CellState, cell_states, with_stored_names
from metabench.session.cell.outcome import cell_note
from metabench.store.file_names import LOCK
from metabench.store.lock import locked
from metabench.store.records.cell import Failure, FileNote, Result
from metabench.store.records.provenance import Provenance
from metabench.store.run_folder import Store

PROVENANCE = Provenance(metabench="0", python="3")


def finish(store: Store, *cells: Cell) -> None:
    for cell in cells:
        store.commit_note(cell.folder, cell_note(cell))
        result = Result(
            kind=cell.kind, name=cell.name, key=cell.key, wall_seconds=1.0, provenance=PROVENANCE
        )
        store.commit_result(cell.folder, result)


def fail(store: Store, cell: Cell, status: str) -> None:
    store.commit_note(cell.folder, cell_note(cell))
    failure = Failure(
        kind=cell.kind,
        name=cell.name,
        key=cell.key,
        status=status,
        message="it broke",
        provenance=PROVENANCE,
    )
    store.commit_failure(cell.folder, failure)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


def test_without_a_store_all_is_new(world, store):
    plan = world.plan()

    states = cell_states(plan, store)

    assert list(states) == [cell.key for cell in plan.cells]
    assert {(state.state, state.reason) for state in states.values()} == {("new", "")}


def test_what_has_a_result_is_done(world, store):
    plan = world.plan()
    finish(store, *plan.cells[:3])

    states = [state.state for state in cell_states(plan, store).values()]

    assert states == ["done"] * 3 + ["new"] * (len(plan.cells) - 3)


def test_a_failure_says_what_happened(world, store):
    plan = world.plan()
    fail(store, plan.cells[0], "diverged")
    fail(store, plan.cells[1], "interrupted")

    states = cell_states(plan, store)

    assert states[plan.cells[0].key] == CellState("failed", "diverged: it broke")
    assert states[plan.cells[1].key] == CellState("interrupted")


def test_a_cell_that_was_started_is_interrupted_unless_a_process_runs_it(world, store):
    plan = world.plan()
    cell = plan.cells[0]
    store.commit_note(cell.folder, cell_note(cell))

    assert cell_states(plan, store)[cell.key] == CellState("interrupted")
    with locked(store.place(cell.folder), LOCK):
        assert cell_states(plan, store)[cell.key] == CellState("new", "a process runs it now")


def test_a_damaged_result_is_not_done_and_says_so(world, store):
    plan = world.plan()
    finish(store, plan.cells[0])
    path = store.cell_folder(plan.cells[0].folder) / "result.json"
    path.write_bytes(path.read_bytes()[:-20])

    state = cell_states(plan, store)[plan.cells[0].key]

    assert state.state == "new"
    assert "result.json" in state.reason


def test_an_option_that_changed_is_named_down_to_the_cells_that_build_on_it(world, store):
    finish(store, *world.plan().cells)
    plan = world.plan(sets=("methods.Loop.options.inner_lr=0.01",))

    states = cell_states(plan, store)

    for cell in plan.cells:
        state = states[cell.key]
        changed = CellState("stale", "options.inner_lr 0.001 → 0.01")
        assert state == (CellState("done") if cell.method == "Plain" else changed)


def test_one_more_target_is_the_reason(world, store):
    finish(store, *world.plan().cells)
    plan = world.plan(('"toy/tiny"]', '"toy/tiny", "toy/spare"]'))

    states = cell_states(plan, store)

    meta = next(cell for cell in plan.cells if cell.kind == "meta")
    assert states[meta.key] == CellState("stale", "tasks: toy/spare added")
    spare = [cell for cell in plan.cells if "toy-spare" in cell.name]
    assert {states[cell.key].state for cell in spare} == {"new"}


@pytest.mark.parametrize(("changed", "more"), [(2, ""), (3, ""), (4, "1 more"), (5, "2 more")])
def test_more_reasons_than_three_are_counted(world, store, changed, more):
    finish(store, *world.plan().cells)
    sets = ("meta.optimizer.lr=1e-3", "meta.optimizer.eps=1e-6", "meta.optimizer.betas=[0.5, 0.6]",
            "methods.Loop.options.inner_lr=0.5", "methods.Loop.options.way='exact'")  # fmt: skip
    plan = world.plan(sets=sets[:changed])

    reasons = cell_states(plan, store)[plan.cells[0].key].reason.split("; ")

    assert len(reasons) == min(changed, 3) + bool(more)
    assert [one for one in reasons if one.endswith(" more")] == [f"and {more}"] * bool(more)


def test_the_nearest_of_several_older_cells_is_compared_with(world, store):
    finish(store, *world.plan(sets=("methods.Loop.options.inner_steps=9",)).cells)
    finish(store, *world.plan().cells)
    plan = world.plan(sets=("methods.Loop.options.inner_lr=0.01",))

    assert cell_states(plan, store)[plan.cells[0].key].reason == "options.inner_lr 0.001 → 0.01"


def test_a_cell_of_that_name_of_which_nothing_is_known_is_no_reason(world, store):
    older = world.plan(sets=("methods.Loop.options.inner_steps=9",))
    finish(store, *older.cells)
    for cell in older.cells:
        (store.cell_folder(cell.folder) / "cell.json").unlink()
    plan = world.plan()

    states = cell_states(plan, store)

    changed = [cell for cell in plan.cells if cell.method == "Loop"]
    assert {states[cell.key] for cell in changed} == {CellState("new")}


@pytest.mark.parametrize(
    ("metrics", "reason"),
    [
        ({"f1": {"target": "a", "source": "b"}}, "metrics f1 → accuracy"),
        ({"accuracy": {"target": "a", "source": "b"}}, "source of accuracy changed"),
    ],
)
def test_a_cell_whose_metrics_alone_are_others_is_scored_from_its_predictions(
    world, store, metrics, reason
):
    plan = world.plan()
    cell = next(cell for cell in plan.cells if cell.kind == "adapt")
    before = replace(cell, key="f" * 64, inputs={**cell.inputs, "metrics": metrics})
    file = FileNote(path="predictions.parquet", bytes=1, sha256=sha256(b"x").hexdigest())
    finish(store, before)
    (store.cell_folder(before.folder) / file.path).write_bytes(b"x")
    result = store.result(before.folder, key=before.key)

    assert cell_states(plan, store)[cell.key].state == "stale"  # it has left no predictions
    store.commit_result(before.folder, result.model_copy(update={"files": (file,)}))
    assert cell_states(plan, store)[cell.key] == CellState(
        "unscored", f"{reason}; to be scored from saved predictions", before.folder
    )


def test_going_back_finds_the_old_cells_again(world, store):
    plan = world.plan()
    finish(store, *plan.cells)
    finish(store, *world.plan(sets=("methods.Loop.options.inner_lr=0.01",)).cells)

    assert {state.state for state in cell_states(plan, store).values()} == {"done"}


def test_too_few_rows_are_the_reason_whatever_was_recorded(world, store):
    plan = world.plan()
    cell = replace(plan.cells[-1], unavailable="asks for 9 rows")
    fail(store, cell, "unavailable")
    short = replace(plan, cells=(*plan.cells[:-1], cell))

    assert cell_states(short, store)[cell.key] == CellState("unavailable", "asks for 9 rows")
    assert cell_states(plan, store)[cell.key] == CellState("new", "was unavailable")


def test_a_renamed_method_finds_its_cells(world, store):
    finish(store, *world.plan().cells)
    renamed = world.plan(('id = "Loop"', 'id = "Better name"'))

    assert "new" in {state.state for state in cell_states(renamed, store).values()}
    states = cell_states(with_stored_names(renamed, store), store)
    assert {state.state for state in states.values()} == {"done"}


def test_a_thousand_cells_have_their_states_in_a_few_seconds(world, store):
    values = ", ".join(str(n / 100) for n in range(1, 101))
    grid = ('algorithm = "loop"', f'algorithm = "loop"\ngrid.inner_lr = [{values}]')
    plan = world.plan(grid)
    finish_quickly(store, plan.cells)
    started = time.process_time()

    states = cell_states(plan, store)

    assert {state.state for state in states.values()} == {"done"}
    assert time.process_time() - started < 5  # seconds of CPU, far from noise


def finish_quickly(store: Store, cells: tuple[Cell, ...]) -> None:
    from metabench.store.records.cell import to_json

    for cell in cells:
        folder = store.cell_folder(cell.folder)
        folder.mkdir(parents=True)
        (folder / "cell.json").write_bytes(to_json(cell_note(cell)))
        result = Result(
            kind=cell.kind, name=cell.name, key=cell.key, wall_seconds=1.0, provenance=PROVENANCE
        )
        (folder / "result.json").write_bytes(to_json(result))

"""A run folder gives its plan back, and a cell whose numbers cannot be had again is refused."""

from __future__ import annotations

import json

import pytest
from kit.benchmark import JOINT, OWN, benchmark

from metabench.cli.inputs.benchmark import make_plan
from metabench.errors import DataError, NothingMatchedError, SetupError, UsageError
from metabench.plan.difference import differences
from metabench.plugin.catalog import load_catalog
from metabench.session.replay.replan import done_cell, plan_again
from metabench.session.runner.record import run_note
from metabench.spec.write import to_toml
from metabench.store.records.cell import CellNote, Failure, Result
from metabench.store.run_folder import Store
from metabench.tasks.hub import Hub

TEXT = benchmark("tiny", JOINT, seeds={"meta": [0, 1]})
ROWS = "sentence,label\n" + "".join(f"row {number},{number % 2}\n" for number in range(40))


def begin(tmp_path, text=TEXT, sets=(), smoke=False):
    """Return a run folder as it is before its first cell, and the plan that it came from."""
    path = tmp_path / "tiny.toml"
    path.write_text(text)
    planned = make_plan(str(path), sets=sets, smoke=smoke, hub=None)
    store = Store(tmp_path / "runs" / planned.folder_name)
    plan = planned.plan
    note = run_note(plan, planned.catalog)
    store.commit_run(plan.benchmark.text, to_toml(plan.benchmark.spec), note)
    return store, plan


def again(store, **options):
    return plan_again(store, catalog=load_catalog(), hub=Hub(), **options)


@pytest.mark.parametrize("smoke", [False, True])
def test_a_run_folder_plans_the_same_cells_as_its_benchmark_file(tmp_path, smoke):
    store, plan = begin(tmp_path, sets=("finetune.batch_size=4",), smoke=smoke)

    assert again(store).by_key.keys() == plan.by_key.keys()
    assert again(store, file=tmp_path / "tiny.toml").by_key.keys() == plan.by_key.keys()


def test_a_length_that_nobody_gave_is_cut_again_to_what_the_encoder_has(tmp_path):
    bare = TEXT.replace("max_length = 32\n", "")
    assert bare != TEXT
    store, plan = begin(tmp_path, text=bare)
    found = again(store)

    assert found.by_key.keys() == plan.by_key.keys()
    assert {cell.work.model.max_length for cell in found.cells} == {64}


def test_a_length_beyond_the_positions_is_refused_even_where_it_is_the_default(tmp_path):
    with pytest.raises(DataError, match="max_length = 128, but it has only 64 positions"):
        begin(tmp_path, sets=("model.max_length=128",))


def test_rows_beside_the_benchmark_file_are_found_with_that_file_alone(tmp_path):
    (tmp_path / "train.csv").write_text(ROWS)
    store, plan = begin(tmp_path, text=benchmark("tiny", JOINT, tasks=OWN))

    with pytest.raises(UsageError, match=r"'tiny' reads custom datasets from files next to"):
        again(store)
    assert again(store, file=tmp_path / "tiny.toml").by_key.keys() == plan.by_key.keys()


@pytest.fixture
def run(tmp_path):
    return begin(tmp_path)


def commit(store, cell, provenance, **fields):
    """Leave the record of a cell that is done."""
    kept = {"kind": cell.kind, "name": cell.name, "key": cell.key} | fields
    store.commit_note(cell.folder, CellNote(**kept, inputs=cell.inputs))
    store.commit_result(cell.folder, Result(**kept, wall_seconds=1.0, provenance=provenance))


def cell_of(plan, kind):
    return next(cell for cell in plan.cells if cell.kind == kind)


def test_a_cell_that_is_done_comes_with_its_record(run, provenance):
    store, plan = run
    commit(store, cell_of(plan, "adapt"), provenance)

    cell, result = done_cell(plan, store, cell_of(plan, "adapt").folder)

    assert cell.key == result.key == cell_of(plan, "adapt").key


def test_a_meta_cell_has_no_classifier(run, provenance):
    store, plan = run
    meta = cell_of(plan, "meta")
    commit(store, meta, provenance)

    with pytest.raises(UsageError, match=rf"'{meta.folder}' is a meta cell, which has no classif"):
        done_cell(plan, store, meta.folder)


def test_a_cell_that_failed_or_was_never_run_is_refused(run, provenance):
    store, plan = run
    cell = cell_of(plan, "adapt")
    with pytest.raises(NothingMatchedError, match=rf"'{cell.folder}' is not done"):
        done_cell(plan, store, cell.folder)

    failure = Failure(
        kind="adapt", name=cell.name, key=cell.key, status="diverged", message="the loss is nan",
        provenance=provenance,
    )  # fmt: skip
    store.commit_failure(cell.folder, failure)
    with pytest.raises(NothingMatchedError, match=r"failed: diverged: the loss is nan"):
        done_cell(plan, store, cell.folder)


def test_a_cell_that_the_benchmark_asks_for_in_another_way_now_is_refused(run, provenance):
    store, plan = run
    cell = cell_of(plan, "adapt")
    gone = {f"gone {number}": 1 for number in range(4)}
    old = json.loads(json.dumps(cell.inputs)) | {"steps": 12345} | gone
    key = "f" * 64
    folder = f"{cell.name}-{key[:8]}"
    kept = {"kind": "adapt", "name": cell.name, "key": key}
    store.commit_note(folder, CellNote(**kept, inputs=old))
    store.commit_result(folder, Result(**kept, wall_seconds=1.0, provenance=provenance))

    with pytest.raises(SetupError, match=r"cannot be fine-tuned again as it was: ") as caught:
        done_cell(plan, store, folder)
    assert "steps 12345 → " in "; ".join(differences(old, cell.inputs))
    named = caught.value.problem.partition("as it was: ")[2]
    assert named == "; ".join(differences(old, cell.inputs)[:3])
    assert caught.value.where == f"cell {folder}"


@pytest.mark.parametrize(
    ("known", "inputs"), [(False, {}), (False, {"steps": 1}), (True, {})],
    ids=["unknown", "unknown with inputs", "of a name that is asked for, without inputs"],
)  # fmt: skip
def test_a_cell_that_the_benchmark_no_longer_asks_for_is_refused(run, provenance, known, inputs):
    store, plan = run
    key = "e" * 64
    name = cell_of(plan, "adapt").name if known else "adapt-gone"
    kept = {"kind": "adapt", "name": name, "key": key}
    store.commit_note(f"{name}-eeeeeeee", CellNote(**kept, inputs=inputs))
    store.commit_result(f"{name}-eeeeeeee", Result(**kept, wall_seconds=1.0, provenance=provenance))

    with pytest.raises(SetupError, match=r"the benchmark no longer asks for it"):
        done_cell(plan, store, f"{name}-eeeeeeee")

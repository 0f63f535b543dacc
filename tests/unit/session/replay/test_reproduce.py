"""A recorded cell run again in another folder, with what it needs, and compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.benchmark import PLAIN, SHORT, benchmark

from metabench.api.events import CellStarted
from metabench.cli.inputs.benchmark import make_plan
from metabench.errors import DivergedError, NothingMatchedError, SetupError
from metabench.plugin.catalog import load_catalog
from metabench.session.cell.context import open_context
from metabench.session.cell.outcome import commit_failure
from metabench.session.cell.run import run_cell
from metabench.session.replay.reproduce import recorded_cell, reproduce
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec
from metabench.store.run_folder import Store
from metabench.tasks.hub import Hub

TEXT = benchmark("cells", PLAIN, model=SHORT, finetune={"epochs": 0.01, "min_steps": 2})
RUNTIME = Runtime(Hub(), "cpu", 1, None)


def plan_of(folder, text=TEXT):
    (folder / "cells.toml").write_text(text)
    return make_plan(str(folder / "cells.toml"), sets=(), smoke=False, hub=None).plan


def assigned(folder: Path, plan):
    cells = {cell.key: cell for cell in plan.cells}
    return Assignment(folder, "cells", "hash", cells, RUNTIME, ComputeSpec())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Return a plan of one cell, and the store in which it is done."""
    folder = tmp_path_factory.mktemp("recorded")
    plan = plan_of(folder)
    context = open_context(assigned(folder / "run", plan))
    for cell in plan.cells:
        run_cell(cell, context, emit=lambda _: None)
    return plan, context.store


def test_a_cell_that_failed_there_before_is_run_again_and_one_that_is_done_is_not(
    recorded, tmp_path
):
    plan, store = recorded
    (cell,) = plan.cells
    commit_failure(cell, DivergedError("the loss is nan"), assigned(tmp_path, plan))
    begun = []

    for _ in range(2):
        told = []
        summary, (found,) = reproduce(
            plan, cell, catalog=load_catalog(), stores=(store, Store(tmp_path)),
            runtime=RUNTIME, emit=told.append,
        )  # fmt: skip
        begun.append([type(event) for event in told].count(CellStarted))
        assert (found.exact, found.same_scores) == (True, True)
        assert not summary.failures

    assert begun == [1, 0]


def test_a_record_belongs_to_the_cell_of_its_key(recorded, tmp_path):
    plan, store = recorded
    (cell,) = plan.cells
    other = plan_of(tmp_path, TEXT.replace("min_steps = 2", "min_steps = 3"))

    assert recorded_cell(plan, store, cell.folder) == (
        cell, store.result(cell.folder, key=cell.key),
    )  # fmt: skip
    with pytest.raises(SetupError, match=f"'{cell.key[:8]}' is not its key here: ") as caught:
        recorded_cell(other, store, cell.folder)
    assert caught.value.where == f"cell {cell.folder}"
    with pytest.raises(NothingMatchedError, match="has no result"):
        recorded_cell(plan, Store(tmp_path), cell.folder)

"""A cell from its plan to its record, in this process: what it starts from, tells and leaves."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
import torch
from kit.benchmark import JOINT, PLAIN, SHORT, benchmark

from metabench.api.events import CellEnded, CellStarted, Noticed, Progressed
from metabench.cli.inputs.benchmark import make_plan
from metabench.engine.parameters import unpack_parameters
from metabench.errors import CellTimeoutError, DivergedError, StoppedError
from metabench.nn.bert.compiled import CompiledLayer
from metabench.nn.caching import uses_custom_backward
from metabench.seeding import Stream
from metabench.session.cell.context import open_context
from metabench.session.cell.outcome import commit_failure
from metabench.session.cell.run import run_cell
from metabench.session.cell.stages import _start
from metabench.session.replay.replay import replay
from metabench.session.replay.reproduce import Reproduced, cells_behind
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec
from metabench.tasks.hub import Hub

TEXT = benchmark(
    "cells", PLAIN, JOINT, model=SHORT, meta={"steps": 3},
    tasks={"transfer": [{"task": "embedded/grammar"}]}, finetune={"epochs": 0.01, "min_steps": 4},
)  # fmt: skip
ALWAYS = ComputeSpec(checkpoint_seconds=0)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    path = tmp_path_factory.mktemp("plan") / "cells.toml"
    path.write_text(TEXT)
    return make_plan(str(path), sets=(), smoke=False, hub=None).plan


def context_of(folder, plan):
    cells = {cell.key: cell for cell in plan.cells}
    how = Runtime(Hub(), "cpu", 1, None)
    return open_context(Assignment(folder, "cells", "hash", cells, how, ALWAYS))


@pytest.fixture(scope="module")
def finished(plan, tmp_path_factory):
    """Return the context of a run in which every cell is done, and what it told by cell."""
    context, told = context_of(tmp_path_factory.mktemp("run"), plan), {}
    for cell in plan.cells:
        run_cell(cell, context, emit=told.setdefault(cell.key, []).append)
    return context, told


def cell_of(plan, method, task=None):
    kind = "meta" if task is None else "adapt"
    return next(
        cell
        for cell in plan.cells
        if cell.kind == kind
        and cell.method == method
        and (task is None or cell.work.task.card.name == task)
    )


def result_of(context, cell):
    return context.store.result(cell.folder, key=cell.key)


def test_a_record_names_its_task_seeds_and_metric_without_its_folder(finished, plan):
    context, _ = finished
    adapt = result_of(context, cell_of(plan, "Joint", "embedded/grammar"))
    meta = result_of(context, cell_of(plan, "Joint"))

    assert (adapt.method, adapt.task, adapt.primary) == ("Joint", "embedded/grammar", "matthews")
    assert (adapt.meta_seed, adapt.finetune_seed, adapt.draw) == (0, 0, None)
    assert adapt.train_rows == 400
    assert (meta.task, meta.meta_seed, meta.finetune_seed) == ("", 0, None)


def lines_of(context, cell):
    text = (context.store.cell_folder(cell.folder) / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_every_cell_says_when_it_begins_how_far_it_is_and_how_it_ended(plan, finished):
    context, told = finished
    for cell in plan.cells:
        first, *steps, last = told[cell.key]
        scores = result_of(context, cell).scores

        assert (type(first), first.key) == (CellStarted, cell.key)
        assert {type(step) for step in steps} == {Progressed}
        assert (steps[-1].step, steps[-1].total) == (cell.work.steps, cell.work.steps)
        assert (type(last), last.status, last.scores) == (CellEnded, "ok", scores)


def test_the_log_says_in_order_what_happened_with_the_scores(plan, finished):
    context, _ = finished
    for cell in plan.cells:
        scores = result_of(context, cell).scores
        done = ["done", *(f"{name} {score:.4f}" for name, score in scores.items())]
        log = (context.store.cell_folder(cell.folder) / "log.txt").read_text()

        assert [line.partition(" ")[2] for line in log.splitlines()] == [
            f"started {cell.folder}", ", ".join(done),
        ]  # fmt: skip


def test_why_layers_are_not_compiled_is_told_noted_and_logged(plan, tmp_path):
    context, cell, told = context_of(tmp_path, plan), cell_of(plan, "Plain", "embedded/grammar"), []
    context.layers = CompiledLayer(failure="no compiler")
    run_cell(cell, context, emit=told.append)

    why = "compute.compile: layers are computed plainly, because they could not be compiled"
    log = (context.store.cell_folder(cell.folder) / "log.txt").read_text()
    assert [event.message for event in told if isinstance(event, Noticed)] == [
        f"{why} (no compiler)"
    ]
    assert [line for line in log.splitlines() if why in line] != []
    result = result_of(context, cell)
    can = uses_custom_backward(cell.curvature, "cpu", autocast=False)
    assert (f"{why} (no compiler)" in result.notes) is not can
    assert result.provenance.compiled is (None if can else False)


def test_a_record_has_the_first_and_the_last_loss_of_the_curve(plan, finished):
    context, _ = finished
    for cell in plan.cells:
        lines = lines_of(context, cell)
        losses = [line.get("loss", line.get("loss_after")) for line in lines]

        assert [line["step"] for line in lines] == list(range(1, cell.work.steps + 1))
        assert {line["stage"] for line in lines} == {cell.kind}
        assert result_of(context, cell).losses == {"first": losses[0], "last": losses[-1]}


def test_only_what_was_done_is_left_in_a_cells_folder(plan, finished):
    context, _ = finished
    for cell in plan.cells:
        left = "parameters.safetensors" if cell.kind == "meta" else "predictions.parquet"
        names = {path.name for path in context.store.cell_folder(cell.folder).iterdir()}

        assert names == {"cell.json", "result.json", "log.txt", "metrics.jsonl", left}


def parameters(context, cell):
    path = context.store.cell_folder(cell.folder) / "parameters.safetensors"
    return unpack_parameters(path.read_bytes())


def start(context, cell):
    learner = context.learner(cell.work.model, None, {cell.work.task.card.name: cell.work.task})
    return learner, _start(cell.work, learner, context)


def test_a_target_starts_from_the_encoder_and_the_head_that_meta_training_left(plan, finished):
    context, _ = finished
    cell = cell_of(plan, "Joint", "embedded/entailment")
    values = parameters(context, cell_of(plan, "Joint"))
    learner, theta = start(context, cell)

    for place in learner.layout.places("embedded/entailment"):
        assert torch.equal(theta[place.span].view(place.shape), values[place.name])


@pytest.mark.parametrize(
    ("task", "head"), [("embedded/grammar", "keep"), ("embedded/entailment", "fresh")]
)
def test_a_new_head_is_the_one_that_plain_fine_tuning_starts_with(plan, finished, task, head):
    context, _ = finished
    cell = cell_of(plan, "Joint", task)
    settings = cell.work.settings.model_copy(update={"head": head})
    work = replace(cell.work, settings=settings)
    learner = context.learner(work.model, None, {task: work.task})
    theta = _start(work, learner, context)
    _, plain = start(context, cell_of(plan, "Plain", task))
    span = learner.layout.head(task)

    assert torch.equal(theta[span], plain[span])
    assert torch.equal(theta[span], learner.fresh_head(task, Stream.root(0).child("heads", 0)))
    assert not torch.equal(theta[: span.start], plain[: span.start])


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_cell_that_was_stopped_goes_on_and_comes_to_the_same(plan, finished, tmp_path, at):
    context, (cell, *_) = context_of(tmp_path, plan), plan.cells
    asked = iter([False] * (at - 1) + [True])
    with pytest.raises(StoppedError, match=f"stopped after step {at} of {cell.work.steps}"):
        run_cell(cell, context, emit=lambda _: None, stop=lambda: next(asked))
    assert result_of(context, cell) is None

    run_cell(cell, context, emit=lambda _: None)

    folder = context.store.cell_folder(cell.folder)
    assert Reproduced(result_of(finished[0], cell), result_of(context, cell)).exact
    assert lines_of(context, cell) == lines_of(finished[0], cell)
    assert not (folder / "checkpoints").exists()
    assert f"started {cell.folder} after step {at}\n" in (folder / "log.txt").read_text()


def test_the_times_of_a_cell_are_those_of_all_its_attempts(plan, tmp_path):
    context, (cell, *_) = context_of(tmp_path, plan), plan.cells
    told, wall, cpu = [], time.monotonic(), time.process_time()
    with pytest.raises(StoppedError, match="after step 1"):
        run_cell(cell, context, emit=told.append, stop=lambda: True)
    (path,) = context.store.cell_folder(cell.folder).glob("checkpoints/*/checkpoint.json")
    first = json.loads(path.read_text())
    run_cell(cell, context, emit=told.append)

    result = result_of(context, cell)
    walls = [first["wall_seconds"], result.wall_seconds, time.monotonic() - wall]
    cpus = [first["cpu_seconds"], result.cpu_seconds, time.process_time() - cpu]
    ended = [event.wall_seconds for event in told if isinstance(event, CellEnded)]
    assert (walls, cpus) == (sorted(walls), sorted(cpus))
    assert first["cpu_seconds"] > 0
    assert result.wall_seconds <= ended[-1] <= walls[-1]


@pytest.mark.parametrize(
    ("error", "status", "resumable", "faulted"),
    [
        (CellTimeoutError("took too long"), "timeout", True, False),
        (MemoryError(), "out_of_memory", True, False),
        (DivergedError("the loss is nan"), "diverged", False, False),
        (ZeroDivisionError(), "error", False, False),
        (RuntimeError("CUDA error: an illegal address"), "error", False, True),
    ],
)
def test_a_cell_that_fails_leaves_why_and_a_checkpoint_only_where_that_is_not_its_fault(
    plan, tmp_path, error, status, resumable, faulted
):
    context, (cell, *_) = context_of(tmp_path, plan), plan.cells

    def fail(event):
        if isinstance(event, Progressed):
            raise error

    ended = run_cell(cell, context, emit=fail, number=3)

    folder = context.store.cell_folder(cell.folder)
    failure = json.loads((folder / "failure.json").read_text())
    assert (ended.status, result_of(context, cell)) == (status, None)
    assert (failure["status"], failure["attempts"]) == (status, 3)
    assert context.faulted is faulted  # whether this process runs no other cell
    lines = (folder / "log.txt").read_text().rstrip().splitlines()
    assert lines[1].partition(" ")[2] == f"{status}: {failure['message']}"
    assert type(error).__name__ in lines[-1]
    assert (folder / "checkpoints").exists() == resumable


@pytest.mark.parametrize("taken", [{"wall_seconds": 2.5}, {}])
def test_a_cell_that_no_worker_has_any_more_fails_with_the_time_that_it_took(plan, tmp_path, taken):
    context, (cell, *_) = context_of(tmp_path, plan), plan.cells
    ended = commit_failure(cell, CellTimeoutError("took too long"), context.assignment, **taken)

    failure = context.store.cell(cell.folder).failure
    assert (ended.key, ended.name, ended.status) == (cell.key, cell.name, "timeout")
    assert (ended.wall_seconds, failure.key) == (taken.get("wall_seconds", 0.0), cell.key)
    assert ended.folder == str(context.store.cell_folder(cell.folder))
    assert failure.message == "took too long"


def test_fine_tuning_done_once_more_gives_the_recorded_predictions(plan, finished):
    context, _ = finished
    cell, told = cell_of(plan, "Joint", "embedded/entailment"), []
    again = replay(cell, result_of(context, cell), context, emit=told.append)

    assert again.agreement.exact
    assert (again.cell, again.agreement.changed) == (cell, ())
    assert [type(event) for event in told] == [CellStarted, *[Progressed] * 4, CellEnded]
    assert {(event.key, event.name) for event in (told[0], told[-1])} == {(cell.key, cell.name)}
    assert {event.key for event in told} == {cell.key}


def test_what_is_behind_a_cell_comes_before_it(plan):
    meta, tuned = cell_of(plan, "Joint"), cell_of(plan, "Joint", "embedded/entailment")

    assert cells_behind(plan, tuned) == (meta, tuned)
    assert cells_behind(plan, meta) == (meta,)


def test_what_is_reproduced_is_compared_in_scores_and_in_all_else(plan, finished):
    context, _ = finished
    now = result_of(context, cell_of(plan, "Plain", "embedded/grammar"))
    bare = result_of(context, cell_of(plan, "Joint"))
    file = now.files[0].model_copy(update={"sha256": "0" * 64})
    elsewhere = now.provenance.model_copy(update={"threads": 9})
    other = now.model_copy(update={"files": (file,), "provenance": elsewhere})
    worse = now.model_copy(update={"scores": dict.fromkeys(now.scores, 0.25)})

    same = Reproduced(now, now)
    assert (same.exact, same.same_scores, same.changed) == (True, True, ())
    near = Reproduced(other, now)
    assert (near.exact, near.same_scores, near.changed) == (False, True, ("threads 9 → 1",))
    assert not Reproduced(worse, now).same_scores
    gone = Reproduced(None, bare)
    assert (gone.exact, gone.same_scores, gone.changed) == (False, False, ())
    moved = bare.model_copy(update={"steps": 99})
    assert (Reproduced(bare, bare).same_scores, Reproduced(moved, bare).same_scores) == (
        True,
        False,
    )

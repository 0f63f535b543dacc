"""What a cell's stages note, and what fine-tuning begins with and goes through."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from kit.benchmark import JOINT, PLAIN, SHORT, benchmark

from metabench.cli.inputs.benchmark import make_plan
from metabench.engine.prototypes import with_prototypes
from metabench.seeding import Stream
from metabench.session.cell.context import open_context
from metabench.session.cell.run import run_cell
from metabench.session.cell.stages import _batches, _beyond, _overlap, _start, fine_tune
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec
from metabench.tasks.hub import Hub

TASK = "embedded/entailment"


@pytest.fixture(scope="module")
def tuning(tmp_path_factory):
    """Return the work of a fine-tuning of 4 steps, and a context for it."""
    folder = tmp_path_factory.mktemp("run")
    text = benchmark("cells", PLAIN, model=SHORT, tasks={"target": [TASK]},
                     finetune={"epochs": 0.01, "min_steps": 4})  # fmt: skip
    (folder / "cells.toml").write_text(text)
    (cell,) = make_plan(str(folder / "cells.toml"), sets=(), smoke=False, hub=None).plan.cells
    how = Runtime(Hub(), "cpu", 1, None)
    return cell.work, open_context(
        Assignment(folder, "cells", "hash", {cell.key: cell}, how, ComputeSpec())
    )


def test_meta_training_begins_with_the_heads_of_its_own_seed(tmp_path):
    """Of one step at a rate of 1e-30 nothing moves."""
    text = benchmark("cells", JOINT, model=SHORT, meta={"steps": 1, "optimizer": {"lr": 1e-30}},
                     seeds={"meta": [0, 3]})  # fmt: skip
    (tmp_path / "cells.toml").write_text(text)
    plan = make_plan(str(tmp_path / "cells.toml"), sets=(), smoke=False, hub=None).plan
    cell = next(cell for cell in plan.cells if cell.kind == "meta" and cell.work.seed == 3)
    how = Runtime(Hub(), "cpu", 1, None)
    context = open_context(
        Assignment(tmp_path, "cells", "hash", {cell.key: cell}, how, ComputeSpec())
    )
    run_cell(cell, context, emit=lambda _: None)
    values = context.parameters(cell.key)
    uses = {use.card.name: use for use in cell.work.tasks}
    learner = context.learner(cell.work.model, None, uses)

    for task in uses:
        head = learner.fresh_head(task, Stream.root(3).child("heads", 0))
        left = torch.cat([values[f"{task}.{kind}"].flatten() for kind in ("weight", "bias")])
        assert torch.allclose(left, head, rtol=0, atol=1e-20)


def table(*digests):
    return SimpleNamespace(digests=np.array(digests, dtype=np.uint64) if digests else None)


def test_repeated_examples_are_counted_where_both_splits_are_known_by_their_texts():
    train, scored = table(3, 5, 3, 3, 8), table(5, 9, 9, 3, 5)

    assert _overlap(train, scored) == {"train": 2, "scored": 2, "both": 3}
    assert _overlap(table(), scored) == _overlap(train, table()) == _overlap(table(), table()) == {}


def test_meta_steps_beyond_a_tolerance_are_noted_with_their_number():
    tolerances = {"left": 0.01, "other": 2.0}

    assert _beyond({"left": 3, "other": 0}, tolerances, steps=7) == (
        "BEYOND: left was above 0.01 in 3 of 7 meta-steps",
    )
    assert _beyond({"left": 1, "other": 7}, tolerances, steps=7)[1] == (
        "BEYOND: other was above 2 in 7 of 7 meta-steps"
    )


def end(steps):
    """Return the losses of all steps and what they came to."""
    losses = []
    while True:
        try:
            losses.append(next(steps).scalars["loss"])
        except StopIteration as stop:
            return losses, stop.value


def loss(learner, theta, batch):
    """Return the mean cross-entropy of a head on features, in plain torch."""
    logits = learner.outputs(theta, batch).detach().double()
    return torch.nn.functional.cross_entropy(logits, batch.labels).item()


@pytest.mark.parametrize("head", ["keep", "prototype"])
def test_fine_tuning_begins_with_prototypes_where_they_are_asked_for(tuning, head):
    plain, context = tuning
    work = replace(plain, settings=plain.settings.model_copy(update={"head": head}))
    learner = context.learner(work.model, None, {TASK: work.task})
    start = _start(work, learner, context)
    examples = context.table(work.task, "train", work.model)
    whole = examples.batch(np.arange(len(examples)), task=TASK, dropout_seed=None)
    if head == "prototype":
        start = with_prototypes(learner, start, [whole], task=TASK)
    stream = Stream.root(work.meta_seed).child("adapt", work.finetune_seed).child(TASK)
    (batch, *_) = _batches(work, examples, stream)

    losses, tuned = end(fine_tune(work, context))

    assert losses[0] == pytest.approx(loss(learner, start, batch), rel=1e-4)
    assert len(losses) == 4
    assert not torch.equal(tuned.theta, start)


def test_batches_go_through_all_examples_before_one_comes_again(tuning):
    plain, context = tuning
    examples = context.table(plain.task, "train", plain.model).take(np.arange(10))
    settings = plain.settings.model_copy(update={"batch_size": 4})
    work = replace(plain, settings=settings, steps=5)
    batches = list(_batches(work, examples, Stream.root(3)))
    numbers = {tuple(examples.row(row)): row for row in range(10)}
    seen = [[numbers[row(batch, place)] for place in range(len(batch.labels))] for batch in batches]

    assert len(numbers) == 10
    assert sorted(chain(*seen[:3])) == list(range(10))
    assert len({batch.dropout_seed for batch in batches}) == 5
    assert {batch.task for batch in batches} == {TASK}


def row(batch, place):
    """Return the tokens of a batch's row, without padding."""
    length = int(batch.attention_mask[place].sum())
    return tuple(batch.input_ids[place, :length].tolist())

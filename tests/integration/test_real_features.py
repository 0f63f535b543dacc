"""Probe and prototypes of a real encoder are what scikit-learn computes by hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression, Ridge

from metabench.cli.inputs.benchmark import make_plan
from metabench.results.predictions import read_predictions
from metabench.seeding import Stream
from metabench.session.cell.context import open_context
from metabench.session.cell.run import run_cell
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec

MIRROR = os.environ.get("METABENCH_HUB", "")
pytestmark = [
    pytest.mark.skipif(not MIRROR, reason="METABENCH_HUB names no mirror of the hub"),
    pytest.mark.slow,
]
ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
FILE = f"""
schema = 1
name = "features"
[model]
id = "{ENCODER}"
max_length = 32
[tasks]
transfer = [
  {{ task = "glue/rte", shots = [16] }},
  {{ task = "glue/stsb", fractions = [0.01] }},
]
[[methods]]
id = "Probe"
algorithm = "finetune"
adaptation = {{ name = "linear-probe", c = 3.0, alpha = 0.5 }}
[[methods]]
id = "Prototypes"
algorithm = "finetune"
adaptation = "prototype"
"""
ROWS = 50  # of the evaluation set, computed by hand one at a time


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Return the cells that can be done, done, by method and task, and their context."""
    folder = tmp_path_factory.mktemp("features")
    (folder / "features.toml").write_text(FILE)
    planned = make_plan(str(folder / "features.toml"), sets=(), smoke=True, hub=Path(MIRROR))
    cells = [cell for cell in planned.plan.cells if not cell.unavailable]
    context = open_context(
        Assignment(
            folder, "features", "hash", {cell.key: cell for cell in cells},
            Runtime(planned.hub, "cpu", 1, None), ComputeSpec(),
        )
    )  # fmt: skip
    for cell in cells:
        assert run_cell(cell, context, emit=lambda _: None).status == "ok"
    return {(cell.method, cell.work.task.card.name): cell for cell in cells}, context


@pytest.fixture(scope="module")
def module():
    folder = f"{MIRROR}/models/{ENCODER}"
    return transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()


@torch.inference_mode()
def features(module, table, rows):
    """Return mean states of real tokens [rows, width] by transformers, one example at a time."""
    found = []
    for row in range(rows):
        ids, types = torch.tensor([table.row(row)]), torch.tensor([table.segments(row)])
        states = module(input_ids=ids, token_type_ids=types).last_hidden_state
        found.append(states[0].double().mean(0).numpy())
    return np.stack(found)


def by_hand(cell, context, module):
    """Return features and labels to train on, features of evaluation, and what was predicted."""
    work = cell.work
    stream = Stream.root(0).child("adapt", 0)
    if work.task.draw is not None:
        stream = stream.child("draw", work.task.draw)
    train = context.training_table(work.task, work.model, stream=stream)
    result = context.store.result(cell.folder, key=cell.key)
    _, outputs = read_predictions(context.store, cell.folder, result)
    scored = context.scored_table(work.task, work.model)
    return (
        features(module, train, len(train)), train.labels.numpy(),
        features(module, scored, ROWS), outputs[:ROWS], result,
    )  # fmt: skip


def test_the_probe_has_the_probabilities_of_logistic_regression(work, module):
    cells, context = work
    x, y, others, outputs, result = by_hand(cells["Probe", "glue/rte"], context, module)
    model = LogisticRegression(C=3.0, tol=1e-10, max_iter=10_000, solver="newton-cg").fit(x, y)

    assert np.abs(softmax(outputs, axis=1) - model.predict_proba(others)).max() < 1e-6
    assert (result.work.gradients, result.work.hvps, result.steps) == (0, 0, 0)


def test_the_probe_of_numbers_is_ridge_regression(work, module):
    cells, context = work
    x, y, others, outputs, _ = by_hand(cells["Probe", "glue/stsb"], context, module)

    found = Ridge(alpha=0.5).fit(x, y.astype(float)).predict(others)

    assert np.abs(outputs[:, 0] - found).max() < 1e-6 * np.abs(found).max()


def test_prototypes_choose_the_nearest_class_mean(work, module):
    cells, context = work
    x, y, others, outputs, _ = by_hand(cells["Prototypes", "glue/rte"], context, module)
    means = np.stack([x[y == label].mean(0) for label in range(2)])
    distances = ((others[:, None] - means) ** 2).sum(-1)

    assert np.abs(softmax(outputs, axis=1) - softmax(-distances, axis=1)).max() < 1e-6
    assert (outputs.argmax(1) == distances.argmin(1)).all()

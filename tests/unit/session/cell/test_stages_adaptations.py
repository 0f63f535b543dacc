"""MAML fine-tuned, probed and with prototypes: one meta-training, three kinds of cells."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from kit.benchmark import MAML, benchmark, method
from typing_extensions import override

import metabench
from metabench.api import CellEnded
from metabench.cli.inputs.benchmark import make_plan
from metabench.data.order import permutation
from metabench.engine.adaptation import adapted
from metabench.engine.evaluate import evaluate
from metabench.errors import DivergedError, PluginError
from metabench.learning import Adaptation, Target
from metabench.results.predictions import read_predictions
from metabench.seeding import Stream
from metabench.session.cell.context import open_context
from metabench.session.cell.run import run_cell
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec
from metabench.store.run_folder import Store
from metabench.tasks.hub import Hub
from metabench.testing import tiny_batch, tiny_learner
from metabench_adaptations.options import PrototypeOptions

NAMES = {"MAML": "fine-tuning", "MAML probed": "linear-probe", "MAML prototypes": "prototype"}
TEXT = benchmark(
    "three",
    *(MAML | {"id": name, "adaptation": adaptation} for name, adaptation in NAMES.items()),
    model={"max_length": 16},
    meta={"steps": 2},
    finetune={"epochs": 0.05},
    tasks={"target": ["embedded/entailment", "embedded/similarity"]},
)
STREAM = Stream.root(8)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a function that runs the file and returns the run and the cells that ended."""
    folder = tmp_path_factory.mktemp("adaptations")
    (folder / "three.toml").write_text(TEXT)

    def run():
        events = []
        found = metabench.run(
            folder / "three.toml", runs=folder / "runs", device="cpu", on_event=events.append
        )
        return found, {one.name: one for one in events if isinstance(one, CellEnded)}

    return run


@pytest.fixture(scope="module")
def first(run):
    """Return the first run."""
    return run()


def results(run):
    store = Store(run.folders[0])
    return {cell.name: cell.result for cell in store.cells() if cell.result}


def test_one_meta_training_serves_all_and_numbers_have_no_prototypes(first):
    _, ended = first

    assert sorted(name for name, one in ended.items() if one.status == "ok") == [
        "adapt-maml-embedded-entailment-s0-f0",
        "adapt-maml-embedded-similarity-s0-f0",
        "adapt-maml-probed-embedded-entailment-s0-f0",
        "adapt-maml-probed-embedded-similarity-s0-f0",
        "adapt-maml-prototypes-embedded-entailment-s0-f0",
        "meta-maml-s0",
    ]


def test_a_probe_counts_no_gradients_and_no_steps(first):
    run, _ = first
    found = results(run)
    probed = found["adapt-maml-probed-embedded-entailment-s0-f0"]
    tuned = found["adapt-maml-embedded-entailment-s0-f0"]

    assert (probed.steps, probed.work.gradients, probed.work.examples) == (0, 0, 0)
    assert tuned.work.gradients == tuned.steps > 0
    assert [note.distribution for note in probed.provenance.plugins] == ["metabench"]
    assert probed.losses == {}
    costs = run.costs.set_index("method")["gradients"]
    assert costs["MAML probed"] == found["meta-maml-s0"].work.gradients
    assert costs["MAML"] > costs["MAML probed"]


def test_the_leaderboard_has_a_row_for_each_and_says_what_numbers_lack(first):
    run, _ = first
    text = str(run.leaderboard())

    assert all(name in text for name in NAMES)
    assert "needs classes, and the labels of this task are numbers" in " ".join(text.split())


def test_nothing_is_computed_again(first, run):
    del first
    _, ended = run()

    assert ended == {}


class Returns(Adaptation[PrototypeOptions]):
    """Returns what a function makes of theta."""

    result = staticmethod(lambda theta: theta.clone())

    @override
    def adapt(self, learner, theta, target):
        return self.result(theta)


def adapt(result):
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)
    adaptation = Returns(PrototypeOptions())
    adaptation.result = result
    batch = tiny_batch("three", STREAM)
    target = Target("three", 3, False, lambda: iter([batch]), STREAM)
    return adapted(adaptation, learner, theta, target, provider="mine of test 1")


@pytest.mark.parametrize(
    ("result", "error", "said"),
    [
        (lambda _: None, PluginError, "gave nothing as adapt, which has to be torch.float64"),
        (lambda theta: theta[1:], PluginError, "as adapt, which has to be torch.float64"),
        (lambda theta: theta.mul_(2), PluginError, "adapt wrote to theta"),
        (lambda theta: theta / 0, DivergedError, "the norm of the adapted parameters is"),
        (lambda theta: theta.no_such, PluginError, "raised AttributeError"),
    ],
)
def test_what_an_adaptation_does_wrong_names_its_plugin(result, error, said):
    with pytest.raises(error, match=said) as raised:
        adapt(result)

    assert "mine of test 1" in str(raised.value)


INNER = benchmark(
    "inner",
    method("Meta-SGD", "meta-sgd", inner_steps=1, inner_lr=0.5, rates_lr=0.1)
    | {"adaptation": "inner"},
    model={"max_length": 16},
    meta={"steps": 2},
    tasks={
        "target": ["embedded/entailment"],
        "transfer": [{"task": "embedded/grammar", "shots": [4]}],
    },
)


def done(tmp_path):
    """Return the cells of that file, done, and their context."""
    (tmp_path / "inner.toml").write_text(INNER)
    planned = make_plan(str(tmp_path / "inner.toml"), sets=(), smoke=False, hub=None)
    cells = {cell.key: cell for cell in planned.plan.cells}
    context = open_context(
        Assignment(tmp_path, "inner", "hash", cells, Runtime(Hub(), "cpu", 1, None), ComputeSpec())
    )
    for cell in cells.values():
        assert run_cell(cell, context, emit=lambda _: None).status == "ok"
    return cells, context


def test_learned_rates_are_taken_to_a_target_and_a_new_head_has_the_first_ones(tmp_path):
    """With 4 examples of each of two classes, the one inner step is on all examples."""
    cells, context = done(tmp_path)
    meta, _, few = cells.values()
    work, task = few.work, "embedded/grammar"
    values = context.parameters(meta.key)
    learner = context.learner(work.model, None, {task: work.task})
    table = context.training_table(work.task, work.model, stream=Stream.root(0))
    heads = learner.fresh_head(task, Stream.root(0).child("heads", 0))
    start = torch.cat([*(values[p.name].flatten() for p in learner.layout.encoder), heads])
    learned = [values[f"blocks/rates/{p.name}"].flatten() for p in learner.layout.encoder]
    rates = torch.cat([*learned, torch.full_like(heads, 0.5)])
    stream = Stream.root(0).child("adapt", 0).child("draw", 0).child(task, "adaptation")
    seed = stream.child("dropout", task, 0, 0).seed
    rows = permutation(8, stream=stream.child("rows", task, 0))
    batch = table.batch(rows, task=task, dropout_seed=seed)
    theta = start - rates * learner.gradient(start, batch)
    expected = evaluate(learner, theta, context.scored_table(work.task, work.model), task=task)
    result = context.store.result(few.folder, key=few.key)
    _, outputs = read_predictions(context.store, few.folder, result)

    assert np.abs(outputs - expected).max() < 1e-5
    assert (result.steps, result.work.gradients) == (0, 1)
    assert not torch.allclose(torch.cat(learned), torch.tensor(0.5))

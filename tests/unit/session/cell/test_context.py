"""What cells share in a process: which examples they train on and are scored on, loaded once."""

from __future__ import annotations

import pytest
import torch

from metabench.errors import DataError, StoreError
from metabench.nn.bert.compiled import CompiledLayer
from metabench.nn.curvature import Curvature
from metabench.nn.encoder import load_encoder
from metabench.plan.cell import Cell, TaskUse
from metabench.plugin.catalog import load_catalog
from metabench.seeding import Stream
from metabench.session.cell.context import open_context
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec, ModelSpec
from metabench.store.records.cell import FileNote, Result
from metabench.tasks.hub import Hub

MODEL = ModelSpec(id="embedded/encoder", weights="random", max_length=32)
KEY = "a" * 64
CELL = Cell("meta", "meta-joint-s0", KEY, {}, work=None)
STREAM = Stream.root(5).child("finetune")


@pytest.fixture
def context(tmp_path):
    """Return an empty context on the CPU."""
    runtime = Runtime(Hub(), "cpu", 1, None)
    return open_context(Assignment(tmp_path, "demo", "hash", {KEY: CELL}, runtime, ComputeSpec()))


def use(name="embedded/grammar", **fields):
    card = load_catalog().task(name).value
    counts = {"train_rows": card.splits[card.train], "scored_rows": card.splits[card.scored]}
    return TaskUse(card, "target", card.train, card.scored, "", **counts | fields)


def texts(table):
    return [tuple(table.row(row)) for row in range(len(table))]


def examples(table):
    return list(zip(texts(table), table.labels.tolist(), strict=True))


def test_a_cell_trains_on_all_examples_unless_it_is_told_how_many(context):
    whole = context.table(use(), "train", MODEL)

    assert context.training_table(use(), MODEL, stream=STREAM) is whole
    assert context.training_table(use(rows=len(whole)), MODEL, stream=STREAM) is whole
    assert len(context.training_table(use(rows=len(whole) - 1), MODEL, stream=STREAM)) == (
        len(whole) - 1
    )


def test_fewer_examples_are_among_more_and_another_seed_has_others(context):
    few, more = (context.training_table(use(rows=n), MODEL, stream=STREAM) for n in (10, 40))
    other = context.training_table(use(rows=10), MODEL, stream=Stream.root(6).child("finetune"))

    assert examples(more)[:10] == examples(few)
    assert set(texts(other)) != set(texts(few))


def test_a_draw_has_its_shots_of_each_class_whatever_the_seed_and_nests(context):
    four, eight, other = (
        context.training_table(use(shots=shots, draw=draw, rows=2 * shots), MODEL, stream=STREAM)
        for shots, draw in ((4, 0), (8, 0), (4, 1))
    )
    again = context.training_table(use(shots=4, draw=0, rows=8), MODEL, stream=Stream.root(9))

    assert sorted(four.labels.tolist()) == [0] * 4 + [1] * 4
    assert set(examples(four)) <= set(examples(eight))
    assert len(eight) == 16
    assert examples(again) == examples(four)
    assert set(texts(other)) != set(texts(four))


def test_a_draw_that_asks_for_more_than_a_class_has_names_the_class(context):
    whole = context.table(use(), "train", MODEL)
    rarest = min(whole.labels.tolist().count(label) for label in (0, 1))
    said = f"asks for {rarest + 1} examples of each class, and class '.*' has {rarest} examples"

    with pytest.raises(DataError, match=said):
        context.training_table(
            use(shots=rarest + 1, draw=0, rows=2 * rarest + 2), MODEL, stream=STREAM
        )


def test_few_shots_are_so_many_of_each_class_of_a_draw_whatever_the_seed(context):
    drawn = [
        context.training_table(use(shots=3, draw=draw), MODEL, stream=STREAM) for draw in (0, 1)
    ]
    other = context.training_table(use(shots=3, draw=0), MODEL, stream=Stream.root(6))

    assert [sorted(table.labels.tolist()) for table in drawn] == [[0, 0, 0, 1, 1, 1]] * 2
    assert set(texts(drawn[0])) != set(texts(drawn[1]))
    assert examples(other) == examples(drawn[0])


def test_the_control_has_the_same_labels_on_other_texts_whatever_the_seed(context):
    plain = context.training_table(use(), MODEL, stream=STREAM)
    one, other = (
        context.training_table(use(shuffled=True), MODEL, stream=Stream.root(seed))
        for seed in (0, 1)
    )

    assert texts(one) == texts(plain)
    assert sorted(one.labels.tolist()) == sorted(plain.labels.tolist())
    assert one.labels.tolist() != plain.labels.tolist()
    assert one.labels.tolist() == other.labels.tolist()


def test_targets_are_standardised_by_the_examples_in_use_alone(context):
    number = use("embedded/similarity")
    card = number.card.model_copy(update={"standardise": True})
    fields = {"card": card, "role": "target", "train": number.train, "scored": number.scored}
    fields |= {"identity": "", "train_rows": number.train_rows, "scored_rows": 1}
    table = context.training_table(TaskUse(**fields, rows=30), MODEL, stream=STREAM)

    assert table.labels.double().mean().item() == pytest.approx(0, abs=1e-6)
    assert table.labels.double().std(correction=0).item() == pytest.approx(1, rel=1e-5)
    assert context.training_table(number, MODEL, stream=STREAM).scale is None


def test_every_example_is_scored_unless_a_smoke_run_limits_them(context):
    whole = context.scored_table(use(), MODEL)
    few = context.scored_table(use(scored_limit=7), MODEL)
    card = use().card

    assert len(whole) == card.splits[card.scored]
    assert context.scored_table(use(scored_limit=len(whole)), MODEL) is whole
    assert len(few) == 7
    assert set(texts(few)) <= set(texts(whole))
    assert texts(few) == texts(context.scored_table(use(scored_limit=9), MODEL))[:7]


def test_what_is_loaded_is_loaded_once_and_told_apart_by_split_and_length(context):
    table = context.table(use(), "train", MODEL)
    shorter = MODEL.model_copy(update={"max_length": 8})

    assert context.table(use(), "train", MODEL) is table
    assert context.table(use(), "scored", MODEL) is not table
    assert context.table(use(), "train", shorter).lengths.max() <= 8
    assert context.tokenizer(MODEL) is context.tokenizer(MODEL)
    assert context.encoder(MODEL, None) is context.encoder(MODEL, None)


def test_random_weights_are_the_same_in_every_run_whatever_its_seeds(context):
    found = context.encoder(MODEL, None).module.state_dict()
    same, other = (
        load_encoder(MODEL, hub=Hub(), stream=Stream.root(seed)).module.state_dict()
        for seed in (0, 1)
    )

    assert all(torch.equal(found[name], value) for name, value in same.items())
    assert not all(torch.equal(found[name], value) for name, value in other.items())


def test_a_learner_has_a_head_for_each_task_with_its_outputs_and_kind(context):
    heads = {"a": use("embedded/entailment"), "b": use("embedded/similarity")}
    learner = context.learner(MODEL, None, heads)
    curved = context.learner(MODEL, None, heads, curvature=Curvature("central"))

    assert {name: (head.outputs, head.regression) for name, head in learner.heads.items()} == {
        "a": (len(heads["a"].card.labels), False),
        "b": (1, True),
    }
    assert learner.curvature is None
    assert curved.curvature == Curvature("central")
    assert not learner.autocast


def test_layers_are_compiled_only_where_that_was_asked_for(context):
    assert not context.compiles
    assert context.uncompiled == ""


def test_why_layers_are_not_compiled_is_known_where_that_was_asked_for(context):
    context.layers = CompiledLayer()
    assert (context.compiles, context.uncompiled) == (True, "")

    context.layers = CompiledLayer(failure="no compiler")
    assert not context.compiles
    assert context.uncompiled == (
        "compute.compile: layers are computed plainly, because they could not be compiled"
        " (no compiler)"
    )


def test_other_cells_take_the_place_of_those_that_were_known(context):
    other = Cell("meta", "other", "b" * 64, {}, work=None)
    context.take({other.key: other})

    assert context.assignment.cells == {other.key: other}
    assert (context.assignment.benchmark, context.assignment.spec_hash) == ("demo", "hash")
    assert not context.faulted


def test_parameters_that_a_copy_left_out_are_told_from_those_of_a_cell_that_is_not_done(
    context, provenance
):
    file = FileNote(path="parameters.safetensors", bytes=1, sha256="0" * 64)
    result = Result(
        kind="meta", name=CELL.name, key=KEY, wall_seconds=1.0, left_out=(file,),
        provenance=provenance,
    )  # fmt: skip
    context.store.commit_result(CELL.folder, result)

    with pytest.raises(StoreError, match="was left out of this copy of the records"):
        context.parameters(KEY)

    context.store.commit_result(CELL.folder, result.model_copy(update={"left_out": ()}))
    with pytest.raises(StoreError, match="is not done"):
        context.parameters(KEY)

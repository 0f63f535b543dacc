"""An adaptation is in the key of the cells that it makes, and fine-tuning's settings are not."""

from __future__ import annotations

import pytest
from kit.benchmark import MAML, benchmark

from metabench.cli.inputs.benchmark import make_plan
from metabench.session.runner import wire


@pytest.fixture
def cells(tmp_path):
    """Return the function that plans MAML with an adaptation: its cells by name."""

    def cells(adaptation=None, *sets):
        given = MAML if adaptation is None else MAML | {"adaptation": adaptation}
        targets = ["embedded/entailment", "embedded/similarity"]
        text = benchmark("keys", given, meta={"steps": 2}, tasks={"target": targets})
        (tmp_path / "keys.toml").write_text(text)
        planned = make_plan(str(tmp_path / "keys.toml"), sets=sets, smoke=False, hub=None)
        return {cell.name: cell for cell in planned.plan.cells}

    return cells


def keys(cells):
    return {name: cell.key for name, cell in cells.items()}


ENTAILMENT = "adapt-maml-embedded-entailment-s0-f0"


@pytest.mark.parametrize("asked", ["fine-tuning", {"name": "fine-tuning"}])
def test_fine_tuning_by_its_name_has_the_keys_of_a_file_that_names_nothing(cells, asked):
    assert keys(cells(asked)) == keys(cells())


def test_a_probe_shares_the_meta_training_and_has_a_key_of_its_own(cells):
    plain, probed = keys(cells()), keys(cells("linear-probe"))

    assert plain["meta-maml-s0"] == probed["meta-maml-s0"]
    assert plain[ENTAILMENT] != probed[ENTAILMENT]


def test_an_option_at_its_default_is_the_same_cell_and_another_value_another(cells):
    by_name = keys(cells("linear-probe"))

    assert keys(cells({"name": "linear-probe", "c": 1.0})) == by_name
    assert keys(cells({"name": "linear-probe", "c": 2.0}))[ENTAILMENT] != by_name[ENTAILMENT]


def test_a_probe_does_not_depend_on_the_settings_of_fine_tuning(cells):
    changes = ("finetune.epochs=2", "finetune.batch_size=8", "finetune.optimizer.lr=1e-4")

    assert keys(cells("linear-probe", *changes)) == keys(cells("linear-probe"))
    assert keys(cells(None, *changes))[ENTAILMENT] != keys(cells())[ENTAILMENT]


def test_an_inner_loop_depends_on_its_batches_and_not_on_the_optimizer_of_fine_tuning(cells):
    inner = keys(cells("inner"))
    optimizer = keys(cells("inner", "finetune.epochs=2", "finetune.optimizer.lr=1e-4"))

    assert optimizer == inner
    assert keys(cells("inner", "finetune.batch_size=8"))[ENTAILMENT] != inner[ENTAILMENT]
    assert inner["meta-maml-s0"] == keys(cells())["meta-maml-s0"]


def test_prototypes_of_numbers_are_unavailable_with_the_reason(cells):
    reasons = {cell.work.task.card.name: cell.unavailable
               for cell in cells("prototype").values() if cell.kind == "adapt"}  # fmt: skip

    assert reasons == {
        "embedded/entailment": "",
        "embedded/similarity": "adaptation 'prototype' needs classes, and the labels of this task"
        " are numbers",
    }


@pytest.mark.parametrize("adaptation", [{"name": "linear-probe", "c": 0.5}, "inner"])
def test_a_cell_with_an_adaptation_arrives_at_an_agent_as_it_was(cells, adaptation):
    cell = cells(adaptation)[ENTAILMENT]
    arrived = wire.cell_of(wire.unpacked(wire.packed("cell", cell=wire.packed_cell(cell)))["cell"])

    assert arrived == cell
    assert repr(arrived) == repr(cell)
    assert arrived.work.adaptation.options == cell.work.adaptation.options

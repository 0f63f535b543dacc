"""Which cell predicts which file, and what is said where none does."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.errors import DataError, NothingMatchedError
from metabench.plugin.catalog import load_catalog
from metabench.session.export.glue import chosen_uses, glue_parts
from metabench.store.records.run import ColumnNote, RunNote, UseNote
from metabench.tasks.hub import Hub

README = """---
configs:
- config_name: rte
  data_files:
  - split: test
    path: rte.parquet
- config_name: mnli
  data_files:
  - split: validation_matched
    path: rte.parquet
---
"""


def column(task, role="target"):
    return ColumnNote(
        name=task, task=task, title=task, role=role, metric="accuracy", metric_title="accuracy"
    )


def use(method, task, seed, finetune_seed=0):
    cell = f"{method}-{task}-{seed}-{finetune_seed}".replace("/", "-")
    key = hashlib.sha256(cell.encode()).hexdigest()
    return UseNote(
        method=method, column=task, meta_seed=seed, finetune_seed=finetune_seed, cell=cell, key=key
    )


NOTE = RunNote(
    name="demo",
    methods=("BERT", "Reptile"),
    columns=(
        column("glue/rte"),
        column("glue/stsb"),
        column("mine"),
        column("glue/cola", "transfer"),
    ),
    uses=tuple(
        use(method, task, seed, nested)
        for method in ("BERT", "Reptile")
        for task in ("glue/rte", "glue/stsb", "mine", "glue/cola")
        for seed in (7, 3)
        for nested in (0, 1)
    ),
)


def test_targets_that_are_tasks_of_glue_are_taken_with_the_first_seeds():
    found = chosen_uses(NOTE, method="Reptile", seed=None)

    assert {task: use.cell for task, use in found.items()} == {
        "glue/rte": "Reptile-glue-rte-7-0",
        "glue/stsb": "Reptile-glue-stsb-7-0",
    }


def test_another_meta_seed_can_be_named():
    assert chosen_uses(NOTE, method="BERT", seed=3)["glue/rte"].cell == "BERT-glue-rte-3-0"


@pytest.mark.parametrize(
    ("requested", "problem", "hint"),
    [
        ({"method": "reptil", "seed": None}, r"no method 'reptil'", r"mean 'Reptile'\?"),
        ({"method": "XYZ", "seed": None}, r"no method 'XYZ'", r"one of 'BERT', 'Reptile'"),
        ({"method": "BERT", "seed": 0}, r"no meta seed 0", r"one of 3, 7"),
    ],
)
def test_what_the_run_does_not_have_is_named_with_what_it_has(requested, problem, hint):
    with pytest.raises(NothingMatchedError, match=problem) as caught:
        chosen_uses(NOTE, **requested)

    assert caught.match(hint)


def test_a_run_without_a_task_of_glue_is_refused():
    own = NOTE.model_copy(update={"columns": (column("mine"),), "uses": (use("BERT", "mine", 0),)})

    with pytest.raises(NothingMatchedError, match=r"no target of the run 'demo' is a task of GLUE"):
        chosen_uses(own, method="BERT", seed=None)


@pytest.fixture
def hub(tmp_path):
    """Return a mirror with three test rows of RTE and matched validation rows of MNLI."""
    folder = tmp_path / "datasets" / "nyu-mll" / "glue"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text(README)
    pq.write_table(pa.table({"sentence1": ["a", "b", "c"]}), folder / "rte.parquet")
    return Hub(mirror=tmp_path, offline=True)


def parts(hub, *tasks, split="test"):
    catalog = load_catalog()
    cells = {task: SimpleNamespace(folder=f"cell of {task}") for task in tasks}
    cards = {task: catalog.task(task).value for task in tasks}
    return glue_parts(cells, cards, split=split, hub=hub)


def test_a_file_without_a_cell_is_to_be_filled(hub):
    found, unfilled = parts(hub, "glue/rte")

    assert [(part.file.name, part.cell, part.split, part.rows) for part in found] == [
        ("RTE", "cell of glue/rte", "test", 3)
    ]
    assert len(unfilled) == 10
    assert {gap.why for gap in unfilled if gap.file.name == "MNLI-mm"} == {
        "glue/mnli is no target of the run"
    }


def test_rows_that_are_missing_of_a_split_are_said(hub):
    ((part,), _) = parts(hub, "glue/rte")

    assert part.shortfall == "PARTIAL: RTE.tsv has 3 of 3,000 rows"


def test_a_test_split_that_is_not_at_hand_is_named(hub):
    with pytest.raises(DataError, match=r"'test', which AX\.tsv predicts, are missing") as caught:
        parts(hub, "glue/mnli")

    assert caught.value.where == "glue/ax"
    assert "--split validation" in caught.value.hint


def test_for_checking_a_split_that_is_not_at_hand_is_left_out(hub):
    found, unfilled = parts(hub, "glue/mnli", split="validation")
    why = {gap.file.name: gap.why for gap in unfilled}

    assert [(part.file.name, part.split) for part in found] == [("MNLI-m", "validation_matched")]
    assert why["AX"] == "it has no examples with labels"
    assert "no split 'validation_mismatched'" in why["MNLI-mm"]


def test_where_nothing_can_be_checked_that_is_an_error(hub):
    with pytest.raises(DataError, match=r"no examples with labels are available for glue/rte"):
        parts(hub, "glue/rte", split="validation")

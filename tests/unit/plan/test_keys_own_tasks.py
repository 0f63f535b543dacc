"""Tasks of one's own in a plan: content enters the keys, paths and names of places do not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from metabench.errors import DataError
from metabench.plan.build import build_plan
from metabench.plugin.catalog import load_catalog
from metabench.spec.reading.load import load_benchmark
from metabench.tasks.encoder import model_identity
from metabench.tasks.hub import Hub

FILE = """\
schema = 1
name = "own"
[model]
id = "{encoder}"
weights = "random"
[tasks]
{role} = ["my/task"]
{target}
[[tasks.define]]
name = "my/task"
train = "{train}"
scored = "dev.csv"
text = ["sentence"]
[[methods]]
id = "Plain"
algorithm = "plain"
[[methods]]
id = "Loop"
algorithm = "loop"
"""
TRAIN = "sentence,label\na,x\nb,y\nc,z\nd,x\n"
SCORED = "sentence,label\na,x\nf,y\n"


@pytest.fixture
def plan(world):
    """Return the function that plans a benchmark with a task of one's own below a folder."""

    def make(folder, *, train="train.csv", content=TRAIN, role="target", target="", encoder=""):
        (folder / train).parent.mkdir(parents=True, exist_ok=True)
        (folder / train).write_text(content)
        (folder / "dev.csv").write_text(SCORED)
        path = folder / "bench.toml"
        encoder = encoder or world.folder / "encoder"
        path.write_text(FILE.format(encoder=encoder, train=train, role=role, target=target))
        benchmark = load_benchmark(path, catalog=world.catalog)
        return build_plan(benchmark, catalog=world.catalog, hub=Hub(offline=True))

    return make


def keys(plan):
    return [cell.key for cell in plan.cells]


def test_the_same_files_in_another_folder_under_another_name_have_the_same_keys(plan, tmp_path):
    here = plan(tmp_path / "here")
    there = plan(tmp_path / "there", train="deep/down/rows.csv")

    assert keys(here) == keys(there)
    assert str(tmp_path) not in str([cell.inputs for cell in here.cells])


def test_another_row_makes_every_cell_another_one(plan, tmp_path):
    before = keys(plan(tmp_path))
    after = keys(plan(tmp_path, content=TRAIN + "e,y\n"))

    assert not set(before) & set(after)


def test_the_head_has_an_output_for_each_class_that_was_found(plan, tmp_path):
    (adapt, *_) = [cell for cell in plan(tmp_path).cells if cell.kind == "adapt"]

    assert adapt.work.task.card.labels == ("x", "y", "z")
    assert adapt.inputs["task"]["labels"] == ["x", "y", "z"]
    assert (adapt.work.task.train_rows, adapt.work.task.scored_rows) == (4, 2)


def test_what_stands_in_both_splits_is_noted_with_the_plan_and_its_cells(plan, tmp_path):
    note = "OVERLAP: my/task: 1 of 2 evaluation examples is in the training split"
    made = plan(tmp_path)

    assert note in made.notes
    assert all(note in cell.notes for cell in made.cells if cell.kind == "adapt")


def test_the_scored_file_of_an_auxiliary_task_is_not_read(plan, tmp_path, world):
    plan(tmp_path, role="auxiliary", target='target = ["toy/small"]')
    (tmp_path / "dev.csv").unlink()
    benchmark = load_benchmark(tmp_path / "bench.toml", catalog=world.catalog)

    assert build_plan(benchmark, catalog=world.catalog, hub=Hub()).cells


def test_examples_without_a_label_are_left_out_only_where_a_task_is_not_scored(plan, tmp_path):
    content, role = TRAIN + "e,\n", {"role": "auxiliary", "target": 'target = ["toy/small"]'}
    with pytest.raises(DataError, match="the label is empty"):
        plan(tmp_path / "target", content=content)

    (rows,) = {
        use.train_rows
        for cell in plan(tmp_path / "auxiliary", content=content, **role).cells
        for use in cell.uses
        if use.card.name == "my/task"
    }
    assert rows == 4


def test_a_file_that_is_missing_is_said_while_planning(plan, tmp_path, world):
    plan(tmp_path)
    shutil.move(tmp_path / "train.csv", tmp_path / "gone.csv")
    benchmark = load_benchmark(tmp_path / "bench.toml", catalog=world.catalog)

    with pytest.raises(DataError, match=r"bench.toml:11: tasks.define\[0\].train: .* no such file"):
        build_plan(benchmark, catalog=world.catalog, hub=Hub())


def test_the_shipped_encoder_spells_the_words_of_every_task_but_the_embedded_ones(plan, tmp_path):
    own = plan(tmp_path, encoder="embedded/encoder")
    named = plan(tmp_path, encoder="embedded/characters")
    words = identity("embedded/encoder")

    assert keys(own) == keys(named)
    assert {cell.work.model.id for cell in own.cells} == {"embedded/characters"}
    assert {cell.inputs["model"] for cell in own.cells} == {identity("embedded/characters")}
    assert words != identity("embedded/characters")


def test_with_the_embedded_tasks_alone_the_shipped_encoder_stays_what_it_was():
    catalog = load_catalog()
    path = Path(__file__).parents[3] / "benchmarks" / "quickstart.toml"
    cells = build_plan(load_benchmark(path, catalog=catalog), catalog=catalog, hub=Hub()).cells

    assert {cell.work.model.id for cell in cells} == {"embedded/encoder"}
    assert {cell.inputs["model"] for cell in cells} == {identity("embedded/encoder")}


def test_the_examples_of_each_class_are_counted_and_enter_no_key(plan, tmp_path):
    made = plan(tmp_path)
    (use,) = {id(use): use for cell in made.cells for use in cell.uses if cell.kind == "adapt"
              and cell.method == "Plain" and cell.work.meta_seed == 0}.values()  # fmt: skip

    assert use.classes == {"train": {"x": 2, "y": 1, "z": 1}, "scored": {"x": 1, "y": 1, "z": 0}}
    assert "classes" not in str([cell.inputs for cell in made.cells])


def test_a_class_that_most_support_batches_lack_is_named(plan, tmp_path):
    often = "".join(f"text {row},often\n" for row in range(199))
    made = plan(tmp_path, content=f"sentence,label\n{often}z,x\ny,y\n")

    # 1 of 201 examples: a batch of 32 has none of them with probability (200 / 201)^32 = 0.852.
    (found,) = [note for note in made.notes if note.startswith("SUPPORT")]
    assert found.startswith("SUPPORT: my/task: 85 % of batches of 32 have no example of class 'x'")


def identity(encoder):
    return model_identity(encoder, revision=None, weights="random", hub=Hub())

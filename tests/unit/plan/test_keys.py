"""A key changes with what the numbers depend on, and with nothing else."""

from __future__ import annotations

import json

import pytest

import metabench.plan.keys
from metabench.plan.keys import Sources, metric_inputs
from metabench.plan.plan import Plan


def keys(plan: Plan, method: str | None = None) -> dict[str, str]:
    return {cell.name: cell.key for cell in plan.cells if method in {None, cell.method}}


def changed(before: Plan, after: Plan) -> set[str]:
    old, new = keys(before), keys(after)
    return {name for name in old.keys() & new.keys() if old[name] != new[name]}


@pytest.mark.parametrize(
    "change",
    [
        ('name = "small"', 'name = "other"'),
        ("[seeds]", "[compute]\nthreads = 4\nprecision = 'fp32'\n\n[seeds]"),
        ("[seeds]", "[compare]\nbaselines = ['Plain']\nalpha = 0.1\n\n[seeds]"),
        ("epochs = 2", "steps = 72"),
        ("batch_size = 4", "batch_size = 4\noptimizer = { lr = 5.0e-5 }"),
        ('algorithm = "loop"', 'algorithm = "loop"\nsampler = "pps"'),
        ('algorithm = "loop"', 'algorithm = "loop"\noptions = { inner_lr = 0.001 }'),
        ('["toy/small", "toy/tiny"]', '["toy/tiny", "toy/small"]'),
    ],
)
def test_what_does_not_change_a_number_changes_no_key(world, change):
    assert keys(world.plan(change)) == keys(world.plan())


def test_a_second_plan_has_the_same_keys(world):
    assert keys(world.plan()) == keys(world.plan())


def test_versions_folders_comments_and_docstrings_change_no_key(make_world):
    before = make_world("class Loop: ...\n", version="1.0", module="toy_stable")
    old = keys(before.plan())
    before.source.write_text('"""Now with a docstring."""\nclass Loop:  # and a comment\n    ...\n')
    after = make_world(before.source.read_text(), version="2.0", module="toy_stable")

    assert keys(after.plan()) == old


def test_the_source_of_an_algorithm_changes_what_it_computes(make_world):
    world = make_world(module="toy_changing")
    before = world.plan()
    world.source.write_text("class Loop: x = 1\n", encoding="utf-8")
    after = world.plan()

    assert changed(before, after) == set(keys(before))  # the metric lives in the module, too


@pytest.mark.parametrize(
    ("way", "depends"), [("central", True), ("forward", True), ("exact", False)]
)
def test_how_differences_are_taken_changes_the_cells_that_take_them_alone(
    world, monkeypatch, way, depends
):
    sets = (f"methods.Loop.options.way={way}",)
    before = world.plan(sets=sets)
    monkeypatch.setattr(metabench.plan.keys, "DIFFERENCES_FORMAT", 99)

    assert changed(before, world.plan(sets=sets)) == (
        set(keys(before, "Loop")) if depends else set()
    )


def test_what_the_formats_of_numbers_are_is_pinned(world):
    """Raising one makes every cell of its kind stale: a decision, never a slip."""
    inputs = [cell.inputs for cell in world.plan(sets=("methods.Loop.options.way=central",)).cells]

    assert {one.get("differences") for one in inputs} == {None, 3}
    assert {one["engine"] for one in inputs} == {2}


def test_an_option_that_came_later_is_in_a_key_only_where_it_is_not_the_default(world, monkeypatch):
    """So that cells from before the option keep their keys."""
    other = ("methods.Loop.options.inner_lr=0.01",)
    without, with_other = world.plan(), world.plan(sets=other)
    monkeypatch.setattr(world.catalog.algorithm("loop").value.options, "later_fields", {"inner_lr"})
    cells = [cell for cell in world.plan().cells if cell.kind == "meta"]

    assert {"inner_steps": 3, "way": None} in [c.inputs["algorithm"]["options"] for c in cells]
    assert changed(without, world.plan()) == set(keys(without, "Loop"))
    assert changed(with_other, world.plan(sets=other)) == set()


def test_settings_of_pretraining_that_came_later_are_in_a_key_only_where_they_are_given(world):
    pretrain = ("[seeds]", "[pretrain]\nsteps = 3\n\n[seeds]")
    before = world.plan(pretrain)

    assert changed(before, world.plan(pretrain, sets=("pretrain.clip=0.0",))) == set()
    for text in ("pretrain.clip=1.0", "pretrain.decay=matrices"):
        assert changed(before, world.plan(pretrain, sets=(text,))) == set(keys(before))


def test_an_option_changes_the_cells_of_its_method_alone(world):
    before, after = world.plan(), world.plan(sets=("methods.Loop.options.inner_lr=0.01",))

    assert changed(before, after) == set(keys(before, "Loop"))


def test_an_outer_setting_changes_what_is_meta_trained(world):
    before = world.plan()

    for text in ("meta.optimizer.lr=1e-3", "meta.batch_size=5", "meta.tasks_per_step=3"):
        assert changed(before, world.plan(sets=(text,))) == set(keys(before, "Loop"))


def test_fine_tuning_changes_adapt_cells_alone(world):
    before, after = world.plan(), world.plan(sets=("finetune.optimizer.lr=1e-3",))

    assert changed(before, after) == {cell.name for cell in before.cells if cell.kind == "adapt"}


def test_a_trained_part_is_in_the_keys_of_its_stage_alone_and_in_no_key_by_default(world):
    before = world.plan()
    tuned = {cell.name for cell in before.cells if cell.kind == "adapt"}

    for text in (
        '["encoder", "head"]',
        '["head", "encoder"]',
        '["encoder"]',
        '["encoder", "bias"]',
    ):
        assert changed(before, world.plan(sets=(f"meta.train={text}",))) == set()
    bias = world.plan(sets=('meta.train=["bias"]',))
    assert changed(before, bias) == set(keys(before, "Loop"))
    assert changed(bias, world.plan(sets=('meta.train=["head", "bias"]',))) == set()
    assert changed(before, world.plan(sets=('finetune.train=["bias"]',))) == tuned


def test_a_method_can_train_another_part_in_both_stages_or_in_each(world):
    everywhere = ('id = "Loop"', 'id = "Loop"\ntrain = ["bias"]')
    each = ('id = "Loop"', 'id = "Loop"\ntrain = { meta = ["bias"], finetune = ["bias"] }')
    last = ('id = "Loop"', 'id = "Loop"\ntrain = { finetune = ["bias"] }')
    before, both = world.plan(), world.plan(everywhere)
    tuned = {cell.name for cell in before.cells if cell.kind == "adapt" and cell.method == "Loop"}
    settings = ('meta.train=["bias"]', 'finetune.train=["bias"]')

    assert changed(before, both) == set(keys(before, "Loop"))
    assert keys(world.plan(each)) == keys(both)
    assert changed(before, world.plan(last)) == tuned
    assert changed(both, world.plan(sets=settings)) == set(keys(before, "Plain"))


@pytest.mark.parametrize(
    "change",
    [
        ("[0.001, 0.5]", "[0.001, 0.5, 0.25]"),
        ("transfer = [", 'transfer = ["toy/spare", '),
        ("meta = [0, 1]", "meta = [0, 1, 2]\nfinetune = 2"),
        ('[[methods]]\nid = "Loop"', ('[[methods]]\nid = "New"\nalgorithm = "loop"\n'
         'options = { inner_steps = 1 }\n[[methods]]\nid = "Loop"')),
    ],
)  # fmt: skip
def test_more_fractions_transfer_tasks_seeds_and_methods_change_no_cell_that_is_there(
    world, change
):
    before, after = keys(world.plan()), keys(world.plan(change))

    assert len(after) > len(before)
    assert before.items() <= after.items()


def test_one_more_target_changes_what_is_meta_trained(world):
    before = world.plan()
    after = world.plan(('"toy/tiny"]', '"toy/tiny", "toy/spare"]'))

    assert changed(before, after) == set(keys(before, "Loop"))


def test_an_auxiliary_task_that_becomes_a_target_changes_what_is_meta_trained(world):
    before = world.plan(('auxiliary = ["toy/large"]', 'auxiliary = ["toy/large", "toy/spare"]'))
    after = world.plan(('"toy/tiny"]', '"toy/tiny", "toy/spare"]'))

    assert changed(before, after) == set(keys(before, "Loop"))


def test_the_files_of_the_encoder_change_every_cell(world):
    before = world.plan()
    (world.folder / "encoder" / "tokenizer.json").write_text('{"a": 1}', encoding="utf-8")

    assert changed(before, world.plan()) == set(keys(before))


def test_where_the_encoder_lies_changes_no_cell(world):
    before = world.plan()
    (world.folder / "encoder").rename(world.folder / "moved")
    after = world.plan((str(world.folder / "encoder"), str(world.folder / "moved")))

    assert keys(after) == keys(before)


def test_pretraining_changes_every_cell_and_its_steps_too(world):
    with_5 = world.plan(("[meta]", "[pretrain]\nsteps = 5\n\n[meta]"))
    with_6 = world.plan(("[meta]", "[pretrain]\nsteps = 6\n\n[meta]"))

    assert changed(world.plan(), with_5) == set(keys(world.plan()))
    assert changed(with_5, with_6) == set(keys(with_5))


def test_the_head_matters_only_where_meta_training_left_one(world):
    before, after = world.plan(), world.plan(sets=("finetune.head=fresh",))

    assert changed(before, after) == {
        cell.name
        for cell in before.cells
        if cell.kind == "adapt" and cell.needs and cell.work.task.role == "target"
    }


def test_a_head_of_prototypes_is_another_cell_for_every_task_with_classes(world):
    before, after = world.plan(), world.plan(sets=("finetune.head=prototype",))
    tuned = [cell for cell in after.cells if cell.kind == "adapt"]

    assert changed(before, after) == {cell.name for cell in before.cells if cell.kind == "adapt"}
    assert {cell.inputs["finetune"]["head"] for cell in tuned} == {"prototype"}


def test_what_predictions_are_clipped_to_is_part_of_how_they_are_scored_and_nothing_else():
    targets = {"pearson": "metabench.metrics.scores:pearson"}
    (plain,) = metric_inputs(targets, Sources(), bounds=None).values()
    (bounded,) = metric_inputs(targets, Sources(), bounds=(0.0, 5.0)).values()

    assert plain.keys() == {"target", "source"}  # as in runs of before
    assert bounded == {**plain, "bounds": [0.0, 5.0]}


def features(plan: Plan) -> set[object]:
    return {cell.inputs.get("features") for cell in plan.cells}


def test_only_encoders_other_than_bert_carry_the_format_of_their_features(world):
    """So that no key of a BERT cell changes with what is mended for the others."""
    config = world.folder / "encoder" / "config.json"
    assert features(world.plan()) == {None}

    for kind, expected in (("bert", None), ("roberta", 2)):
        config.write_text(json.dumps({"model_type": kind, "vocab_size": 100}))
        assert features(world.plan()) == {expected}


def test_what_auto_pooling_means_for_a_decoder_is_part_of_its_key(world):
    config = world.folder / "encoder" / "config.json"
    config.write_text(json.dumps({"model_type": "gpt2", "vocab_size": 100}))
    plan = world.plan()

    assert {cell.inputs["pooling"] for cell in plan.cells} == {"last"}
    assert {cell.work.model.pooling for cell in plan.cells} == {"last"}
    assert keys(plan) == keys(world.plan(("[tasks]", "pooling = 'last'\n\n[tasks]")))

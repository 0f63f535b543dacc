"""Few-shot training sets that come with the data: each draw is a split, and each fault is named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from metabench.api import HubSource, TaskCard
from metabench.errors import DataError
from metabench.plugin.status import Offer
from metabench.seeding import Stream
from metabench.session.cell.context import open_context
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec, ModelSpec
from metabench.tasks.hub import Hub

FRACTIONS = '{ task = "toy/other", fractions = [0.001, 0.5] }'
SHOTS = '{ task = "few/mood", shots = [1, 2], draws = 2 }'


def rows(shots, draw):
    return [{"text": f"{label} {draw} {number}", "label": label, "unused": 0}
            for number in range(shots) for label in ("sad", "glad")]  # fmt: skip


@pytest.fixture
def few(world, tmp_path):
    """Return a world with a task that brings two sets each of one and two shots."""
    folder = tmp_path / "clone"
    (folder / "data").mkdir(parents=True)
    sets = {f"train_{draw}_{shots}": rows(shots, draw) for draw in (0, 1) for shots in (1, 2)}
    for split, content in {**sets, "eval": rows(9, 7)}.items():
        (folder / "data" / f"mood_{split}.json").write_text(json.dumps(content))
    source = HubSource(id=str(folder), files="data/mood_{split}.json", url="https://example.org")
    card = TaskCard(
        name="few/mood",
        title="Mood",
        source=source,
        text=("text",),
        labels=("glad", "sad"),
        metrics=("accuracy",),
        splits={**{split: len(content) for split, content in sets.items()}, "eval": 18},
        train="train_0_2",
        scored="eval",
        drawn="train_{draw}_{shots}",
        summary="a toy",
        licence="none",
        citation="nobody",
    )
    offer = Offer(card, world.catalog.tasks["toy/other"].plugin)
    catalog = replace(world.catalog, tasks={**world.catalog.tasks, card.name: offer})
    return replace(world, catalog=catalog), folder / "data"


def uses(plan):
    return [plan.by_key[use.key].work.task for use in plan.uses
            if (use.task, use.method, use.meta_seed) == ("few/mood", "Plain", 0)]  # fmt: skip


def test_each_draw_is_trained_on_its_own_split(few):
    world, _ = few
    found = uses(world.plan((FRACTIONS, SHOTS)))

    assert [(use.train, use.shots, use.draw, use.size) for use in found] == [
        ("train_0_1", 1, 0, 2), ("train_1_1", 1, 1, 2), ("train_0_2", 2, 0, 4),
        ("train_1_2", 2, 1, 4),
    ]  # fmt: skip
    assert all(use.brought for use in found)
    assert len({use.identity for use in found}) == 4
    assert not any("SPLIT" in note for note in world.plan((FRACTIONS, SHOTS)).notes)


def test_the_examples_are_those_of_the_file_in_its_order(few, tmp_path):
    world, _ = few
    runtime = Runtime(Hub(), "cpu", 1, None)
    context = open_context(Assignment(tmp_path, "demo", "hash", {}, runtime, ComputeSpec()))
    model = ModelSpec(id="embedded/characters", weights="random", max_length=32)
    use = uses(world.plan((FRACTIONS, SHOTS)))[3]
    table = context.training_table(use, model, stream=Stream.root(0))

    assert table.labels.tolist() == [1, 0, 1, 0]
    assert [table.row(row) for row in range(4)] == [
        context.table(use, "train", model).row(row) for row in range(4)
    ]


def test_another_set_changes_the_keys_of_its_draw_alone(few):
    world, data = few
    before = world.plan((FRACTIONS, SHOTS))
    changed = [{**row, "text": row["text"] + "!"} for row in rows(2, 1)]
    (data / "mood_train_1_2.json").write_text(json.dumps(changed))
    after = world.plan((FRACTIONS, SHOTS))
    lost = {cell.key for cell in before.cells} - {cell.key for cell in after.cells}

    assert {before.by_key[key].work.task.train for key in lost} == {"train_1_2"}


def test_missing_damaged_short_and_unknown_sets_are_named_one_by_one(few):
    world, data = few
    (data / "mood_train_0_1.json").unlink()
    (data / "mood_train_1_1.json").write_text('[{"text": "a", ')
    (data / "mood_train_1_2.json").write_text("[]")
    with pytest.raises(DataError) as caught:
        world.plan((FRACTIONS, SHOTS.replace("draws = 2", "draws = 3")))
    lines = caught.value.problem.splitlines()

    assert caught.value.where == "few/mood"
    assert lines[0] == "5 few-shot training sets cannot be used:"
    assert lines[1].endswith("data/mood_train_0_1.json: the file is missing")
    assert "mood_train_1_1.json" in lines[2]
    assert "is not JSON" in lines[2]
    assert lines[3].strip() == "there is no set 'train_2_1'"
    assert lines[4].strip() == "'train_1_2' has 0 examples, officially 4"
    assert lines[5].strip() == "there is no set 'train_2_2'"
    assert caught.value.hint.startswith("clone https://example.org")


def test_another_training_split_is_drawn_from_instead(few):
    world, data = few
    (data / "mood_train_all.json").write_text(json.dumps(rows(5, 3)))
    card = world.catalog.tasks["few/mood"].value
    card = card.model_copy(update={"splits": {**card.splits, "train_all": 10}})
    offer = replace(world.catalog.tasks["few/mood"], value=card)
    catalog = replace(world.catalog, tasks={**world.catalog.tasks, "few/mood": offer})
    split = ("[meta]", '[tasks.splits]\n"few/mood" = { train = "train_all" }\n[meta]')
    found = uses(replace(world, catalog=catalog).plan((FRACTIONS, SHOTS), split))

    assert {use.train for use in found} == {"train_all"}
    assert not any(use.brought for use in found)


def test_a_smoke_run_takes_a_part_of_a_large_set(few, tmp_path):
    world, data = few
    card = world.catalog.tasks["few/mood"].value
    card = card.model_copy(update={"splits": {**card.splits, "train_0_50": 100}})
    offer = replace(world.catalog.tasks["few/mood"], value=card)
    (data / "mood_train_0_50.json").write_text(json.dumps(rows(50, 0)))
    catalog = replace(world.catalog, tasks={**world.catalog.tasks, "few/mood": offer})
    plan = replace(world, catalog=catalog).plan(
        (FRACTIONS, SHOTS.replace("[1, 2]", "[50]")), smoke=True
    )
    runtime = Runtime(Hub(), "cpu", 1, None)
    context = open_context(Assignment(tmp_path, "demo", "hash", {}, runtime, ComputeSpec()))
    model = ModelSpec(id="embedded/characters", weights="random", max_length=32)
    (use,) = uses(plan)

    assert use.brought
    assert len(context.training_table(use, model, stream=Stream.root(0))) == use.size == 64

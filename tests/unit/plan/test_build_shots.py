"""Shots and draws in a plan: which training sets there are, and which meta seeds get each."""

from __future__ import annotations

import pytest

from metabench.errors import SpecError
from metabench.plan.selection import select
from metabench.spec.reading.expand import count_cells
from metabench.spec.reading.load import load_benchmark

FRACTIONS = '{ task = "toy/other", fractions = [0.001, 0.5] }'
SHOTS = '{ task = "toy/other", shots = [4, 8], draws = 3 }'
BOTH = '{ task = "toy/other", fractions = [0.001, 0.5], shots = [4, 8], draws = 3 }'
PAIRED = ("[seeds]\n", "[seeds]\npaired_draws = true\n")


def uses(plan, method="Plain"):
    return [(use.column, use.draw, use.meta_seed) for use in plan.uses if use.method == method
            and use.task == "toy/other"]  # fmt: skip


def test_every_draw_is_crossed_with_every_meta_seed(world):
    plan = world.plan((FRACTIONS, SHOTS))

    assert uses(plan) == [
        (f"toy/other@{shots}-shot", draw, seed)
        for shots in (4, 8)
        for draw in range(3)
        for seed in (0, 1)
    ]
    assert {use.key for use in plan.uses} <= {cell.key for cell in plan.cells}


def test_a_paired_draw_belongs_to_one_meta_seed(world):
    plan = world.plan((FRACTIONS, SHOTS.replace("draws = 3", "draws = [5, 7]")), PAIRED)

    assert uses(plan)[:2] == [("toy/other@4-shot", 5, 0), ("toy/other@4-shot", 7, 1)]
    assert len(uses(plan)) == 4


def test_pairs_need_as_many_draws_as_meta_seeds(world):
    said = "'toy/other' has 3 draws for 2 meta seeds; a pair takes one of each"
    with pytest.raises(SpecError, match=said):
        world.plan((FRACTIONS, SHOTS), PAIRED)


def test_draws_without_shots_are_refused(world):
    with pytest.raises(SpecError, match="draws needs shots: a fraction is drawn by meta seed"):
        world.plan((FRACTIONS, FRACTIONS.replace(" }", ", draws = 2 }")))


def test_shots_beside_fractions_change_no_cell_that_is_there(world):
    before, after = world.plan(), world.plan((FRACTIONS, BOTH))
    keys = [{cell.key for cell in plan.cells} for plan in (before, after)]

    assert keys[0] < keys[1]
    assert len(keys[1] - keys[0]) == 2 * 2 * 3 * 2  # methods, sizes, draws, meta seeds


def test_more_draws_and_pairs_change_no_cell_that_is_there(world):
    few = world.plan((FRACTIONS, SHOTS))
    many = world.plan((FRACTIONS, SHOTS.replace("draws = 3", "draws = 4")))
    paired = world.plan((FRACTIONS, SHOTS.replace("draws = 3", "draws = 2")), PAIRED)
    keys = [{cell.key for cell in plan.cells} for plan in (paired, few, many)]

    assert keys[0] < keys[1] < keys[2]


def test_a_draw_and_its_shots_are_part_of_what_a_cell_depends_on(world):
    plan = world.plan((FRACTIONS, SHOTS))
    cells = [plan.by_key[use.key] for use in plan.uses if use.draw is not None]

    assert {(cell.inputs["draw"], cell.inputs["task"]["shots"]) for cell in cells} == {
        (draw, shots) for draw in range(3) for shots in (4, 8)
    }
    assert {cell.work.task.size for cell in cells} == {8, 16}  # of two classes
    assert cells[0].name == "adapt-plain-toy-other-4-shot-d0-s0-f0"
    assert not any("draw" in cell.inputs for cell in world.plan().cells)


def test_a_target_is_meta_trained_on_as_a_whole_and_fine_tuned_on_its_shots(world):
    sized = '{ task = "toy/tiny", shots = [4], draws = 2 }'
    plan = world.plan(('"toy/small", "toy/tiny"', f'"toy/small", {sized}'))
    whole = world.plan()
    columns = dict.fromkeys(use.column for use in plan.uses)

    assert [*columns][:2] == ["toy/small", "toy/tiny@4-shot"]
    assert {cell.key for cell in plan.cells if cell.kind == "meta"} == {
        cell.key for cell in whole.cells if cell.kind == "meta"
    }
    adapted = {cell.inputs["finetune"]["head"] for cell in plan.cells if "4-shot" in cell.name}
    assert adapted == {"fresh", "keep"}  # Loop leaves a head for its target


def test_transfer_tasks_alone_are_enough_and_none_at_all_are_refused(world):
    target = ('target = ["toy/small", "toy/tiny"]\n', "")

    assert world.plan(target).uses
    with pytest.raises(SpecError, match="name at least one target or transfer task"):
        world.plan(target, (f"transfer = [{FRACTIONS}]", ""))


def test_shots_of_a_regression_are_refused_at_their_place(world):
    defined = """[[tasks.define]]
name = "my/number"
train = "a.csv"
scored = "b.csv"
text = ["sentence"]
kind = "regression"
"""
    said = r"11: tasks.transfer\[0\].shots: task 'my/number' is a regression.*give fractions"
    with pytest.raises(SpecError, match=said):
        world.plan(
            (FRACTIONS, SHOTS.replace("toy/other", "my/number")), ("[meta]", f"{defined}[meta]")
        )


def test_a_class_with_fewer_examples_than_shots_is_named(world, tmp_path):
    (tmp_path / "train.csv").write_text("sentence,label\na,x\nb,y\nc,x\nd,x\ne,x\nf,y\ng,y\n")
    (tmp_path / "dev.csv").write_text("sentence,label\na,x\nb,y\n")
    defined = """[[tasks.define]]
name = "my/task"
train = "train.csv"
scored = "dev.csv"
text = ["sentence"]
"""
    changes = (FRACTIONS, SHOTS.replace("toy/other", "my/task")), ("[meta]", defined + "[meta]")
    for name in ("train.csv", "dev.csv"):
        (world.folder / name).write_bytes((tmp_path / name).read_bytes())

    plan = world.plan(*changes)
    why = {plan.by_key[use.key].unavailable for use in plan.uses if use.column == "my/task@4-shot"}
    assert why == {"asks for 4 examples of each class, and class 'y' has 3 examples"}


def test_cells_are_counted_before_they_are_made(world):
    for changes in ([(FRACTIONS, BOTH)], [(FRACTIONS, BOTH.replace("= 3", "= 2")), PAIRED]):
        plan = world.plan(*changes)
        file = world.folder / "bench.toml"
        spec = load_benchmark(file, catalog=world.catalog).spec
        adapt = len(plan.uses)

        assert count_cells(spec) == adapt + 2 * 2  # and a meta cell for each method and seed


def test_a_smoke_run_takes_one_draw(world):
    assert uses(world.plan((FRACTIONS, SHOTS), smoke=True)) == [
        ("toy/other@4-shot", 0, 0),
        ("toy/other@8-shot", 0, 0),
    ]


def test_draws_and_sizes_can_be_selected(world):
    plan = world.plan((FRACTIONS, SHOTS))
    found = select(plan, ["draw=2", "task=toy/other@8-shot", "method=Plain", "seed=1"])

    assert {plan.by_key[key].name for key in found.matched} == {
        "adapt-plain-toy-other-8-shot-d2-s1-f0"
    }


def test_a_smoke_run_trains_on_few_examples_whatever_the_shots(world):
    plan = world.plan((FRACTIONS, SHOTS.replace("[4, 8]", "[4, 500]")), smoke=True)
    sizes = [plan.by_key[use.key].work.task.size for use in plan.uses if use.draw is not None]

    assert set(sizes) == {8, 64}

"""A plan has the cells that the file asks for, each once."""

from __future__ import annotations

import math
import time
from collections import Counter

import pytest

from metabench.errors import DataError, PluginError
from metabench.plan.cell import FineTuneWork, MetaWork
from metabench.plan.maker import _provided
from metabench.plan.plan import Plan


def keys(plan: Plan, kind: str) -> set[str]:
    return {cell.key for cell in plan.cells if cell.kind == kind}


def test_there_is_a_cell_for_each_method_column_and_seed(world):
    plan = world.plan(("meta = [0, 1]", "meta = [0, 1]\nfinetune = 3"))

    counts = Counter(cell.kind for cell in plan.cells)
    assert counts == {"meta": 2, "adapt": 2 * 2 * 3 * 4}
    assert len(plan.uses) == 2 * 2 * 3 * 4
    assert len({cell.key for cell in plan.cells}) == len(plan.cells)
    assert len({cell.name for cell in plan.cells}) == len(plan.cells)


def test_a_length_that_nobody_gave_is_cut_to_the_encoders_positions_and_changes_no_key(world):
    """The key of a cell holds the length of the file, as it always did."""
    config = world.folder / "encoder" / "config.json"
    lengths = []
    for positions in (512, 64):
        config.write_text(f'{{"model_type": "bert", "max_position_embeddings": {positions}}}')
        cells = world.plan().cells
        lengths.append({cell.work.model.max_length for cell in cells})

        assert {cell.inputs["max_length"] for cell in cells} == {128}
    assert lengths == [{128}, {64}]

    with pytest.raises(DataError, match="max_length = 65, but it has only 64 positions"):
        world.plan(sets=("model.max_length=65",))
    (cell, *_) = world.plan(sets=("model.max_length=64",)).cells
    assert cell.work.model.max_length == cell.inputs["max_length"] == 64


def test_what_a_cell_needs_stands_before_it(world):
    plan = world.plan(("[meta]", "[pretrain]\nsteps = 5\n\n[meta]"))

    done = set()
    for cell in plan.cells:
        assert done.issuperset(cell.needs)
        done.add(cell.key)
    assert [cell.kind for cell in plan.cells[:2]] == ["pretrain", "meta"]
    assert all(plan.cells[0].key in cell.needs for cell in plan.cells[1:])


def test_plain_fine_tuning_needs_no_cell_and_has_its_own_meta_seeds(world):
    plan = world.plan()
    plain = [plan.by_key[use.key] for use in plan.uses if use.method == "Plain"]

    assert all(cell.needs == () for cell in plain)
    assert {cell.work.meta_seed for cell in plain} == {0, 1}
    assert len({cell.key for cell in plain}) == 2 * 4


def test_meta_steps_draw_the_examples_of_the_epochs(world):
    work = next(cell.work for cell in world.plan().cells if isinstance(cell.work, MetaWork))

    rows = 1000 + 100 + 40
    assert work.steps == math.ceil(2 * rows / (2 * 4 * (3 + 1)))
    assert work.epoch_steps == math.ceil(rows / (2 * 4 * (3 + 1)))


def test_steps_that_are_given_are_taken(world):
    plan = world.plan(("epochs = 2", "steps = 7"))
    work = next(cell.work for cell in plan.cells if isinstance(cell.work, MetaWork))

    assert (work.steps, work.epoch_steps) == (7, 7)


def test_fractions_are_of_the_official_size_and_never_relabelled(world, make_world):
    plan = world.plan()
    rows = {
        use.size.fraction: plan.by_key[use.key].work.task.rows
        for use in plan.uses
        if use.task == "toy/other"
    }

    assert rows == {0.001: 2, 0.5: 750}
    assert not any(cell.unavailable for cell in plan.cells)


def test_a_method_that_only_bears_another_name_shares_its_cells(world):
    twin = ('[[methods]]\nid = "Loop"', ('[[methods]]\nid = "Twin"\nalgorithm = "loop"\n\n'
            '[[methods]]\nid = "Loop"'))  # fmt: skip
    alone, both = world.plan(), world.plan(twin)

    assert keys(alone, "meta") == keys(both, "meta")
    assert keys(alone, "adapt") == keys(both, "adapt")
    assert {use.method for use in both.uses} == {"Plain", "Twin", "Loop"}
    by_method = {
        method: [use.key for use in both.uses if use.method == method]
        for method in ("Twin", "Loop")
    }
    assert by_method["Twin"] == by_method["Loop"]


def test_a_preset_that_says_what_is_so_anyway_shares_its_cells(world):
    assert keys(world.plan(), "meta") == keys(world.plan(('"loop"', '"fixed"')), "meta")


def test_a_sampler_that_needs_a_target_makes_a_meta_cell_for_each(world):
    plan = world.plan(('"loop"\n', '"loop"\nsampler = "each"\n'))
    meta = [cell for cell in plan.cells if cell.kind == "meta"]

    assert Counter(cell.work.target for cell in meta) == {"toy/small": 2, "toy/tiny": 2}
    for use in plan.uses:
        cell = plan.by_key[use.key]
        if use.method == "Loop" and use.task != "toy/other":
            assert plan.by_key[cell.needs[0]].work.target == use.task
        elif use.method == "Loop":
            assert "needs a target task" in cell.unavailable
            assert cell.key not in {other.key for other in plan.uses if other.method == "Plain"}


def test_names_of_cells_are_readable_and_safe(world):
    plan = world.plan(('"Loop"', '"Loop [é=1] / ../x"'))

    names = {cell.name for cell in plan.cells}
    assert "adapt-plain-toy-small-s0-f0" in names
    assert "adapt-plain-toy-other-2rows-s1-f0" in names
    assert all(name.replace("-", "").isalnum() and name.isascii() for name in names)


def test_labels_are_permuted_in_meta_training_alone(world):
    plan = world.plan(("[meta]", "shuffled = ['toy/large', 'toy/small']\n\n[meta]"))

    for cell in plan.cells:
        if isinstance(cell.work, MetaWork):
            assert {use.card.name for use in cell.work.tasks if use.shuffled} == {
                "toy/large",
                "toy/small",
            }
        if isinstance(cell.work, FineTuneWork):
            assert not cell.work.task.shuffled
            told = any(note.startswith("SHUFFLED") for note in cell.notes)
            assert told == bool(cell.needs)


def test_notes_say_what_a_reader_of_scores_has_to_know(world):
    plan = world.plan(
        ("[meta]", "splits.'toy/large'.train = 'test'\nsplits.'toy/tiny'.scored = 'test'\n\n[meta]")
    )

    assert plan.notes == (
        (
            "GENERATED: the examples of toy/large, toy/small, toy/tiny, toy/other are "
            "synthetic; scores mean nothing about language"
        ),
        "SPLIT: toy/large trains on test (60 rows)",
        "SPLIT: toy/tiny is scored on test (60 rows)",
    )
    tiny = [cell for cell in plan.cells if cell.name.startswith("adapt-plain-toy-tiny")]
    assert all(cell.notes[-1] == plan.notes[-1] for cell in tiny)


def test_a_smoke_run_uses_few_rows_and_says_so(world):
    plan = world.plan(smoke=True)

    assert plan.notes[0].startswith("SMOKE: ")
    for cell in plan.cells:
        assert cell.notes[0].startswith("SMOKE: ")
        uses = [cell.work.task] if isinstance(cell.work, FineTuneWork) else cell.work.tasks
        assert all(use.size <= 64 for use in uses)
        if isinstance(cell.work, FineTuneWork):
            assert cell.work.task.scored_limit == 128
        else:
            assert cell.work.steps == 2


def test_a_smoke_run_shares_no_cell_with_results(world):
    small = (
        ("epochs = 2", "steps = 2"),
        ("batch_size = 4", "batch_size = 4\n[finetune]\nepochs = 1\nbatch_size = 8"),
        ("meta = [0, 1]", "meta = [0]"),
    )
    real = world.plan(*small, sets=("methods.Loop.options.inner_steps=2",))
    smoke = world.plan(*small, smoke=True)

    assert {cell.key for cell in real.cells}.isdisjoint(cell.key for cell in smoke.cells)


def test_a_module_that_is_not_there_is_its_plugins_fault(world):
    world.source.unlink()

    with pytest.raises(PluginError, match="which cannot be read: no source for module"):
        world.plan()


def test_a_thousand_cells_are_planned_in_well_under_a_second(world):
    grid = ('[[methods]]\nid = "Loop"\nalgorithm = "loop"\n',
            ('[[methods]]\nid = "Loop"\nalgorithm = "loop"\ngrid.inner_lr = '
            f"[{', '.join(str(n / 100) for n in range(1, 101))}]\n"))  # fmt: skip
    world.plan()
    started = time.process_time()
    plan = world.plan(grid)

    assert len(plan.cells) == 100 * 2 * 5 + 2 * 4
    assert time.process_time() - started < 5  # seconds of CPU, far from noise


def test_real_rows_are_not_called_generated(make_world):
    real = make_world(generated=False)

    assert real.plan().notes == ()
    assert [note[:6] for note in real.plan(smoke=True).notes] == ["SMOKE:"]


def test_only_what_meta_trains_has_a_meta_cell(world):
    with pytest.raises(TypeError, match="has no meta cell"):
        _provided(None, None)


def test_meta_training_counts_the_evaluation_examples_of_targets_alone(world):
    (cell, *_) = (cell for cell in world.plan().cells if isinstance(cell.work, MetaWork))

    assert {
        use.card.name: (use.role, use.train_rows, use.scored_rows) for use in cell.work.tasks
    } == {
        "toy/large": ("auxiliary", 1000, 0),
        "toy/small": ("target", 100, 200),
        "toy/tiny": ("target", 40, 200),
    }

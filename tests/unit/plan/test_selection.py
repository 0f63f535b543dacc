"""What `--only` selects: scores, the cells that give them, and what these need."""

from __future__ import annotations

import pytest

from metabench.errors import NothingMatchedError, UsageError
from metabench.plan.selection import select


def names(plan, keys):
    return {cell.name for cell in plan.cells if cell.key in keys}


def test_a_method_selects_its_adapt_cells_and_the_meta_cells_that_they_need(world):
    plan = world.plan()

    selection = select(plan, ["method=Loop"])

    matched, every = names(plan, selection.matched), names(plan, selection.keys)
    assert {name.partition("-")[0] for name in matched} == {"adapt"}
    assert every - matched == {"meta-loop-s0", "meta-loop-s1"}
    assert not any("plain" in name for name in every)


def test_one_key_twice_is_or_and_two_keys_are_and(world):
    plan = world.plan()

    one = select(plan, ["method=Loop", "seed=0", "target=toy/small"])
    both = select(plan, ["target=toy/small", "target=toy/tiny", "seed=1", "method=Plain"])

    assert names(plan, one.matched) == {"adapt-loop-toy-small-s0-f0"}
    assert names(plan, both.keys) == {"adapt-plain-toy-small-s1-f0", "adapt-plain-toy-tiny-s1-f0"}


def test_a_kind_selects_the_cells_of_that_stage_that_the_scores_need(world):
    plan = world.plan()

    selection = select(plan, ["kind=meta", "seed=1"])

    assert names(plan, selection.matched) == {"meta-loop-s1"}
    assert selection.only == ("kind=meta", "seed=1")


def test_values_are_patterns_and_a_part_of_a_transfer_task_has_a_name(world):
    plan = world.plan()

    assert select(plan, ["method=L*"]).keys == select(plan, ["method=Loop"]).keys
    assert names(plan, select(plan, ["task=toy/other@0.5", "method=Plain"]).keys) == {
        "adapt-plain-toy-other-750rows-s0-f0",
        "adapt-plain-toy-other-750rows-s1-f0",
    }


def test_a_name_with_brackets_is_no_pattern(world):
    grid = ('algorithm = "loop"', 'algorithm = "loop"\ngrid = { inner_steps = [1, 2] }')
    plan = world.plan(grid)

    assert names(plan, select(plan, ["method=Loop[inner_steps=2]", "kind=meta"]).matched) == {
        "meta-loop-inner-steps-2-s0",
        "meta-loop-inner-steps-2-s1",
    }


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("method=Lop", r"--only method=Lop names nothing; did you mean 'Loop'\?"),
        ("target=toy/other", r"--only target=toy/other names nothing.*\n.*'toy/small', 'toy/tiny'"),
        ("kind=pretrain", r"kind=pretrain names nothing; there are 'adapt', 'meta'"),
    ],
)
def test_a_value_that_names_nothing_is_answered_with_those_that_there_are(world, only, said):
    with pytest.raises(NothingMatchedError, match=said):
        select(world.plan(), [only])


def test_values_that_never_meet_select_nothing(world):
    with pytest.raises(NothingMatchedError, match="no cell is all of kind=meta, method=Plain"):
        select(world.plan(), ["kind=meta", "method=Plain"])


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("methd=Loop", r"there is no key 'methd'; did you mean 'method'\?"),
        ("Loop", "--only 'Loop' is not KEY=VALUE"),
        ("method=", "--only 'method=' is not KEY=VALUE"),
    ],
)
def test_an_unknown_key_is_a_mistake_on_the_command_line(world, only, said):
    with pytest.raises(UsageError, match=said):
        select(world.plan(), [only])

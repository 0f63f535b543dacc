"""Names in a run folder: what is metabench's, and what only looks like it."""

from __future__ import annotations

import pytest

from metabench.store.file_names import AGAIN, TEMPORARY, is_ours, is_step, set_aside, step_name


@pytest.mark.parametrize("step", [0, 7, 540, 123_456_789, 12_345_678_901])
def test_a_checkpoint_is_called_by_its_step_and_known_by_that_name(step):
    assert is_step(step_name(step))
    assert is_ours(step_name(step))
    assert int(step_name(step).removeprefix("step-")) == step


def test_checkpoints_are_in_the_order_of_their_steps():
    names = [step_name(step) for step in (9, 10, 540, 10_000)]

    assert sorted(names) == names


@pytest.mark.parametrize("name", ["step-", "step-x", "step-1a", "123456789", "a-step-1", "step_1"])
def test_other_names_are_no_checkpoints(name):
    assert not is_step(name)


@pytest.mark.parametrize("name", ["result.json", "LOCK", "checkpoints", ".a.1-0f.tmp", "12"])
def test_a_name_that_metabench_writes_is_its_own(name):
    assert is_ours(name)


@pytest.mark.parametrize("name", ["notes.txt", "result.json.bak", ".vimrc", "step-1a", "12a", ""])
def test_a_name_that_metabench_never_writes_is_not(name):
    assert not is_ours(name)


def test_a_folder_that_was_set_aside_has_its_name_in_that_of_now():
    assert set_aside(".a.b.31-0f.old") == "a.b"
    for name in (".a.31-0f.tmp", "a.31-0f.old", ".a.x-0f.old", ".a.old", f"{AGAIN}a"):
        assert set_aside(name) is None
    assert TEMPORARY.fullmatch(".step-7.31.tmp")  # of 0.1

"""What a run has before it, from where its cells stand."""

from __future__ import annotations

import pytest
from kit.benchmark import JOINT, benchmark

from metabench.cli.inputs.benchmark import make_plan
from metabench.plan.selection import select
from metabench.plan.states import CellState
from metabench.session.runner.policy import RunPolicy, to_do

TEXT = benchmark("tiny", JOINT, pretrain={"steps": 1}, seeds={"meta": [0, 1]})


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """Return a plan of one pretrain, two meta and two adapt cells."""
    path = tmp_path_factory.mktemp("policy") / "tiny.toml"
    path.write_text(TEXT)
    return make_plan(str(path), sets=(), smoke=False, hub=None).plan


def states(plan, **by_name):
    """Return the states of the cells: new, but for those that are named (dashes as ``_``)."""
    return {
        cell.key: CellState(by_name.get(cell.name.replace("-", "_"), "new")) for cell in plan.cells
    }


def names(cells):
    return {cell.name.removesuffix("-f0") for cell in cells}


def test_what_is_done_is_not_run_and_what_it_gives_is_built_on(plan):
    todo = to_do(plan, states(plan, pretrain="done", meta_joint_s0="done"), RunPolicy())

    assert names(todo.cells) == {
        "meta-joint-s1",
        "adapt-joint-embedded-grammar-s0",
        "adapt-joint-embedded-grammar-s1",
    }
    assert names(plan.by_key[key] for key in todo.done) == {"pretrain", "meta-joint-s0"}


def test_what_needs_a_failed_cell_is_blocked(plan):
    todo = to_do(plan, states(plan, pretrain="done", meta_joint_s0="failed"), RunPolicy())

    assert names(todo.blocked) == {"adapt-joint-embedded-grammar-s0"}
    assert names(todo.cells) == {"meta-joint-s1", "adapt-joint-embedded-grammar-s1"}


def test_what_needs_a_blocked_cell_is_blocked_too(plan):
    todo = to_do(plan, states(plan, pretrain="failed"), RunPolicy())

    assert todo.cells == ()
    assert len(todo.blocked) == 4


def test_a_failed_cell_is_retried_with_what_was_skipped_because_of_it_and_no_more(plan):
    ends = {"adapt_joint_embedded_grammar_s1_f0": "done", "meta_joint_s1": "done"}
    found = states(plan, pretrain="done", meta_joint_s0="failed", **ends)

    todo = to_do(plan, found, RunPolicy(retry_failed=True))

    assert names(todo.cells) == {"meta-joint-s0", "adapt-joint-embedded-grammar-s0"}
    assert todo.blocked == ()


def test_force_runs_what_is_selected_again_but_not_what_that_needs(plan):
    done = {cell.key: CellState("done") for cell in plan.cells}
    adapt = RunPolicy(selection=select(plan, ["seed=0"]), force=True)
    meta = RunPolicy(selection=select(plan, ["seed=0", "kind=meta"]), force=True)

    assert names(to_do(plan, done, adapt).cells) == {"adapt-joint-embedded-grammar-s0"}
    assert names(to_do(plan, done, meta).cells) == {"meta-joint-s0"}
    assert len(to_do(plan, done, RunPolicy(force=True)).cells) == 5
    assert to_do(plan, done, RunPolicy(force=True)).done == frozenset()

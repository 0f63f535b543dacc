"""Laws of cost: one meta seed from nothing, and only where every cell of it is done."""

import pytest

from metabench.leaderboard.costs import costs, meta_training
from metabench.results.collect import collect
from metabench.store.records.cell import WorkNote


def work(gradients, hvps=0):
    examples = 8 * (gradients + hvps)
    return WorkNote(gradients=gradients, hvps=hvps, examples=examples, tokens=5 * examples)


def done(score, seconds, gradients=None, peak=None):
    note = None if gradients is None else work(gradients)
    return {
        "scores": {"accuracy": score},
        "wall_seconds": seconds,
        "work": note,
        "peak_memory_bytes": peak,
    }


META = {"wall_seconds": 100.0, "work": work(30, hvps=20), "peak_memory_bytes": 700}
SCORES = {
    ("BERT", "x"): {0: done(0.5, 3.0, 10, peak=500), 1: done(0.5, 5.0, 10)},
    ("BERT", "y"): {0: done(0.5, 1.0, 4), 1: done(0.5, 1.0, 4)},
    ("MAML", "x"): {0: done(0.5, 3.0, 10), 1: done(0.5, 5.0, 12)},
    ("MAML", "y"): {0: done(0.5, 1.0, 4), 1: done(0.5, 1.0, 4)},
}


def test_a_meta_seed_costs_its_meta_training_once_and_all_its_fine_tuning(make_study):
    found = costs(collect(make_study(SCORES, start={"MAML": META})))

    assert found["BERT"].device_seconds == ((3 + 1) + (5 + 1)) / 2
    assert found["MAML"].device_seconds == 100 + ((3 + 1) + (5 + 1)) / 2
    assert found["MAML"].gradients == 30 + ((10 + 4) + (12 + 4)) / 2
    assert (found["MAML"].hvps, found["BERT"].hvps) == (20, 0)
    assert found["MAML"].examples == 8 * (found["MAML"].gradients + 20)
    assert found["MAML"].tokens == 5 * found["MAML"].examples
    assert (found["MAML"].peak_memory_bytes, found["BERT"].peak_memory_bytes) == (700, 500)


def test_pretraining_that_all_share_counts_in_full_for_each(make_study):
    store = make_study(SCORES, start={"MAML": META})
    note = store.run()
    pretrain = note.cells[-1].model_copy(
        update={"kind": "pretrain", "key": "a" * 64, "cell": "pretrain-aaaaaaaa", "needs": ()}
    )
    result = store.result(note.uses[0].cell).model_copy(
        update={"kind": "pretrain", "key": pretrain.key, "wall_seconds": 1000.0, "scores": {}}
    )
    store.commit_result(pretrain.cell, result)
    cells = [cell.model_copy(update={"needs": (*cell.needs, pretrain.key)}) for cell in note.cells]
    store.commit_run("", "", note.model_copy(update={"cells": (pretrain, *cells)}))
    found = costs(collect(store))

    assert found["BERT"].device_seconds == 1000 + 5
    assert found["MAML"].device_seconds == 1000 + 100 + 5


def test_a_meta_seed_with_a_cell_that_is_not_done_is_not_averaged(make_study):
    scores = {**SCORES, ("MAML", "y"): {0: done(0.5, 1.0, 4), 1: "diverged"}}
    found = costs(collect(make_study(scores, start={"MAML": META})))

    assert found["MAML"].device_seconds == 100 + 3 + 1


def test_a_method_without_a_complete_meta_seed_has_no_cost(make_study):
    scores = {**SCORES, ("MAML", "y"): {0: "diverged", 1: None}}

    assert costs(collect(make_study(scores, start={"MAML": META}))).keys() == {"BERT"}


def test_a_cell_that_never_could_be_run_is_not_waited_for(make_study):
    scores = {**SCORES, ("MAML", "y"): {0: "unavailable", 1: "unavailable"}}
    found = costs(collect(make_study(scores, start={"MAML": META})))

    assert found["MAML"].device_seconds == 100 + (3 + 5) / 2


def test_evaluations_that_one_cell_did_not_count_are_not_known(make_study):
    scores = {**SCORES, ("BERT", "y"): {0: done(0.5, 1.0), 1: done(0.5, 1.0, 4)}}
    found = costs(collect(make_study(scores, start={"MAML": META})))

    assert (found["BERT"].gradients, found["BERT"].tokens) == (None, None)
    assert found["BERT"].device_seconds == 5


def test_the_budget_is_what_meta_training_looked_at(make_study):
    collected = collect(make_study(SCORES, start={"MAML": META}))

    assert meta_training(collected)["processed examples"] == {"MAML": 8 * 50}


def test_outer_updates_are_the_steps_of_the_meta_cells_alone(make_study):
    scores = {place: {s: {**done(0.5, 1.0), "steps": 64} for s in (0, 1)} for place in SCORES}
    found = costs(collect(make_study(scores, start={"MAML": {**META, "steps": 102}})))

    assert (found["MAML"].updates, found["BERT"].updates) == (102, None)


def test_cpu_time_is_summed_where_every_cell_has_it(make_study):
    scores = {
        place: {s: {**done(0.5, 1.0), "cpu_seconds": 1.5} for s in (0, 1)} for place in SCORES
    }
    found = costs(collect(make_study(scores, start={"MAML": {**META, "cpu_seconds": None}})))

    assert (found["BERT"].cpu_seconds, found["MAML"].cpu_seconds) == (3.0, None)


@pytest.mark.parametrize("fields", [{"work": None}, {}])
def test_a_budget_that_was_not_counted_is_not_known(make_study, fields):
    collected = collect(make_study(SCORES, start={"MAML": {**META, "work": None} | fields}))

    assert meta_training(collected)["processed examples"] == {}

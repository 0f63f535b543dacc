"""Laws of merging: parts of one benchmark are whole again, other methods stay apart."""

from dataclasses import replace

import pytest

from metabench.errors import UsageError
from metabench.results.collect import collect
from metabench.results.merge import merge

ROWS = {("BERT", "x"): {0: 0.5, 1: 0.6}, ("MAML", "x"): {0: 0.7, 1: 0.8}}


def part(scores, kept):
    """Return the scores without those of the seeds that this machine did not run."""
    return {
        place: {seed: score if seed in kept else None for seed, score in seeds.items()}
        for place, seeds in scores.items()
    }


def test_one_run_is_its_own_merger(make_run):
    collected = collect(make_run())

    assert merge([collected]) is collected


def test_the_same_rows_of_two_runs_are_one_row(make_run):
    merged = merge([collect(make_run("one")), collect(make_run("two"))])

    assert merged.note.methods == ("BERT", "Joint", "Reptile")
    assert merged.note.name == "one + two"
    assert merged.entries == collect(make_run("one")).entries


def test_baselines_and_the_level_are_those_of_the_first(make_run):
    one, two = make_run("one"), make_run("two")
    two.commit_run("", "", two.run().model_copy(update={"baselines": ("Joint",), "alpha": 0.1}))
    runs = [collect(one), collect(two)]

    for order, baselines, alpha in ((runs, ("BERT",), 0.05), (runs[::-1], ("Joint",), 0.1)):
        note = merge(order).note
        assert (note.baselines, note.alpha) == (baselines, alpha)


def test_a_benchmark_that_two_machines_ran_in_parts_is_whole_again(make_study):
    whole = collect(make_study(ROWS, "whole", start={"MAML": {}}))
    parts = [
        collect(make_study(part(ROWS, {seed}), f"part{seed}", start={"MAML": {}}))
        for seed in (0, 1)
    ]

    for runs in (parts, parts[::-1]):
        assert merge(runs).entries == whole.entries
        assert merge(runs).note.methods == ("BERT", "MAML")


def test_further_seeds_from_another_file_make_n_larger(make_study):
    more = {("BERT", "x"): {2: 0.4}, ("MAML", "x"): {2: 0.9}}
    runs = [collect(make_study(ROWS, "one", start={"MAML": {}})),
            collect(make_study(more, "two", start={"MAML": {}}))]  # fmt: skip
    merged = merge(runs)

    assert merged.note.methods == ("BERT", "MAML")
    assert merged.entries["MAML", "x"].values == {0: 0.7, 1: 0.8, 2: 0.9}
    assert merged.entries["MAML", "x"].planned == 3


def test_further_seeds_of_a_method_with_other_settings_are_another_row(make_study):
    more = {("BERT", "x"): {2: 0.4}, ("MAML", "x"): {2: 0.9}}
    runs = [
        collect(make_study(ROWS, "one", start={"MAML": {}}, notes={"MAML": {"lr": 1}})),
        collect(make_study(more, "two", start={"MAML": {}}, notes={"MAML": {"lr": 2}}, name="b")),
    ]

    assert merge(runs).note.methods == ("BERT", "MAML", "MAML (b)")


def test_seeds_of_which_nothing_was_run_are_not_taken_for_the_same_method(make_study):
    nothing = {("BERT", "x"): {2: None}, ("MAML", "x"): {2: None}}
    runs = [collect(make_study(ROWS, "one")), collect(make_study(nothing, "two", name="b"))]

    assert merge(runs).note.methods == ("BERT", "MAML", "BERT (b)", "MAML (b)")


def test_other_columns_from_the_same_meta_training_are_the_same_row(make_study):
    more = {("BERT", "y"): {0: 0.1, 1: 0.2}, ("MAML", "y"): {0: 0.3, 1: 0.4}}
    runs = [collect(make_study(ROWS, "one", start={"MAML": {}})),
            collect(make_study(more, "two", start={"MAML": {}}))]  # fmt: skip
    merged = merge(runs)

    assert merged.note.methods == ("BERT", "MAML")
    assert merged.entries["MAML", "y"].values == {0: 0.3, 1: 0.4}
    assert len(merged.note.cells) == 4 + 4 + 2


def test_other_columns_from_another_meta_training_are_another_row(make_study):
    more = {("BERT", "y"): {0: 0.1, 1: 0.2}, ("MAML", "y"): {0: 0.3, 1: 0.4}}
    runs = [collect(make_study(ROWS, "one", start={"MAML": {}})),
            collect(make_study(more, "two", name="b"))]  # fmt: skip

    assert merge(runs).note.methods == ("BERT", "MAML", "MAML (b)")


def test_one_meta_training_of_several_that_is_another_makes_another_row(make_study):
    more = {("BERT", "y"): {0: 0.1, 1: 0.2}, ("MAML", "y"): {0: 0.3, 1: 0.4}}
    one = collect(make_study(ROWS, "one", start={"MAML": {}}))
    two = make_study(more, "two", start={"MAML": {}}, name="b")
    note = two.run()
    uses = {use.key for use in note.uses if use.meta_seed == 1}
    cells = [
        cell.model_copy(update={"needs": ("e" * 64,)}) if cell.key in uses and cell.needs else cell
        for cell in note.cells
    ]
    two.commit_run("", "", note.model_copy(update={"cells": tuple(cells)}))

    assert merge([one, collect(two)]).note.methods == ("BERT", "MAML", "MAML (b)")


def test_rows_that_differ_are_named_after_their_run(make_study):
    other = {
        place: {seed: (score or 0) + 0.1 for seed, score in seeds.items()}
        for place, seeds in ROWS.items()
    }
    one, two = make_study(ROWS, "one"), make_study(other, "two", name="two")
    changed = [
        use.model_copy(update={"key": "f" * 64}) if use.method == "MAML" else use
        for use in two.run().uses
    ]
    two.commit_run("", "", two.run().model_copy(update={"uses": tuple(changed)}))
    merged = merge([collect(one), collect(two), collect(two)])

    assert merged.note.methods == ("BERT", "MAML", "MAML (two)")
    assert merged.entries["MAML", "x"].values == {0: 0.7, 1: 0.8}
    assert list(merged.entries["MAML (two)", "x"].keys) == ["f" * 64]
    assert [use.method for use in merged.note.uses if use.key == "f" * 64] == ["MAML (two)"] * 2


def test_as_many_methods_of_one_name_as_there_are_runs_have_names(make_study):
    runs = [
        collect(make_study({("A", "x"): {0: 0.5}}, f"run{lr}", notes={"A": {"lr": lr}}, name="b"))
        for lr in range(5)
    ]
    for lr, run in enumerate(runs):  # other settings make another key
        uses = tuple(use.model_copy(update={"key": str(lr) * 64}) for use in run.note.uses)
        runs[lr] = replace(run, note=run.note.model_copy(update={"uses": uses}))

    assert merge(runs).note.methods == ("A", "A (b)", "A (b, 2)", "A (b, 3)", "A (b, 4)")


@pytest.mark.parametrize(("early", "late"), [(("2", "3"), ("1", "4")), (("1", "3"), ("2", "3"))])
def test_of_two_records_of_a_cell_the_first_to_end_counts_then_the_first_to_start(
    make_study, early, late
):
    runs = []
    for score, (started, ended) in ((0.1, early), (0.2, late)):
        facts = {"A": {"started": started, "ended": ended, "device": ended + started}}
        runs.append(collect(make_study({("A", "x"): {0: score}}, str(score), facts=facts)))

    for order in (runs, runs[::-1]):
        assert merge(order).entries["A", "x"].values == {0: 0.1}


def test_of_two_records_of_one_time_that_of_the_first_run_counts(make_study):
    runs = [collect(make_study({("A", "x"): {0: score}}, str(score))) for score in (0.1, 0.2)]

    for order, value in ((runs, 0.1), (runs[::-1], 0.2)):
        assert merge(order).entries["A", "x"].values == {0: value}


def test_a_cell_that_was_run_twice_counts_once_and_is_named_where_it_differs(make_study):
    again = {**ROWS, ("MAML", "x"): {0: 0.75, 1: 0.8}}
    late = {"MAML": {"ended": "2026-02-01", "device": "elsewhere"}, "BERT": {"ended": "2026-02-01"}}
    early = {"MAML": {"ended": "2026-01-01", "device": "here"}, "BERT": {"ended": "2026-01-01"}}
    runs = [
        collect(make_study(again, "two", facts=late)),
        collect(make_study(ROWS, "one", facts=early)),
    ]

    for order in (runs, runs[::-1]):
        merged = merge(order)
        assert merged.entries["MAML", "x"].values == {0: 0.7, 1: 0.8}
        assert merged.notes == (
            (
                "TWICE: 1 cell was run more than once and gave other scores; the first to be done"
                " counts, nothing is averaged: adapt-maml-x-s0: accuracy 0.7000, then 0.7500"
                " (device here → elsewhere)"
            ),
        )


def test_a_cell_that_differs_from_itself_on_one_machine_profile_is_nondeterministic(make_study):
    again = {**ROWS, ("MAML", "x"): {0: 0.75, 1: 0.8}}
    merged = merge([collect(make_study(ROWS, "one")), collect(make_study(again, "two"))])

    (name,) = merged.nondeterministic
    assert "maml" in name.lower()
    assert merged.notes[0].startswith(f"NONDETERMINISTIC: {name} gave other numbers when run again")


def test_a_smoke_run_is_not_mixed_with_results(make_run):
    runs = [collect(make_run("one")), collect(make_run("two", smoke=True))]

    with pytest.raises(UsageError, match="a smoke run is never a result"):
        merge(runs)


def test_a_column_that_means_two_things_is_refused(make_run):
    one = make_run("one")
    columns = one.run().columns
    other = (columns[0].model_copy(update={"identity": "other rows"}), *columns[1:])
    runs = [collect(one), collect(make_run("two", columns=other))]

    with pytest.raises(UsageError, match="'rte' is not the same in 'one' and 'two'"):
        merge(runs)

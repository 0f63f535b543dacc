"""Laws of collecting: what is there is used, what is not is counted."""

import pytest

from metabench.results.collect import Entry, collect, seed_means
from metabench.store.records.cell import Failure
from metabench.store.run_folder import Store


def test_scores_are_found_by_method_column_and_seed(make_run):
    entries = collect(make_run()).entries

    assert entries["Joint", "rte"].values == {0: 0.60, 1: 0.61, 2: 0.62}
    assert entries["Joint", "rte"].planned == entries["Joint", "rte"].runs == 3


def test_failed_missing_and_collapsed_runs_are_counted_apart(make_run):
    entries = collect(make_run()).entries

    assert entries["Reptile", "mrpc"].failures == {"diverged": 1}
    assert entries["Reptile", "mrpc"].missing == 0
    assert entries["Reptile", "scitail"].missing == 3
    assert entries["Reptile", "scitail"].failed == 0
    assert entries["BERT", "mrpc"].collapsed == 2


@pytest.mark.parametrize(
    ("status", "missing", "unavailable"), [("interrupted", 3, ""), ("unavailable", 2, "24 rows")]
)
def test_an_interrupted_run_is_missing_and_one_without_rows_unavailable(
    make_run, provenance, status, missing, unavailable
):
    store = make_run()
    use = next(
        use for use in store.run().uses if (use.method, use.column) == ("Reptile", "scitail")
    )
    failure = Failure(
        kind="adapt",
        name="n",
        key=use.key,
        status=status,
        message="24 rows",
        provenance=provenance,
    )
    store.commit_failure(use.cell, failure)

    entry = collect(store).entries["Reptile", "scitail"]

    assert (entry.missing, entry.unavailable, entry.failed) == (missing, unavailable, 0)


def test_a_damaged_result_counts_as_missing_and_is_reported(make_run):
    store = make_run()
    use = store.run().uses[0]
    (store.cell_folder(use.cell) / "result.json").write_text("{")

    collected = collect(store)

    assert collected.entries["BERT", "rte"].missing == 1
    assert collected.damage[0].startswith(f"{use.cell}: result.json: is damaged")


def test_what_a_cell_was_asked_for_is_not_read(make_run):
    """A leaderboard needs results alone: a damaged cell.json costs it nothing."""
    store = make_run()
    for folder in (store.folder / "cells").iterdir():
        (folder / "cell.json").write_text("{")

    assert collect(store).damage == ()


def test_a_result_of_another_cell_in_the_same_folder_counts_as_missing(make_run):
    store = make_run()
    note = store.run()
    first, *rest = note.uses
    other = first.model_copy(update={"key": f"{first.key[:8]}{'0' * 56}"})
    store.commit_run("", "", note.model_copy(update={"uses": (other, *rest)}))

    entry = collect(store).entries[first.method, first.column]

    assert (entry.missing, first.meta_seed in entry.values) == (1, False)


def test_a_run_whose_meta_training_failed_has_failed(make_study):
    scores = {("A", "x"): {0: 0.5, 1: 0.6}, ("B", "x"): {0: None, 1: 0.7}}
    store = make_study(scores, start={"B": {}})
    (meta,) = (cell for cell in store.run().cells if cell.cell.startswith("meta-b-s0"))
    (store.cell_folder(meta.cell) / "result.json").unlink()
    failure = Failure(
        kind="meta",
        name="n",
        key=meta.key,
        status="diverged",
        message="the loss is not finite",
        provenance=store.result(store.run().uses[0].cell).provenance,
    )
    store.commit_failure(meta.cell, failure)

    entry = collect(store).entries["B", "x"]

    assert (entry.failures, entry.missing, entry.values) == ({"diverged": 1}, 0, {1: 0.7})


def test_the_order_of_the_folders_changes_nothing(make_run, tmp_path):
    store = make_run()
    folder = tmp_path / "other"
    (folder / "cells").mkdir(parents=True)
    for path in sorted((store.folder / "cells").iterdir(), reverse=True):
        path.rename(folder / "cells" / path.name)
    (store.folder / "run.json").rename(folder / "run.json")

    assert collect(Store(folder)) == collect(make_run("demo"))


def test_an_entry_of_which_nothing_is_known_has_nothing():
    entry = Entry(values={}, planned=1, runs=2)

    assert (entry.missing, entry.failed, entry.collapsed, entry.shared) == (0, 0, 0, 0)
    assert (entry.scored_rows, entry.tunings, entry.unavailable) == (0, 1, "")


def test_of_several_runs_the_largest_counts_of_examples_are_those_of_the_column(make_study):
    scores = {"accuracy": 0.5}
    runs = {
        0: {"scores": scores, "scored_rows": 7, "overlap": {"both": 1, "train": 9}},
        1: {"scores": scores, "scored_rows": 9, "overlap": {"both": 3}},
        2: {"scores": scores},
    }
    store = make_study({("A", "x"): runs, ("B", "x"): {0: None}})
    entries = collect(store).entries

    assert (entries["A", "x"].scored_rows, entries["A", "x"].shared) == (9, 3)
    assert (entries["B", "x"].scored_rows, entries["B", "x"].shared) == (0, 0)


def test_a_description_that_is_damaged_costs_no_score(make_study):
    store = make_study({("A", "x"): {0: 0.5}})
    (store.cell_folder(store.run().uses[0].cell) / "cell.json").write_text("{")
    collected = collect(store)

    assert collected.entries["A", "x"].values == {0: 0.5}
    assert collected.damage == ()


@pytest.mark.parametrize(
    ("planned", "means"),
    [
        ([(0, 0), (0, 1), (1, 0), (1, 1)], {0: 0.5, 1: 2.5}),
        ([(0, 0), (0, 1), (1, 0), (1, 2)], {0: 0.5}),
        ([(0, 1), (2, 0)], {0: 1.0}),
        ([], {}),
    ],
)
def test_a_meta_seed_has_the_mean_of_all_its_scores_or_none(planned, means):
    scores = {(0, 0): 0.0, (0, 1): 1.0, (1, 0): 2.0, (1, 1): 3.0, (3, 0): 9.0}

    assert seed_means(scores, planned) == means

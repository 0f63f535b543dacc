"""Laws of collecting: what is there is used, what is not is counted."""

import pytest

from metabench.errors import UsageError
from metabench.results.collect import collect
from metabench.results.merge import merge
from metabench.results.records import Failure


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


def test_one_run_is_its_own_merger(make_run):
    collected = collect(make_run())

    assert merge([collected]) is collected


def test_the_same_rows_of_two_runs_are_one_row(make_run):
    runs = [collect(make_run("one")), collect(make_run("two"))]

    assert merge(runs).note.methods == ("BERT", "Joint", "Reptile")
    assert merge(runs).note.name == "one + two"


def test_rows_that_differ_are_named_after_their_run(make_run):
    one, two = collect(make_run("one")), collect(make_run("two"))
    entries = {
        place: entry
        if place[0] == "BERT"
        else type(entry)(entry.values, entry.planned, entry.runs, keys=frozenset({"other"}))
        for place, entry in two.entries.items()
    }
    merged = merge([one, type(two)(two.note, entries)])

    assert merged.note.methods == ("BERT", "Joint", "Reptile", "Joint (two)", "Reptile (two)")
    assert merged.entries["Joint (two)", "rte"].values == {0: 0.60, 1: 0.61, 2: 0.62}


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

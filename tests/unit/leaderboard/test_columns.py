"""Which columns a leaderboard shows, what its average is of, and how a column is named."""

from __future__ import annotations

import pytest

from metabench.errors import UsageError
from metabench.leaderboard.columns import (
    Choice,
    averaged,
    averaged_means,
    find_column,
    shown_columns,
)
from metabench.store.records.run import ColumnNote, MetricNote, RunNote


def note(name, role="target", **fields):
    known = {"task": name, "title": name.rpartition("/")[2].upper(), "metric_title": "Accuracy"}
    return ColumnNote(**{"name": name, "role": role, "metric": "accuracy", **known, **fields})


TARGETS = [note("glue/rte"), note("glue/mrpc"), note("own/rte", title="Mine")]
NOTES = [note("sci@0.1", "transfer", label="10 %"), *TARGETS]


def names(notes, *columns):
    return [column.name for column in shown_columns(notes, Choice(columns=columns))]


def test_targets_come_first_then_their_average_then_transfer_tasks():
    found = shown_columns(NOTES, Choice())
    average = found[3]

    assert names(NOTES) == ["glue/rte", "glue/mrpc", "own/rte", "average", "sci@0.1"]
    assert (average.title, average.role, average.metric) == (
        "average",
        "average",
        "mean of 3 targets",
    )
    assert (found[4].label, found[4].title, found[4].metric) == ("10 %", "SCI@0.1", "Accuracy")


@pytest.mark.parametrize(
    ("chosen", "shown", "of"),
    [
        (["glue/rte"], ["glue/rte"], ["glue/rte"]),
        (["MRPC", "mine"], ["glue/mrpc", "own/rte", "average"], ["glue/mrpc", "own/rte"]),
        (["sci@0.1"], ["sci@0.1"], ["glue/rte", "glue/mrpc", "own/rte"]),
        (["glue/rte", "sci@0.1"], ["glue/rte", "sci@0.1"], ["glue/rte"]),
        (["average"], ["average"], ["glue/rte", "glue/mrpc", "own/rte"]),
    ],
)
def test_the_average_is_of_the_targets_that_are_chosen_and_there_from_two_on(chosen, shown, of):
    assert names(NOTES, *chosen) == shown
    assert [each.name for each in averaged(NOTES, Choice(columns=tuple(chosen)))] == of


@pytest.mark.parametrize("changes", [{"percent": False}, {"error": True}, {"task": "glue/rte"}])
def test_scores_of_other_scales_and_two_sizes_of_a_task_have_no_average(changes):
    assert "average" in names([note("glue/rte"), note("b")])
    assert "average" not in names([note("glue/rte"), note("b", **changes)])
    assert "average" not in names([note("glue/rte")])


@pytest.mark.parametrize(
    ("name", "found"),
    [("glue/rte", "glue/rte"), ("mrpc", "glue/mrpc"), ("Mine", "own/rte"),
     ("GLUE/MRPC", "glue/mrpc"), ("AVERAGE", "average")],
)  # fmt: skip
def test_a_column_is_found_by_name_title_or_the_end_of_its_name(name, found):
    assert find_column(shown_columns(NOTES, Choice()), name).name == found


def test_a_name_of_several_columns_or_of_none_is_refused():
    columns = shown_columns(NOTES, Choice())

    with pytest.raises(UsageError, match="column 'RTE' is one of several") as caught:
        find_column(columns, "RTE")
    assert caught.value.hint == "choose one of 'glue/rte', 'own/rte'"
    with pytest.raises(UsageError, match="there is no column 'cola'"):
        find_column(columns, "cola")


def test_targets_that_enter_by_several_metrics_are_named_where_they_are_shown():
    run = RunNote(
        name="r", methods=(), uses=(), columns=tuple(NOTES),
        metrics=(MetricNote(name="f1", title="F1"),),
        averaged={"glue/mrpc": ("accuracy", "f1"), "glue/rte": ()},
    )  # fmt: skip

    for chosen, said in (
        ((), "MRPC enters by the mean of accuracy and F1"),
        (("glue/mrpc",), "MRPC enters by the mean of accuracy and F1"),
        (("average",), "MRPC enters by the mean of accuracy and F1"),
        (("glue/rte",), ""),
    ):
        assert averaged_means(run, shown_columns(NOTES, Choice(columns=chosen))) == said


def test_without_a_choice_the_benchmark_file_decides_and_no_score_is_passed_over():
    choice = Choice()

    assert (choice.metric, choice.alpha, choice.sort, choice.columns) == (None, None, None, ())
    assert choice.allow_missing is False

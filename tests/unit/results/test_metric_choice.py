"""Laws of another metric than the primary one."""

import pytest

from metabench.errors import UsageError
from metabench.results.collect import collect
from metabench.results.metric_choice import with_metric
from metabench.store.records.run import MetricNote


def both(accuracy, f1):
    return {"scores": {"accuracy": accuracy, "f1": f1}}


SCORES = {
    ("A", "x"): {0: both(0.5, 0.1), 1: both(0.6, 0.2)},
    ("A", "y"): {0: 0.7, 1: 0.8},
}
F1 = MetricNote(name="f1", title="F1", percent=False)


def test_columns_that_have_it_show_it_and_others_keep_their_own(make_study):
    found = with_metric(collect(make_study(SCORES, metrics=(F1,))), "f1")

    assert found.entries["A", "x"].values == {0: 0.1, 1: 0.2}
    assert found.entries["A", "y"].values == {0: 0.7, 1: 0.8}
    assert [(each.metric, each.metric_title, each.percent) for each in found.note.columns] == [
        ("f1", "F1", False),
        ("accuracy", "accuracy", True),
    ]


def test_a_metric_of_which_no_record_tells_the_title_is_called_by_its_name(make_study):
    found = with_metric(collect(make_study(SCORES)), "f1")

    assert found.note.columns[0].metric_title == "f1"


def test_a_run_without_the_metric_counts_as_not_made(make_study):
    scores = {**SCORES, ("B", "x"): {0: 0.5, 1: both(0.6, 0.4)}}
    found = with_metric(collect(make_study(scores)), "f1")

    assert found.entries["B", "x"].values == {1: 0.4}
    assert found.entries["B", "x"].missing == 1


def test_nothing_chosen_changes_nothing(make_study):
    collected = collect(make_study(SCORES))

    assert with_metric(collected, None) is collected


def test_a_metric_that_no_score_has_is_refused(make_study):
    with pytest.raises(UsageError, match="no score has a metric 'f2'; there are 'accuracy', 'f1'"):
        with_metric(collect(make_study(SCORES)), "f2")


@pytest.mark.parametrize(("named", "noted"), [(True, False), (False, True), (False, False)])
def test_an_error_is_one_by_its_note_or_by_its_name_where_older_records_do_not_tell(
    make_study, named, noted
):
    metric = "mae" if named else "f1"
    scores = {("A", "x"): {0: {"scores": {"accuracy": 0.5, metric: 0.1}}}, ("A", "y"): {0: 0.7}}
    note = MetricNote(name=metric, title="M", percent=False, error=noted)
    found = with_metric(collect(make_study(scores, metrics=(note,))), metric)

    assert [column.error for column in found.note.columns] == [named or noted, False]

"""Laws of numbers reported elsewhere: next to ours, in the right column, never tested."""

from __future__ import annotations

from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.columns import Choice
from metabench.results.collect import collect


def scores(board, method):
    (row,) = [row for row in board.published if row.method == method]
    return {column.name: score for column, score in zip(board.columns, row.scores, strict=True)}


def test_a_number_stands_in_the_column_of_its_name_and_metric(published_run):
    found = scores(build_leaderboard(collect(published_run())), "MT-DNN")

    assert {name: score.mean for name, score in found.items()} == {
        "rte": 0.754, "mrpc": 0.863, "average": None, "scitail": None,
    }  # fmt: skip


def test_another_metric_brings_its_own_numbers(published_run):
    found = scores(
        build_leaderboard(collect(published_run()), choice=Choice(metric="f1")), "MT-DNN"
    )

    assert found["mrpc"].mean == 0.899
    assert found["rte"].mean == 0.754


def test_what_has_no_column_is_left_out_and_said(published_run):
    board = build_leaderboard(collect(published_run()))
    left_out = [caption for caption in board.captions if "left out" in caption]

    assert left_out == [
        "Them 2019, Table 1: left out, because there is no such column here: MRPC F1"
    ]
    assert "Them 2019, Table 1: scored by a server" in board.captions


def test_another_part_of_the_training_rows_is_another_column(published_run, printed):
    other = printed().columns[0].model_copy(update={"name": "rte@0.1"})
    row = printed().rows[0].model_copy(update={"scores": {"rte@0.1": (0.5,)}})
    board = build_leaderboard(collect(published_run(columns=(other,), rows=(row,))))

    assert board.published == ()
    assert any("no such column here: R-T-E Accuracy" in caption for caption in board.captions)


def test_a_row_without_a_number_is_not_shown(published_run):
    board = build_leaderboard(collect(published_run()))

    assert [row.method for row in board.published] == ["MT-DNN", "BERT"]


def test_published_numbers_are_never_tested_and_say_where_they_are_from(published_run):
    board = build_leaderboard(collect(published_run()), baselines=["BERT", "Joint"])

    for row in board.published:
        assert row.source == "Them 2019, A Paper, Table 1, test split"
        assert row.cost is None
        assert not any(score.differences or score.best for score in row.scores)
        assert all(score.deviation is None for score in row.scores)


def test_the_runs_behind_a_number_are_counted_where_the_source_says(published_run):
    board = build_leaderboard(collect(published_run()))

    assert scores(board, "BERT")["rte"].n == 5
    assert scores(board, "MT-DNN")["rte"].n == 0


def test_our_rows_are_the_same_with_and_without_them(published_run):
    store = published_run()
    with_them = build_leaderboard(collect(store))
    store.commit_run("", "", store.run().model_copy(update={"published": ()}))

    assert build_leaderboard(collect(store)).rows == with_them.rows

"""Laws of the leaderboard, with expectations worked out by hand from tests/unit/conftest.py."""

import math
from dataclasses import replace

import pytest

from metabench.api.leaderboard import LeaderboardColumn, LeaderboardScore
from metabench.errors import UsageError
from metabench.leaderboard.build import build_leaderboard, rank_value
from metabench.results.collect import collect
from metabench.store.records.run import MetricNote, UseNote

T2 = 4.302652729911275  # 97.5 % quantile of Student's t with 2 degrees of freedom


@pytest.fixture
def board(make_run):
    return build_leaderboard(collect(make_run()))


def score(board, method, column):
    names = [item.name for item in board.columns]
    (row,) = (row for row in board.rows if row.method == method)
    return row.scores[names.index(column)]


def test_columns_are_targets_then_their_average_then_transfer_tasks(board):
    assert [(column.name, column.role) for column in board.columns] == [
        ("rte", "target"),
        ("mrpc", "target"),
        ("average", "average"),
        ("scitail", "transfer"),
    ]


def test_a_score_is_the_mean_over_seeds_with_its_deviation(board):
    found = score(board, "BERT", "rte")

    assert (found.mean, found.deviation) == pytest.approx((0.52, 0.02))
    assert (found.n, found.planned, found.status) == (3, 3, "")


def test_a_method_that_a_column_was_not_planned_for_has_nothing_there(make_study):
    wanted = {("BERT", "a"): {0: 0.5}, ("BERT", "b"): {0: 0.5}, ("Joint", "a"): {0: 0.6}}
    found = score(build_leaderboard(collect(make_study(wanted))), "Joint", "b")

    assert (found.mean, found.n, found.planned, found.failed) == (None, 0, 0, 0)


def test_a_difference_is_paired_with_a_student_interval(board):
    # Joint minus BERT on RTE: 0.10, 0.09, 0.08; deviation 0.01.
    difference = score(board, "Joint", "rte").difference("BERT")
    half = T2 * 0.01 / math.sqrt(3)

    assert difference.mean == pytest.approx(0.09)
    assert difference.interval == pytest.approx((0.09 - half, 0.09 + half))
    assert (difference.n, difference.excludes_zero) == (3, True)


def test_an_interval_with_zero_inside_is_not_marked(board):
    # Joint minus BERT on MRPC: 0.01, 0.03, 0.02.
    assert not score(board, "Joint", "mrpc").difference("BERT").excludes_zero


def test_a_failed_run_makes_n_smaller_and_is_named(board):
    found = score(board, "Reptile", "mrpc")
    assert (found.n, found.planned, found.failed) == (2, 3, 1)
    assert (found.status, found.detail) == ("failed", "1 diverged")
    # The pairs that are left, 0.70 - 0.70 and 0.74 - 0.70, are too few for an interval.
    assert found.difference("BERT").mean == pytest.approx(0.02)
    assert found.difference("BERT").interval is None
    assert not found.best


def test_the_average_is_taken_by_seed_first(board):
    # Joint: (0.60 + 0.71) / 2, (0.61 + 0.73) / 2, (0.62 + 0.72) / 2.
    found = score(board, "Joint", "average")

    assert found.mean == pytest.approx((0.655 + 0.67 + 0.67) / 3)
    assert found.n == 3


def test_a_seed_without_all_targets_has_no_average(board):
    # Reptile without seed 1: (0.55 + 0.70) / 2 and (0.65 + 0.74) / 2.
    found = score(board, "Reptile", "average")

    assert found.mean == pytest.approx((0.625 + 0.695) / 2)
    assert (found.n, found.planned) == (2, 3)


def test_a_row_without_a_target_has_no_average_but_says_how_many_it_has(make_run):
    store = make_run()
    for use in store.run().uses:
        if (use.method, use.column) == ("Joint", "mrpc"):
            (store.cell_folder(use.cell) / "result.json").unlink()
    found = score(build_leaderboard(collect(store)), "Joint", "average")

    assert found.mean is None
    assert found.status == "1/2"
    assert found.differences == ()


def test_what_was_not_run_is_missing_and_never_zero(board):
    found = score(board, "Reptile", "scitail")

    assert found.mean is None
    assert (found.status, found.detail) == ("missing", "3 not run")


def test_what_has_too_few_rows_is_unavailable_with_the_reason(make_run):
    store = make_run()
    note = store.run()
    uses = tuple(
        UseNote(**(use.model_dump() | {"unavailable": "2361 rows are asked for, 640 are there"}))
        if use.method == "Reptile" and use.column == "scitail"
        else use
        for use in note.uses
    )
    store.commit_run("", "", note.model_copy(update={"uses": uses}))
    found = score(build_leaderboard(collect(store)), "Reptile", "scitail")

    assert found.status == "unavailable"
    assert found.detail == "2361 rows are asked for, 640 are there"


def test_a_baseline_has_no_difference_to_itself(board):
    assert all(found.differences == () for found in board.rows[0].scores)


def test_baselines_can_be_chosen_afterwards(make_run):
    board = build_leaderboard(collect(make_run()), baselines=["Joint", "BERT", "Joint"])

    assert board.baselines == ("Joint", "BERT")
    assert score(board, "BERT", "rte").difference("Joint").mean == pytest.approx(-0.09)


def test_a_baseline_that_is_no_method_is_refused(make_run):
    with pytest.raises(UsageError, match="baseline 'Bert' is not a method of this run"):
        build_leaderboard(collect(make_run()), baselines=["Bert"])


def test_there_is_no_average_over_scores_of_different_scales(make_run):
    columns = make_run().run().columns
    perplexity = columns[1].model_copy(update={"percent": False})
    board = build_leaderboard(collect(make_run(columns=(columns[0], perplexity, columns[2]))))

    assert [column.name for column in board.columns] == ["rte", "mrpc", "scitail"]


def test_captions_say_what_a_reader_has_to_know(make_run):
    board = build_leaderboard(collect(make_run(notes=("PARTIAL: 277 of 2490 rows",))))

    assert board.captions[0] == "PARTIAL: 277 of 2490 rows"
    said = "\n".join(board.captions)
    assert "scores: accuracy, times 100, for RTE, MRPC, SciTail" in said
    assert "over 3 meta seeds" in said
    assert "n = 2 to 3; in brackets the 95 % Student t confidence interval" in said
    assert "MRPC (Reptile): failed: 1 diverged" in said
    assert "SciTail 0.1 % = 24 rows (Reptile): missing: 3 not run" in said
    assert "(collapsed; 2 in all)" in said


def test_one_seed_has_no_interval_and_says_so(make_run):
    store = make_run()
    note = store.run()
    uses = tuple(use for use in note.uses if use.meta_seed == 0)
    store.commit_run("", "", note.model_copy(update={"uses": uses}))
    board = build_leaderboard(collect(store))

    assert score(board, "Joint", "rte").difference("BERT").interval is None
    assert (
        "one meta seed, with one fine-tuning seed each: no deviation, no interval" in board.captions
    )
    assert not any("Student" in caption for caption in board.captions)


def with_overlap(collected, shared, notes=()):
    """Return what was collected, as if so many of 200 scored rows of MRPC were trained on."""
    entries = {
        place: replace(entry, shared=shared, scored_rows=200) if place[1] == "mrpc" else entry
        for place, entry in collected.entries.items()
    }
    note = collected.note.model_copy(update={"notes": notes})
    return replace(collected, note=note, entries=entries)


def test_scored_rows_that_were_trained_on_are_counted_below_the_table_once(make_run):
    collected = collect(make_run())
    note = "OVERLAP: MRPC: 3 of 200 evaluation examples are in the training split"

    assert build_leaderboard(with_overlap(collected, 3)).captions.count(note) == 1
    assert not [line for line in build_leaderboard(with_overlap(collected, 0)).captions
                if line.startswith("OVERLAP")]  # fmt: skip
    planned = ("OVERLAP: mrpc: 5 of 400 evaluation examples are in the training split",)
    found = build_leaderboard(with_overlap(collected, 3, planned)).captions
    assert [line for line in found if line.startswith("OVERLAP")] == [*planned]


@pytest.fixture
def glue(published_run):
    """The board of a run whose MRPC has F1 too, 0.1 above its accuracy, averaged as in GLUE."""
    store = published_run()
    note = store.run().model_copy(
        update={
            "averaged": {"mrpc": ("accuracy", "f1")},
            "metrics": (
                MetricNote(name="accuracy", title="Accuracy"),
                MetricNote(name="f1", title="F1"),
            ),
        }
    )
    store.commit_run("", "", note)
    return build_leaderboard(collect(store))


def test_an_average_as_in_glue_takes_the_mean_of_a_task_s_metrics(glue):
    # Joint: (0.60 + (0.71 + 0.81) / 2) / 2 and so on; BERT: (0.50, 0.52, 0.54 with 0.75 each) / 2.
    found = score(glue, "Joint", "average")

    assert found.mean == pytest.approx((0.68 + 0.695 + 0.695) / 3)
    assert found.difference("BERT").mean == pytest.approx(found.mean - (0.625 + 0.635 + 0.645) / 3)
    assert score(glue, "Joint", "mrpc").mean == pytest.approx(0.72)  # what is shown stays


def test_an_average_as_in_glue_is_named_in_the_caption_and_in_words(glue):
    means = "MRPC enters by the mean of Accuracy and F1"

    assert f'average: mean of 2 targets, by seed first; {means} (compare.average = "glue")' in (
        glue.captions
    )
    assert f"In it, {means}." in glue.explanation


def test_an_average_as_in_glue_lacks_a_target_without_one_of_its_metrics(make_run):
    store = make_run("lacking")
    note = store.run().model_copy(update={"averaged": {"mrpc": ("accuracy", "f1")}})
    store.commit_run("", "", note)

    assert score(build_leaderboard(collect(store)), "Joint", "average").status == "1/2"


@pytest.mark.parametrize(
    ("role", "status", "ranked"),
    [
        ("average", "", True), ("average", "3/4", False), ("average", "missing", True),
        ("target", "", True), ("target", "2/3", True), ("transfer", "failed", True),
    ],
)  # fmt: skip
def test_an_average_over_some_of_the_targets_alone_is_no_rank(role, status, ranked):
    column = LeaderboardColumn("x", "X", role, "accuracy")
    found = rank_value(LeaderboardScore(0.5, None, 2, 3, status=status), column)

    assert found == (0.5 if ranked else None)

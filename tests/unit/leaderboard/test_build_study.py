"""Laws of verdicts, gaps and choices, on eight seeds of four targets and a transfer task."""

import re

import pytest

from metabench.errors import UsageError
from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.columns import Choice
from metabench.limits import MOST_SCORE
from metabench.results.collect import collect


def score(board, method, column):
    names = [item.name for item in board.columns]
    (row,) = (row for row in board.rows if row.method == method)
    return row.scores[names.index(column)]


def eight(method, start, step):
    """Return scores of a method on four targets and a transfer task, for eight seeds."""
    return {
        (method, task): {seed: start + shift + step * (seed % 3) for seed in range(8)}
        for shift, task in zip((0.0, 0.01, 0.02, 0.03, 0.04), (*"abcd", "far"), strict=True)
    }


STUDY = {**eight("BERT", 0.5, 0.01), **eight("Joint", 0.55, 0.02), **eight("MAML", 0.45, 0.0)}


def study(make_study, scores=STUDY, **fields):
    return collect(make_study(scores, roles={"far": "transfer"}, **fields))


def without(place, seeds=range(8), scores=STUDY, status=None):
    kept = scores[place] | dict.fromkeys(seeds, status)
    return {**scores, place: kept}


def test_eight_seeds_give_p_and_verdict_over_four_targets(make_study):
    board = build_leaderboard(study(make_study))
    up, down = score(board, "Joint", "a"), score(board, "MAML", "a")

    # All eight differences point one way: 2 / 2^8, times the four targets.
    assert up.difference("BERT").p == down.difference("BERT").p == 4 * 2 / 256
    assert up.difference("BERT").verdict == "better"
    assert down.difference("BERT").verdict == "worse"
    assert up.difference("BERT").improvement == 1.0


def test_average_and_transfer_columns_are_families_of_their_own(make_study):
    board = build_leaderboard(study(make_study))

    assert score(board, "Joint", "average").difference("BERT").p == 2 / 256
    assert score(board, "Joint", "far").difference("BERT").p == 2 / 256


def test_hiding_columns_does_not_make_p_smaller(make_study):
    collected = study(make_study)
    board = build_leaderboard(collected, choice=Choice(columns=("a",)))

    assert [column.name for column in board.columns] == ["a"]
    assert score(board, "Joint", "a").difference("BERT").p == 4 * 2 / 256


def test_one_missing_cell_leaves_no_average_and_says_how_many_there_are(make_study):
    board = build_leaderboard(study(make_study, without(("Joint", "b"))))
    found = score(board, "Joint", "average")

    assert (found.mean, found.status, found.differences, found.best) == (None, "3/4", (), False)


def test_a_baseline_without_an_average_has_nothing_to_take_a_difference_to(make_study):
    board = build_leaderboard(study(make_study, without(("BERT", "b"))))

    assert score(board, "Joint", "average").mean is not None
    assert score(board, "Joint", "average").difference("BERT") is None


def test_a_missing_target_may_be_left_out_and_is_marked(make_study):
    collected = study(make_study, without(("Joint", "b")))
    board = build_leaderboard(collected, choice=Choice(allow_missing=True))
    found = score(board, "Joint", "average")
    mean_step = sum(0.02 * (seed % 3) for seed in range(8)) / 8

    assert found.mean == pytest.approx(0.55 + (0.0 + 0.02 + 0.03) / 3 + mean_step)
    assert found.status == "3/4"
    assert not found.best
    # The difference is over the three targets that both have, so that an easy one is no help.
    expected = 0.05 + sum(0.01 * (seed % 3) for seed in range(8)) / 8
    assert found.difference("BERT").mean == pytest.approx(expected)
    assert "†" not in "".join(board.captions)


def test_one_failed_seed_is_four_of_five(make_study):
    five = {place: {seed: seeds[seed] for seed in range(5)} for place, seeds in STUDY.items()}
    board = build_leaderboard(study(make_study, without(("Joint", "b"), [3], five, "diverged")))
    found = score(board, "Joint", "b")

    assert (found.n, found.planned, found.failed, found.status) == (4, 5, 1, "failed")
    assert found.difference("BERT").n == 4
    assert (score(board, "Joint", "average").n, score(board, "Joint", "average").planned) == (4, 5)


def test_the_best_and_what_cannot_be_told_from_it_are_marked(make_study):
    scores = {**STUDY, **{("Twin", task): STUDY["Joint", task] for task in (*"abcd", "far")}}
    board = build_leaderboard(study(make_study, scores))

    marked = {row.method for row in board.rows if row.scores[0].best}
    assert marked == {"Joint", "Twin"}


def test_one_column_of_collapsed_runs_is_counted(make_study):
    flat = {"scores": {"accuracy": 0.5}, "collapsed": True}
    board = build_leaderboard(study(make_study, without(("Joint", "b"), [0, 1], status=flat)))

    assert score(board, "Joint", "b").collapsed == 2
    assert score(board, "Joint", "b").n == 8


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (None, ["BERT", "Joint", "MAML"]),
        ("average", ["Joint", "BERT", "MAML"]),
        ("A", ["Joint", "BERT", "MAML"]),
        ("method", ["BERT", "Joint", "MAML"]),
    ],
)
def test_rows_are_sorted_best_first_by_a_column_or_by_name(make_study, sort, order):
    board = build_leaderboard(study(make_study), choice=Choice(sort=sort))

    assert [row.method for row in board.rows] == order


@pytest.mark.parametrize("allow_missing", [False, True])
def test_a_row_without_a_whole_average_is_ranked_last(make_study, allow_missing):
    collected = study(make_study, without(("Joint", "a")))
    choice = Choice(sort="average", allow_missing=allow_missing)

    board = build_leaderboard(collected, choice=choice)

    assert [row.method for row in board.rows] == ["BERT", "MAML", "Joint"]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("b", "a"), ["a", "b", "average"]),
        (("b",), ["b"]),
        (("average",), ["average"]),
        (("far", "average"), ["average", "far"]),
        (("FAR",), ["far"]),
    ],
)
def test_columns_can_be_chosen_and_keep_their_order(make_study, names, shown):
    board = build_leaderboard(study(make_study), choice=Choice(columns=names))

    assert [column.name for column in board.columns] == shown


def test_the_average_is_over_the_targets_that_are_kept(make_study):
    board = build_leaderboard(study(make_study), choice=Choice(columns=("a", "b")))

    assert score(board, "MAML", "average").mean == pytest.approx(0.455)
    assert "average: mean of 2 targets, by seed first, one metric each" in board.captions


def test_a_column_that_is_not_there_is_refused(make_study):
    with pytest.raises(UsageError, match="there is no column 'rte'; there are 'a', 'average', 'b'"):
        build_leaderboard(study(make_study), choice=Choice(columns=("rte",)))
    with pytest.raises(UsageError, match="there is no column 'fra'; did you mean 'far'"):
        build_leaderboard(study(make_study), choice=Choice(sort="fra"))


def test_a_column_that_is_one_of_several_is_refused(make_study):
    scores = {("BERT", name): {0: 0.5} for name in ("one/a", "two/a")}

    with pytest.raises(UsageError, match="column 'a' is one of several"):
        build_leaderboard(study(make_study, scores), choice=Choice(columns=("a",)))


def test_alpha_can_be_chosen_and_has_to_be_a_share(make_study):
    collected = study(make_study)
    board = build_leaderboard(collected, choice=Choice(alpha=0.01))

    assert board.alpha == 0.01
    assert score(board, "Joint", "a").difference("BERT").p is None
    with pytest.raises(UsageError, match=r"alpha 1\.5 is not between 0 and 1"):
        build_leaderboard(collected, choice=Choice(alpha=1.5))


def test_a_row_has_the_cost_of_its_cells(make_study):
    board = build_leaderboard(study(make_study, start={"MAML": {"wall_seconds": 50.0}}))

    assert [row.cost.device_seconds for row in board.rows] == [5.0, 5.0, 55.0]


def test_no_number_of_a_leaderboard_is_nan_or_infinite(make_study):
    flat = {place: dict.fromkeys(seeds, 0.5) for place, seeds in STUDY.items()}
    one = {place: {0: 0.5} for place in STUDY}

    largest = {
        place: {seed: (-1.0) ** seed * MOST_SCORE for seed in seeds}
        for place, seeds in STUDY.items()
    }

    for scores in (flat, one, largest, without(("Joint", "b"), range(1, 8), flat)):
        board = build_leaderboard(study(make_study, scores))
        assert not re.search(r"\b(nan|inf)\b", repr(board))

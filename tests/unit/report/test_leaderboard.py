"""Laws of the leaderboard, with expectations worked out by hand from tests/unit/conftest.py."""

import math
import re
from dataclasses import replace

import pytest

from metabench.errors import UsageError
from metabench.report.choice import Choice
from metabench.report.leaderboard import build_leaderboard
from metabench.results.collect import collect
from metabench.results.run_note import UseNote

T2 = 4.302652729911275  # 97.5 % quantile of Student's t with 2 degrees of freedom
T1 = 12.706204736432095  # and with 1


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
    # The pairs that are left: 0.70 - 0.70 and 0.74 - 0.70; deviation 0.04 / sqrt(2).
    half = T1 * 0.02

    assert (found.n, found.planned, found.failed) == (2, 3, 1)
    assert (found.status, found.detail) == ("failed", "1 diverged")
    assert found.difference("BERT").interval == pytest.approx((0.02 - half, 0.02 + half))


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
    assert "n = 2 to 3; in brackets the 95 % Student t interval" in said
    assert "MRPC (Reptile): failed: 1 diverged" in said
    assert "SciTail 0.1 % = 24 rows (Reptile): missing: 3 not run" in said
    assert "(2 in all)" in said


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
    note = "OVERLAP: MRPC: 3 of 200 scored rows stand in the training rows"

    assert build_leaderboard(with_overlap(collected, 3)).captions.count(note) == 1
    assert not [line for line in build_leaderboard(with_overlap(collected, 0)).captions
                if line.startswith("OVERLAP")]  # fmt: skip
    planned = ("OVERLAP: mrpc: 5 of 400 scored rows stand in the training rows",)
    found = build_leaderboard(with_overlap(collected, 3, planned)).captions
    assert [line for line in found if line.startswith("OVERLAP")] == [*planned]


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
    assert "average: mean of 2 targets, by seed first" in board.captions


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


def test_no_number_of_a_leaderboard_is_nan(make_study):
    flat = {place: dict.fromkeys(seeds, 0.5) for place, seeds in STUDY.items()}
    one = {place: {0: 0.5} for place in STUDY}

    for scores in (flat, one, without(("Joint", "b"), range(1, 8), flat)):
        board = build_leaderboard(study(make_study, scores))
        assert not re.search(r"\b(nan|inf)\b", repr(board))

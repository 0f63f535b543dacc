"""Laws of the paragraph in words: its numbers are those of the leaderboard."""

from scipy.stats import ttest_1samp

from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.columns import Choice
from metabench.results.collect import collect


def scores(seeds, step=0.1):
    return {
        (method, task): {seed: 0.5 + step * index + 0.01 * ((seed * 7 + index) % 4)
                         for seed in range(seeds)}
        for index, method in enumerate(("BERT", "Joint"))
        for task in "ab"
    }  # fmt: skip


def told(make_study, wanted, **fields):
    return build_leaderboard(collect(make_study(wanted, **fields))).explanation


def test_enough_seeds_are_told_of_test_correction_and_verdict(make_study):
    text = told(make_study, scores(8))

    assert "Every method was run with 8 meta seeds" in text
    assert "and 1 fine-tuning seed for each of them" in text
    assert "95 % Student t confidence interval" in text
    assert "exact two-sided sign-flip test of the pairs, Holm-corrected" in text
    assert "over the 2 targets and the average" in text
    assert "p-value is at most 0.05" in text
    assert "p-values omitted" not in text
    assert "The average is the mean of 2 targets" in text
    assert "All 32 planned scores are available." in text


def test_one_family_for_the_whole_table_is_named_once(make_study):
    text = told(make_study, scores(8), family="table")

    assert text.count("all 3 comparisons of the table") == 1
    assert "separately" not in text


def test_too_few_seeds_are_told_what_it_takes(make_study):
    text = told(make_study, scores(3))

    assert "p-values omitted: with 3 meta seeds" in text
    assert "it needs 7 for the 2 targets and 6 for the average" in text
    assert "a method is called better" not in text


def test_what_is_not_there_is_counted(make_study):
    wanted = scores(3)
    wanted["Joint", "a"] |= {0: "diverged", 1: None}
    wanted["BERT", "a"] |= {0: {"scores": {"accuracy": 0.5}, "collapsed": True}}
    text = told(make_study, wanted)

    assert "Of 12 planned scores 1 failed and 1 was not run; nothing is filled in" in text
    assert "1 run predicts a single class (collapsed) and counts as it is." in text


def test_the_detectable_difference_is_in_points(make_study):
    found = build_leaderboard(collect(make_study(scores(8))))
    sizes = [
        100 * difference.detectable
        for row in found.rows
        for score in row.scores
        for difference in score.differences
        if difference.detectable is not None
    ]

    assert f"{min(sizes):.1f}" in found.explanation
    assert "The minimum detectable effect of that test at 80 % power" in found.explanation


def test_one_meta_seed_has_no_interval_and_no_test(make_study):
    text = told(make_study, scores(1))

    assert "A score is that of the one meta seed; it has no interval." in text
    assert "Student" not in text
    assert "detectable" not in text


def test_without_a_baseline_nothing_is_compared(make_study):
    assert "compared" not in told(make_study, scores(3), baselines=())


def test_a_run_of_nothing_is_explained_too(make_study):
    nothing = {("BERT", "a"): {0: None}}

    assert "Of 1 planned score 0 failed and 1 was not run" in told(make_study, nothing)


def test_the_scores_behind_an_average_are_counted_with_it(make_study):
    collected = collect(make_study(scores(3)))
    board = build_leaderboard(collected, choice=Choice(columns=("average",)))

    assert "All 12 planned scores are available." in board.explanation


def test_an_average_over_some_of_the_targets_is_told(make_study):
    wanted = scores(3)
    wanted["Joint", "a"] = dict.fromkeys(range(3))
    collected = collect(make_study(wanted))
    board = build_leaderboard(collected, choice=Choice(allow_missing=True))

    assert (
        "Where a method lacks a target, its average is over those that it has" in board.explanation
    )
    assert "Where a method lacks" not in build_leaderboard(collected).explanation


def test_failed_runs_are_also_counted_as_the_majority_class(make_study):
    """Joint failed on seed 1, where the majority class has 0.5: 0.5 - 0.62 in its place."""
    references = {"majority": {"accuracy": 0.5}, "chance": {"accuracy": 0.4}}
    bert, joint = (0.6, 0.62, 0.61, 0.63), (0.7, None, 0.72, 0.74)
    scores = {
        (method, "x"): {
            seed: "diverged"
            if score is None
            else {"scores": {"accuracy": score}, "references": references}
            for seed, score in enumerate(values)
        }
        for method, values in (("BERT", bert), ("Joint", joint))
    }
    found = build_leaderboard(collect(make_study(scores))).explanation
    differences = [0.1, -0.12, 0.11, 0.11]
    low, high = ttest_1samp(differences, 0).confidence_interval(0.95)

    assert (
        "With failed runs counted as the majority class: Joint minus BERT on X"
        f" +5.0 points (95 % CI {100 * low:+.1f} to {100 * high:+.1f}, n = 4)." in found
    )

"""What intervals, verdicts and tie groups do over thousands of experiments whose truth is known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from metabench.leaderboard.statistics.comparison import compare_family
from metabench.leaderboard.statistics.crossed import crossed_half_width
from metabench.leaderboard.statistics.design import components
from metabench.leaderboard.statistics.marks import marks
from metabench.leaderboard.statistics.significance import mcnemar_p, pairs_needed, sign_flip_p
from metabench.leaderboard.statistics.summary import paired_values, student_interval
from metabench.results.collect import seed_means
from metabench.seeding import Stream

ALPHA = 0.05
EXPERIMENTS = 2000
TARGETS = 4
TRUTH = 0.013
NESTED = ((3, 1), (3, 10), (5, 1), (5, 4), (10, 1), (10, 10))


def generator(*name: int) -> np.random.Generator:
    return Stream.root(0).child("simulation", *name).numpy()


def nested_scores(draw: np.random.Generator, *, meta: int, nested: int) -> np.ndarray:
    """Return scores [experiment, method, meta seed, fine-tuning seed] of two methods.

    What a meta seed and its tasks have in common shifts both methods; each method has luck of its
    own in meta-training, and again in each fine-tuning.
    """
    shared = draw.normal(0.6, 0.05, (EXPERIMENTS, 1, meta, 1))
    own = draw.normal(0.0, 0.02, (EXPERIMENTS, 2, meta, 1))
    tuned = draw.normal(0.0, 0.01, (EXPERIMENTS, 2, meta, nested))
    return shared + own + tuned + np.array([TRUTH, 0.0]).reshape(1, 2, 1, 1)


def by_seed(scores: np.ndarray) -> dict[int, float]:
    meta, nested = scores.shape
    found = {(m, f): float(scores[m, f]) for m in range(meta) for f in range(nested)}
    return dict(seed_means(found, found.keys()))


def holds(interval: tuple[float, float], truth: float) -> bool:
    return interval[0] <= truth <= interval[1]


@pytest.mark.parametrize(("meta", "nested"), NESTED)
def test_the_interval_holds_the_truth_as_often_as_it_says(meta, nested):
    scores = nested_scores(generator(1), meta=meta, nested=nested)
    intervals = [
        student_interval(paired_values(by_seed(ours), by_seed(theirs)), alpha=ALPHA)
        for ours, theirs in scores
    ]

    # The standard error of a share of 0.95 among 2,000 is 0.005.
    assert 0.93 <= np.mean([holds(interval, TRUTH) for interval in intervals]) <= 0.97


@pytest.mark.parametrize(("wrong", "covered"), [("one checkpoint", 0.75), ("flat", 0.93)])
def test_counting_fine_tuning_seeds_as_replicates_would_say_too_much(wrong, covered):
    """Ten fine-tuning seeds of one checkpoint, and 3 x 10 taken for 30, miss the truth."""
    scores = nested_scores(generator(2), meta=3, nested=10)
    kept = scores[:, :, :1] if wrong == "one checkpoint" else scores
    differences = (kept[:, 0] - kept[:, 1]).reshape(EXPERIMENTS, -1)
    intervals = [student_interval(list(values), alpha=ALPHA) for values in differences]

    assert np.mean([holds(interval, TRUTH) for interval in intervals]) < covered


@pytest.mark.parametrize(("n", "low", "high"), [(3, 0.71, 0.77), (5, 0.81, 0.87)])
def test_a_percentile_bootstrap_would_cover_far_less(n, low, high):
    """The reason against it: 74 % at three seeds and 84 % at five, not 95 %."""
    draw = generator(3, n)
    values = draw.normal(0.0, 1.0, (EXPERIMENTS, n))
    picks = draw.integers(0, n, (EXPERIMENTS, 1000, n))
    means = np.take_along_axis(values[:, None, :], picks, axis=2).mean(axis=2)
    ends = np.quantile(means, [ALPHA / 2, 1 - ALPHA / 2], axis=1)

    assert low <= np.mean((ends[0] <= 0) & (ends[1] >= 0)) <= high


def normal(draw, shape):
    return draw.normal(0.6, 0.03, shape)


def skewed(draw, shape):
    return 0.9 - draw.exponential(0.05, shape)


def discrete(draw, shape):
    return draw.binomial(277, 0.6, shape) / 277


def collapsing(draw, shape):
    return np.where(draw.random(shape) < 0.2, 0.5, draw.normal(0.66, 0.01, shape))


@pytest.mark.parametrize("scores", [normal, skewed, discrete, collapsing])
@pytest.mark.parametrize("n", [8, 10])
def test_without_an_effect_at_most_one_family_in_twenty_has_a_verdict(scores, n):
    """Over four targets, which share what a seed brings."""
    draw = generator(4, n)
    shape = (EXPERIMENTS, n, TARGETS)
    luck = draw.normal(0.0, 0.01, (EXPERIMENTS, n, 1))
    differences = scores(draw, shape) + luck - scores(draw, shape) - luck
    wrong = 0
    for experiment in differences:
        family = {str(target): list(experiment[:, target]) for target in range(TARGETS)}
        found = compare_family(family, baseline="", tests=TARGETS, alpha=ALPHA)
        wrong += any(each.verdict != "undecided" for each in found.values())

    # Two standard errors of a share of 0.05 among 2,000.
    assert wrong / EXPERIMENTS <= ALPHA + 0.01


def test_differences_that_lean_to_one_side_are_the_limit_of_the_sign_flip_test():
    """No swap of two equal methods gives these; docs/statistics.md names the share."""
    draw = generator(5)
    wrong = 0
    for experiment in draw.exponential(1.0, (EXPERIMENTS, 10, TARGETS)) - 1.0:
        family = {str(target): list(experiment[:, target]) for target in range(TARGETS)}
        found = compare_family(family, baseline="", tests=TARGETS, alpha=ALPHA)
        wrong += any(each.verdict != "undecided" for each in found.values())

    assert 0.05 < wrong / EXPERIMENTS < 0.25


@pytest.mark.parametrize("methods", [2, 3, 4, 5])
@pytest.mark.parametrize("n", [3, 5, 8, 10])
def test_of_equal_methods_one_is_called_worse_no_more_often_than_alpha(n, methods):
    """Although the highest and the lowest of them are chosen from the data."""
    draw = generator(6, n, methods)
    called = 0
    for experiment in draw.normal(0.6, 0.03, (EXPERIMENTS, methods, n)):
        table = {str(k): dict(enumerate(row)) for k, row in enumerate(experiment)}
        called += bool(marks(table, alpha=ALPHA).worse)

    # Two standard errors of a share of 0.05 among 2,000.
    assert called / EXPERIMENTS <= ALPHA + 0.01


@pytest.mark.parametrize("n", [3, 10])
def test_a_method_with_a_wider_spread_brings_no_more_false_marks(n):
    """Each comparison has a standard error of its own."""
    draw = generator(7, n)
    called = 0
    for experiment in draw.normal(0.6, 0.03, (EXPERIMENTS, 5, n)):
        experiment[0] += 4 * (experiment[0] - 0.6)
        table = {str(k): dict(enumerate(row)) for k, row in enumerate(experiment)}
        called += bool(marks(table, alpha=ALPHA).worse)

    assert called / EXPERIMENTS <= ALPHA


def test_one_seed_more_keeps_no_more_methods_that_are_worse():
    """Four of five methods are 0.045 below the fifth."""
    kept = []
    for n in (7, 8, 9, 10):
        called = 0
        for experiment in generator(6, n, 1).normal(0.6, 0.03, (EXPERIMENTS, 5, n)):
            experiment[1:] -= 0.045
            table = {str(k): dict(enumerate(row)) for k, row in enumerate(experiment)}
            called += len(marks(table, alpha=ALPHA).worse & set("1234"))
        kept.append(1 - called / EXPERIMENTS / 4)

    # The standard error of a share among 2,000 is at most 0.011.
    assert all(later <= earlier + 0.02 for earlier, later in itertools.pairwise(kept))


def test_with_the_seeds_that_it_asks_for_a_clear_effect_gets_its_verdict():
    n = pairs_needed(alpha=ALPHA, tests=TARGETS)
    draw = generator(8)
    found = 0
    for experiment in draw.normal(3.0, 1.0, (200, n, TARGETS)):
        family = {str(target): list(experiment[:, target]) for target in range(TARGETS)}
        each = compare_family(family, baseline="", tests=TARGETS, alpha=ALPHA)
        found += all(item.verdict == "better" for item in each.values())

    assert found > 190


@pytest.mark.parametrize("of_seeds", [0.0, 0.01, 0.05])
@pytest.mark.parametrize(("n", "alone"), [(3, 0.96), (5, 0.95), (10, 0.94)])
def test_over_seeds_and_examples_the_interval_covers_the_difference_on_all_examples(
    n, alone, of_seeds
):
    """277 examples with an effect of their own, and seeds with none to a large one."""
    draw = generator(9, n, int(100 * of_seeds))
    covered = np.zeros(2)
    for _ in range(1000):
        values = draw.normal(0, of_seeds, (n, 1)) + draw.normal(0, 0.3, (1, 277))
        values = values + draw.normal(0, 0.4, (n, 277))
        half = crossed_half_width([values], alpha=ALPHA)
        interval = student_interval(list(values.mean(axis=1)), alpha=ALPHA)
        covered += abs(values.mean()) <= half, holds(interval, 0.0)
    crossed, seeds = covered / 1000

    # The standard error of a share of 0.95 among 1,000 is 0.007.
    assert 0.93 <= crossed <= 0.97
    assert seeds <= min(alone, crossed)


@pytest.mark.parametrize(
    ("seeds", "draws", "spread"),
    [
        (3, 10, (0.02, 0.04, 0.03, 0.3)),
        (5, 5, (0.04, 0.02, 0.03, 0.3)),
        (5, 10, (0.0, 0.04, 0.03, 0.1)),
        (8, 10, (0.04, 0.0, 0.02, 0.3)),
        (10, 10, (0.02, 0.02, 0.02, 0.6)),
    ],
)
def test_over_seeds_draws_and_examples_the_interval_covers_the_difference(seeds, draws, spread):
    """100 examples; seeds, draws, both together and examples with effects of their own."""
    draw = generator(10, seeds, draws)
    shapes = ((seeds, 1, 1), (1, draws, 1), (seeds, draws, 1), (1, 1, 100))
    covered = 0
    for _ in range(1000):
        values = draw.normal(0, 0.2, (seeds, draws, 100))
        for deviation, shape in zip(spread, shapes, strict=True):
            values = values + draw.normal(0, deviation, shape)
        half = components([values]).half_width(seeds, draws, alpha=ALPHA)
        covered += abs(values.mean()) <= half

    assert 930 <= covered <= 970


def family_error(differences):
    """Return the share of experiments [experiment, pair, target] with any verdict."""
    wrong = 0
    for experiment in differences:
        family = {str(target): list(values) for target, values in enumerate(experiment.T)}
        found = compare_family(family, baseline="", tests=TARGETS, alpha=ALPHA)
        wrong += any(each.verdict != "undecided" for each in found.values())
    return wrong / len(differences)


def test_targets_that_move_together_have_no_more_false_verdicts():
    """All four targets share most of what a seed brings, as tasks of one encoder do."""
    draw = generator(10)
    shared = draw.normal(0, 0.03, (1000, 8, 1)) + draw.normal(0, 0.005, (1000, 8, TARGETS))

    assert family_error(shared) <= ALPHA + 0.015


def test_scores_at_the_top_of_the_scale_have_no_more_false_verdicts():
    draw = generator(11)
    scores = np.minimum(draw.normal(1.0, 0.01, (2, 1000, 8, TARGETS)), 1.0)

    assert family_error(scores[0] - scores[1]) <= ALPHA + 0.015


def test_a_method_that_fails_on_its_worst_seeds_would_win_if_failures_were_left_out():
    """Why a method with failed seeds is never called better: two equal methods, ten seeds."""
    draw = generator(12)
    better = 0
    for ours, theirs in draw.normal(0.6, 0.03, (500, 2, 10)):
        kept = ours >= np.sort(ours)[4]
        left_out = (ours - theirs)[kept]
        better += left_out.mean() > 0 and sign_flip_p(list(left_out)) <= ALPHA

    assert better / 500 > 0.1


def test_with_collapsed_runs_intervals_are_too_narrow_and_mcnemars_test_is_not():
    """One run in five of either method collapses to 0.5; the truth is a difference of 0."""
    draw = generator(13)
    covered = called = 0
    for _ in range(1000):
        collapses = draw.random((2, 8)) < 0.2
        scores = np.where(collapses, 0.5, draw.normal(0.66, 0.01, (2, 8)))
        interval = student_interval(list(scores[0] - scores[1]), alpha=ALPHA)
        covered += holds(interval, 0.0)
        only = collapses[0] & ~collapses[1], collapses[1] & ~collapses[0]
        called += mcnemar_p(int(only[0].sum()), int(only[1].sum())) <= ALPHA

    assert called / 1000 <= ALPHA
    assert covered / 1000 > 0.93  # symmetric; the lopsided case follows
    lopsided = np.where(draw.random((1000, 8)) < 0.1, -0.16, 0.0) + draw.normal(0, 0.01, (1000, 8))
    intervals = [student_interval(list(values), alpha=ALPHA) for values in lopsided]
    assert np.mean([holds(interval, -0.016) for interval in intervals]) < 0.93

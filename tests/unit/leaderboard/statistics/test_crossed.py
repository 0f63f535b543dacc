"""The interval over seeds and examples agrees with what it is made of and with a bootstrap."""

import numpy as np
import pytest
from scipy.stats import t
from sklearn.metrics import matthews_corrcoef

from metabench.leaderboard.statistics.crossed import crossed_half_width, pseudo_values
from metabench.leaderboard.statistics.summary import student_interval
from metabench.metrics.scores import accuracy, matthews, pearson
from metabench.seeding import Stream


def generator(*name):
    return Stream.root(0).child("crossed", *name).numpy()


def predictions(draw, examples, classes=2):
    labels = draw.integers(0, classes, examples)
    outputs = draw.normal(0, 1, (examples, classes)) + np.eye(classes)[labels]
    return labels, outputs


def test_the_pseudo_values_of_accuracy_are_right_or_wrong_by_example():
    labels, outputs = predictions(generator(1), 60)

    right = (outputs.argmax(axis=1) == labels).astype(float)
    assert pseudo_values(accuracy, labels, outputs) == pytest.approx(right)


def test_those_of_a_metric_on_classes_are_the_jackknife_of_scikit_learn():
    labels, outputs = predictions(generator(2), 40, classes=3)
    predicted = outputs.argmax(axis=1)
    whole = matthews_corrcoef(labels, predicted)
    left = [matthews_corrcoef(np.delete(labels, e), np.delete(predicted, e)) for e in range(40)]

    assert pseudo_values(matthews, labels, outputs) == pytest.approx(
        40 * whole - 39 * np.array(left)
    )


def test_those_of_a_regression_are_of_groups_and_their_mean_is_about_the_score():
    draw = generator(3)
    labels = draw.normal(0, 1, 500)
    outputs = (labels + draw.normal(0, 1, 500))[:, None]
    values = pseudo_values(pearson, labels, outputs)

    assert len(values) == 100
    assert values.mean() == pytest.approx(pearson(labels, outputs), abs=1e-3)


def test_without_differences_between_examples_it_is_the_student_interval():
    by_seed = np.array([0.60, 0.62, 0.66, 0.61])
    low, high = student_interval(list(by_seed), alpha=0.05)
    half = crossed_half_width([np.repeat(by_seed[:, None], 50, axis=1)], alpha=0.05)

    assert half == pytest.approx((high - low) / 2)


@pytest.mark.parametrize("shape", [(2, 50), (5, 1)])
def test_too_few_seeds_or_examples_have_none(shape):
    assert crossed_half_width([generator(4).normal(0, 1, shape)], alpha=0.05) is None
    assert crossed_half_width([np.ones((5, 50))], alpha=0.05) is None


def test_it_is_never_narrower_than_the_interval_over_seeds():
    draw = generator(5)
    for _ in range(200):
        tasks = [draw.normal(0, 1, (4, 30)) + draw.normal(0, draw.random(), (4, 1))]
        low, high = student_interval(list(tasks[0].mean(axis=1)), alpha=0.05)
        assert crossed_half_width(tasks, alpha=0.05) >= (high - low) / 2 - 1e-12


def test_it_agrees_with_a_brute_force_bootstrap_of_seeds_and_examples():
    """Accuracy of 40 seeds on 200 examples, both drawn anew with replacement 4,000 times."""
    draw = generator(6)
    right = (
        draw.normal(0, 1, (1, 200)) + draw.normal(0, 0.3, (40, 1)) + draw.normal(0, 0.5, (40, 200))
    ) > 0
    seeds, examples = draw.integers(0, 40, (4000, 40)), draw.integers(0, 200, (4000, 200))
    means = [right[s][:, e].mean() for s, e in zip(seeds, examples, strict=True)]
    low, high = np.quantile(means, [0.025, 0.975])

    half = crossed_half_width([right.astype(float)], alpha=0.05)
    assert half == pytest.approx((high - low) / 2, rel=0.06)


def test_so_does_a_metric_that_is_no_mean_over_examples():
    draw = generator(7)
    labels = draw.integers(0, 2, 150)
    hard = draw.normal(0, 1, 150)
    outputs = [
        np.stack([np.zeros(150), (2 * labels - 1) * 1.2 + hard + draw.normal(0, 0.6, 150)], axis=1)
        for _ in range(30)
    ]
    values = np.stack([pseudo_values(matthews, labels, each) for each in outputs])
    predicted = np.stack([each.argmax(axis=1) for each in outputs])
    drawn = []
    for _ in range(1000):
        seeds, examples = draw.integers(0, 30, 30), draw.integers(0, 150, 150)
        drawn.append(correlations(labels[examples], predicted[seeds][:, examples]).mean())
    low, high = np.quantile(drawn, [0.025, 0.975])

    assert crossed_half_width([values], alpha=0.05) == pytest.approx((high - low) / 2, rel=0.1)


def correlations(labels, predicted):
    """Return the correlation of labels [examples] with each row of predictions, as Matthews'."""
    y = labels - labels.mean()
    x = predicted - predicted.mean(axis=1, keepdims=True)
    return (x @ y) / np.sqrt((x**2).sum(axis=1) * (y**2).sum())


def mean_squares(values):
    """Return the mean squares of seeds, examples and both, from sums of squares that add up."""
    seeds, examples = values.shape
    whole = ((values - values.mean()) ** 2).sum()
    of_seeds = examples * ((values.mean(axis=1) - values.mean()) ** 2).sum()
    of_examples = seeds * ((values.mean(axis=0) - values.mean()) ** 2).sum()
    rest = (whole - of_seeds - of_examples) / ((seeds - 1) * (examples - 1))
    return of_seeds / (seeds - 1), of_examples / (examples - 1), rest


def test_the_width_of_two_tasks_is_that_of_their_mean_squares():
    draw = generator(8)
    tasks = [
        draw.normal(0, 1, (1, size)) + draw.normal(0, 0.2, (5, 1)) + draw.normal(0, 1, (5, size))
        for size in (40, 90)
    ]
    by_seed = (tasks[0].mean(axis=1) + tasks[1].mean(axis=1)) / 2
    variances, freedoms = [by_seed.var(ddof=1) / 5], [4]
    for values in tasks:
        _, examples, rest = mean_squares(values)
        size = values.shape[1]
        variances.append((examples - rest) / (5 * size) / 4)
        freedoms.append(size - 1)
    whole = sum(variances)
    satterthwaite = whole**2 / np.sum(np.square(variances) / freedoms)

    assert crossed_half_width(tasks, alpha=0.05) == pytest.approx(
        t.ppf(0.975, satterthwaite) * np.sqrt(whole)
    )

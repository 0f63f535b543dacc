"""The majority class and chance score what arithmetic on the label counts says."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from metabench.metrics.reference import reference_scores
from metabench.seeding import Stream

SCORES = "metabench.metrics.scores:"
TRAIN = np.array([0] * 30 + [1] * 70)
LABELS = np.array([0] * 40 + [1] * 60)


def references(*metrics, train=TRAIN, labels=LABELS, classes=2):
    targets = {name: f"{SCORES}{name}" for name in metrics}
    return reference_scores(targets, train, labels, classes=classes)


def test_the_majority_class_is_that_of_the_training_labels():
    found = references("accuracy", "f1", "matthews")["majority"]

    assert found["accuracy"] == 0.6
    assert found["f1"] == pytest.approx(2 * 0.6 / 1.6)
    assert found["matthews"] == 0.0
    assert references("accuracy", train=1 - TRAIN)["majority"]["accuracy"] == 0.4


def test_chance_is_what_independent_guesses_score_in_expectation():
    found = references("accuracy", "f1", "matthews")["chance"]
    drawn = (DummyClassifier(strategy="stratified", random_state=seed) for seed in range(300))
    many = np.mean([one.fit(TRAIN[:, None], TRAIN).score(LABELS[:, None], LABELS) for one in drawn])

    assert found["accuracy"] == pytest.approx(0.3 * 0.4 + 0.7 * 0.6)
    assert found["accuracy"] == pytest.approx(many, abs=0.01)
    assert found["f1"] == pytest.approx(2 * 0.7 * 0.6 / (0.7 + 0.6))
    assert found["matthews"] == pytest.approx(0.0, abs=1e-9)


def test_more_classes_than_occur_are_no_problem():
    found = references("accuracy", train=np.array([2, 2, 1]), labels=np.array([0, 0, 2]), classes=4)

    assert found["majority"]["accuracy"] == pytest.approx(1 / 3)


def test_a_regression_has_the_training_mean_and_uncorrelated_guesses():
    train, labels = np.array([1.0, 2.0, 6.0]), np.linspace(0, 5, 50)
    targets = {"mse": "metabench.metrics.distances:mse", "pearson": f"{SCORES}pearson"}
    found = reference_scores(targets, train, labels, classes=1)

    assert found["majority"]["mse"] == pytest.approx(np.mean((labels - 3.0) ** 2))
    assert found["majority"]["pearson"] == 0.0
    assert found["chance"]["pearson"] == pytest.approx(0.0, abs=1e-12)
    drawn = Stream.root(0).child("reference", 50).numpy().choice(train, size=50)
    mirrored = 2 * drawn.mean() - drawn
    errors = [np.mean((labels - one) ** 2) for one in (drawn, mirrored)]
    assert found["chance"]["mse"] == pytest.approx(np.mean(errors))


def test_a_metric_that_fails_on_constant_outputs_has_no_reference():
    targets = {"broken": "metabench.metrics.scores:nothing", "accuracy": f"{SCORES}accuracy"}

    found = reference_scores(targets, TRAIN, LABELS, classes=2)
    assert [list(scores) for scores in found.values()] == [["accuracy"], ["accuracy"]]


def test_chance_guesses_every_class_in_its_share_among_the_examples_of_each_class():
    train = np.array([0, 1, 2, 2])
    found = references("accuracy", train=train, labels=np.repeat([0, 1, 2], [4, 8, 4]), classes=3)

    assert found["chance"]["accuracy"] == (1 + 2 + 2) / 16


def columns(_labels, outputs):
    """Return the number of columns: a metric for the test below."""
    return float(outputs.shape[1])


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_a_metric_is_given_as_many_columns_as_there_are_classes(classes):
    train = np.arange(6) % max(classes, 2)
    found = reference_scores({"columns": f"{__name__}:columns"}, train, train, classes=classes)

    assert found == {name: {"columns": classes} for name in ("majority", "chance")}

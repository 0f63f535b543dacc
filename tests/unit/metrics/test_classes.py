"""Scores of classes are what counting by hand gives, and finite where they are undefined."""

from __future__ import annotations

import numpy as np
import pytest

from metabench.metrics import classes

LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 0, 1])
OUTPUTS = np.eye(3)[PREDICTED]
TWO = np.array([0, 0, 1, 1, 1])
SCORES = np.array([[2.0, 0.0], [0.0, 1.0], [0.0, 3.0], [0.0, 0.5], [1.0, 0.0]])


def f1_of(label):
    hits = int(((label == LABELS) & (label == PREDICTED)).sum())
    return 2 * hits / (int((label == LABELS).sum()) + int((label == PREDICTED).sum()))


def test_averages_of_f1_are_those_of_the_classes():
    each = [f1_of(label) for label in range(3)]

    assert classes.f1_macro(LABELS, OUTPUTS) == pytest.approx(sum(each) / 3)
    assert classes.f1_weighted(LABELS, OUTPUTS) == pytest.approx(np.dot(each, [3, 2, 1]) / 6)
    assert classes.f1_micro(LABELS, OUTPUTS) == pytest.approx((LABELS == PREDICTED).mean())


def test_balanced_accuracy_is_the_mean_recall_of_the_classes_that_rows_have():
    assert classes.balanced_accuracy(LABELS, OUTPUTS) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert classes.balanced_accuracy(LABELS[:5], OUTPUTS[:5]) == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_precision_and_recall_are_those_of_the_second_class():
    assert classes.precision(TWO, SCORES) == pytest.approx(2 / 3)
    assert classes.recall(TWO, SCORES) == pytest.approx(2 / 3)
    assert classes.precision(TWO, SCORES[:, ::-1]) == pytest.approx(1 / 2)  # 1 hit, 2 called
    assert classes.recall(TWO, SCORES[:, ::-1]) == pytest.approx(1 / 3)  # 1 hit, 3 true


def test_auroc_is_the_share_of_pairs_in_the_right_order():
    margins = SCORES[:, 1] - SCORES[:, 0]
    pairs = [(one, other) for one in margins[TWO == 1] for other in margins[TWO == 0]]
    won = sum(1.0 if one > other else 0.5 * (one == other) for one, other in pairs)

    assert classes.auroc(TWO, SCORES) == pytest.approx(won / len(pairs))
    assert classes.auroc(np.array([0, 1, 2]), np.eye(3)) == 1.0


def test_auroc_of_more_classes_is_the_mean_over_those_that_some_rows_have():
    """Of four classes the last has no row; of the others, each is ranked against the rest."""
    outputs = np.log(
        [[0.5, 0.2, 0.2, 0.1], [0.2, 0.5, 0.2, 0.1], [0.3, 0.1, 0.5, 0.1], [0.4, 0.3, 0.2, 0.1]]
    )
    labels = np.array([1, 1, 2, 0])
    shares = []
    for label in range(3):
        mine, rest = (np.exp(outputs)[where, label] for where in (labels == label, labels != label))
        shares.append(np.mean([(a > b) + 0.5 * (a == b) for a in mine for b in rest]))

    assert len(set(shares)) > 1
    assert classes.auroc(labels, outputs) == pytest.approx(np.mean(shares))


def test_what_is_undefined_is_finite():
    one = np.zeros(3, dtype=int)

    assert classes.auroc(one, SCORES[:3]) == 0.5
    assert classes.recall(one, SCORES[:3]) == 0.0
    assert classes.precision(np.array([1, 1]), np.array([[1.0, 0.0]] * 2)) == 0.0

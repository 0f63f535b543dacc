"""The linear probe is what scikit-learn computes of frozen features, as a head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression, Ridge

from metabench.errors import DivergedError
from metabench_adaptations.linear_probe import LinearProbe
from metabench_adaptations.options import LinearProbeOptions


def probe(tiny, target=None, **options):
    """Return theta after a linear probe."""
    adaptation = LinearProbe(LinearProbeOptions(**options))
    return adaptation.adapt(tiny.learner, tiny.theta, target or tiny.target())


@pytest.mark.parametrize("task", ["three", "two"])
@pytest.mark.parametrize("c", [0.1, 1.0, 30.0])
def test_probabilities_are_those_of_logistic_regression_on_the_features(tiny, task, c):
    one = tiny(task)
    by_hand = LogisticRegression(C=c, tol=1e-10, max_iter=100_000, solver="newton-cg").fit(
        one.features(*one.batches), one.labels(*one.batches)
    )
    expected = by_hand.predict_proba(one.features(one.others))

    found = softmax(one.outputs(probe(one, c=c)), axis=1)

    assert np.abs(found - expected).max() < 1e-6


@pytest.mark.parametrize("alpha", [0.1, 10.0])
def test_numbers_are_those_of_ridge_regression_on_the_features(tiny, alpha):
    one = tiny("number")
    features, numbers = one.features(*one.batches), one.labels(*one.batches).astype(float)
    expected = Ridge(alpha=alpha).fit(features, numbers).predict(one.features(one.others))

    found = one.outputs(probe(one, alpha=alpha))

    assert found.shape == (9, 1)
    assert np.abs(found[:, 0] - expected).max() < 1e-9


def test_the_encoder_and_other_heads_stay_as_they_are(tiny):
    one = tiny("three")
    head = one.learner.spans("three")["head"]
    found = probe(one)
    moved = (found != one.theta).nonzero()[:, 0]

    assert moved.min() >= head.start
    assert moved.max() < head.stop
    assert len(moved) == head.stop - head.start


def test_a_class_without_an_example_is_never_predicted(tiny):
    one = tiny("three")
    batches = [replace(batch, labels=batch.labels.clamp(min=1)) for batch in one.batches]

    outputs = one.outputs(probe(one, one.target(batches)))

    assert np.isfinite(outputs).all()
    assert set(outputs.argmax(1)) <= {1, 2}
    assert softmax(outputs, axis=1)[:, 0].max() < 1e-40


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_too_few_iterations_are_not_passed_off_as_a_minimum(tiny):
    with pytest.raises(DivergedError, match="has not converged after 2 iterations"):
        probe(tiny("three"), c=1e6, max_iter=2)


def test_features_are_in_float64_even_where_theta_is_not(tiny):
    one = tiny("three")

    features, labels = one.target().features(one.learner, one.theta)

    assert features.dtype is torch.float64
    assert features.numpy() == pytest.approx(one.features(*one.batches), abs=1e-12)
    assert labels.tolist() == one.labels(*one.batches).tolist()

"""Nearest prototypes: distances to class means, computed by hand; names of classes mean nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax

from metabench_adaptations.options import PrototypeOptions
from metabench_adaptations.prototype import Prototype


def adapted(tiny, batches=None):
    """Return theta with the prototypes of some batches as its head."""
    target = tiny.target(batches)
    return Prototype(PrototypeOptions()).adapt(tiny.learner, tiny.theta, target)


def test_outputs_are_negative_squared_distances_to_class_means_but_for_a_constant(tiny):
    one = tiny()
    features, labels = one.features(*one.batches), one.labels(*one.batches)
    means = [features[labels == label].mean(0) for label in range(3)]
    distances = ((one.features(one.others)[:, None] - np.stack(means)) ** 2).sum(-1)

    found = one.outputs(adapted(one))

    assert log_softmax(found, 1) == pytest.approx(log_softmax(-distances, 1), abs=1e-9)


@given(names=st.permutations(range(3)))
def test_permuting_the_names_of_classes_permutes_the_outputs(tiny, names):
    one = tiny()
    order = np.array(names)
    renamed = [
        replace(batch, labels=batch.labels.new_tensor(order[batch.labels.numpy()]))
        for batch in one.batches
    ]
    plain = one.outputs(adapted(one))
    permuted = one.outputs(adapted(one, renamed))

    assert permuted[:, order] == pytest.approx(plain, abs=1e-12)

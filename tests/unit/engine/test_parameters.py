"""Parameters come back bit by bit, and one that does not fit is named."""

from __future__ import annotations

import pytest
import torch

from metabench.engine.parameters import named, pack_parameters, unpack_parameters, vector
from metabench.errors import StoreError
from metabench.seeding import Stream
from metabench.testing import tiny_learner

STREAM = Stream.root(1)


@pytest.fixture
def learner():
    return tiny_learner()


def test_what_is_packed_is_unpacked_bit_by_bit(learner, tmp_path):
    theta, layout = learner.theta(STREAM), learner.layout
    places = [*layout.encoder, *(place for head in layout.heads.values() for place in head)]
    values = unpack_parameters(pack_parameters(named(theta, layout)))

    assert torch.equal(vector(values, places, path=tmp_path), theta)


@pytest.mark.parametrize("change", ["gone", "of another shape"])
def test_a_parameter_that_does_not_fit_is_named(learner, tmp_path, change):
    layout = learner.layout
    values = named(learner.theta(STREAM), layout)
    name = layout.heads["two"][0].name
    if change == "gone":
        del values[name]
    else:
        values[name] = values[name].T

    with pytest.raises(StoreError, match=r"has no 'two.weight' of shape \[2, 16\]"):
        vector(values, layout.heads["two"], path=tmp_path)

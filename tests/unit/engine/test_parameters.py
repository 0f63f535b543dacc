"""Parameters come back bit by bit, and one that does not fit is named."""

from __future__ import annotations

import pytest
import torch

from metabench.engine.parameters import (
    learned_blocks,
    named,
    named_blocks,
    pack_parameters,
    unpack_parameters,
    vector,
)
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


def test_blocks_come_back_and_a_new_head_keeps_what_it_began_with(learner, tmp_path):
    layout = learner.layout
    rates = torch.rand(layout.size, generator=STREAM.child("rates").torch(), dtype=torch.float64)
    small = torch.rand(2, 3, generator=STREAM.child("small").torch(), dtype=torch.float64)
    saved = named_blocks({"rates": rates, "small": small}, layout)
    values = unpack_parameters(pack_parameters(saved))
    head = layout.heads["two"]
    for place in head:
        del values[f"blocks/rates/{place.name}"]
    start = {"theta": rates, "rates": torch.full_like(rates, 7.0), "small": torch.zeros(2, 3)}

    found = learned_blocks(values, start | {"small": small * 0}, layout, path=tmp_path)
    new = torch.zeros(layout.size, dtype=torch.bool)
    new[layout.head("two")] = True

    assert set(found) == {"rates", "small"}
    assert torch.equal(found["small"], small)
    assert torch.equal(found["rates"], torch.where(new, 7.0, rates))
    assert torch.equal(start["rates"], torch.full_like(rates, 7.0))


def test_a_block_that_an_earlier_version_did_not_keep_is_named_with_the_way_out(learner, tmp_path):
    theta, layout = learner.theta(STREAM), learner.layout
    values = named(theta, layout)

    with pytest.raises(StoreError, match=r"'blocks/rates/.*an earlier version kept theta alone"):
        learned_blocks(values, {"theta": theta, "rates": theta}, layout, path=tmp_path)
    with pytest.raises(StoreError, match=r"has no 'blocks/few' of shape \[2\]"):
        learned_blocks(values, {"theta": theta, "few": theta[:2]}, layout, path=tmp_path)

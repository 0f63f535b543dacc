"""What gradients of an episode leave for its products: only what is expected, at one theta."""

from __future__ import annotations

import pytest

from metabench.nn.curvature import Curvature
from metabench.seeding import Stream
from metabench.testing import tiny_batch, tiny_learner

STREAM = Stream.root(6)


@pytest.mark.parametrize(
    ("curvature", "passes", "gradients"),
    [
        (Curvature("exact", keep="fast"), 1, 0),
        (Curvature("exact", keep="lean"), 0, 0),
        (Curvature("exact", keep="auto", memory=10**9), 1, 0),
        (Curvature("exact", keep="auto", memory=0), 0, 0),
        (Curvature("forward"), 0, 1),
        (Curvature("central"), 0, 0),
        (None, 0, 0),
    ],
    ids=str,
)
def test_only_what_a_product_will_ask_for_is_held(curvature, passes, gradients):
    learner = tiny_learner(curvature=curvature)
    theta, open_ = learner.theta(STREAM), learner.passes
    expected, other = tiny_batch("two", STREAM), tiny_batch("two", STREAM.child("other"))
    open_.expect([expected])
    learner.gradient(theta, expected)
    learner.gradient(theta, other)

    assert list(open_._passes) == [id(expected)] * passes
    assert list(open_._gradients) == [id(expected)] * gradients
    for held, take in ((passes, open_.take), (gradients, open_.gradient)):
        assert (take(theta, expected) is not None) == bool(held)
        assert take(theta, expected) is None  # used up
        assert take(theta, other) is None


@pytest.mark.parametrize(("spare", "held"), [(1, 1), (-1, 0)])
def test_room_for_the_activations_of_one_batch_in_fp32_is_what_holding_them_takes(spare, held):
    learner = tiny_learner(curvature=Curvature("exact", keep="auto"))
    theta, batch = learner.theta(STREAM).float(), tiny_batch("two", STREAM)
    rows, width = batch.input_ids.shape
    needed = learner.bert.bytes_kept(
        tokens=rows * width if batch.tokens is None else batch.tokens, rows=rows, width=width,
        size=theta.element_size(), cls_only=learner.encoder.cls_only,
    )  # fmt: skip
    learner = tiny_learner(curvature=Curvature("exact", keep="auto", memory=int(needed) + spare))
    learner.passes.expect([batch])
    learner.gradient(theta, batch)

    assert len(learner.passes._passes) == held


@pytest.mark.parametrize("way", ["exact", "forward"])
def test_what_is_held_is_for_one_theta_and_one_episode(way):
    learner = tiny_learner(curvature=Curvature(way, keep="fast"))
    theta, batch, open_ = learner.theta(STREAM), tiny_batch("two", STREAM), learner.passes
    open_.expect([batch])
    learner.gradient(theta, batch)
    assert open_.take(theta.clone(), batch) is None
    assert open_.gradient(theta.clone(), batch) is None

    learner.gradient(theta, batch)
    open_.expect([batch])
    assert open_.take(theta, batch) is None
    assert open_.gradient(theta, batch) is None

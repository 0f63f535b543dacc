"""A head of prototypes classifies by the nearest mean, computed here without the learner's head."""

from __future__ import annotations

import torch

from metabench.engine.prototypes import with_prototypes
from metabench.seeding import Stream
from metabench.testing import tiny_batch, tiny_learner

STREAM = Stream.root(5)


def examples():
    return [tiny_batch("three", STREAM.child(i), rows=6, dropout=False) for i in range(3)]


def test_the_highest_output_is_the_class_of_the_nearest_mean():
    learner = tiny_learner(curvature=None)
    theta, batches = learner.theta(STREAM), examples()
    features = torch.cat([learner.features(theta, batch) for batch in batches]).detach()
    labels = torch.cat([batch.labels for batch in batches])
    means = torch.stack([features[labels == number].mean(0) for number in range(3)])
    unseen = tiny_batch("three", STREAM.child("unseen"), rows=40, dropout=False)
    distances = torch.cdist(learner.features(theta, unseen).detach(), means)

    found = with_prototypes(learner, theta, batches, task="three")

    logits = learner.outputs(found, unseen).detach()
    assert torch.equal(logits.argmax(1), distances.argmin(1))
    assert len(set(logits.argmax(1).tolist())) > 1
    # Beyond the argmax: log-odds are differences of squared distances.
    expected = (distances[:, 1] ** 2) - (distances[:, 0] ** 2)
    assert torch.allclose(logits[:, 0] - logits[:, 1], expected, rtol=0, atol=1e-9)


def test_the_encoder_and_other_heads_stay_and_theta_is_not_written_to():
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)
    before = theta.clone()

    found = with_prototypes(learner, theta, examples(), task="three")

    head = learner.layout.head("three")
    assert torch.equal(theta, before)
    assert torch.equal(found[: head.start], theta[: head.start])
    assert torch.equal(found[head.stop :], theta[head.stop :])
    assert not torch.equal(found[head], theta[head])


def test_a_class_without_an_example_keeps_its_row():
    learner = tiny_learner(curvature=None)
    theta, batch = learner.theta(STREAM), examples()[0]
    batch.labels[:] = torch.tensor([0, 0, 2, 2, 0, 2])

    found = with_prototypes(learner, theta, [batch], task="three")

    weights, biases = (
        (found[place.span].view(place.shape), theta[place.span].view(place.shape))
        for place in learner.layout.heads["three"]
    )
    for now, earlier in (weights, biases):
        assert torch.equal(now[1], earlier[1])
        assert not torch.equal(now[0], earlier[0])

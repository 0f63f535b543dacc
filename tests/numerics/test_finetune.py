"""The laws of fine-tuning."""

from __future__ import annotations

import math

import pytest
import torch
import transformers
from torch import nn

from metabench.engine.finetune import _UNREAD as UNREAD
from metabench.engine.finetune import FineTuning, rate_factor
from metabench.engine.snapshot import Snapshot
from metabench.errors import DivergedError
from metabench.seeding import Stream
from metabench.spec.model.sections import FineTuneOptimizer
from metabench.testing import tiny_batch, tiny_learner

STREAM = Stream.root(3)


def finish(steps):
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.34])
def test_the_schedule_is_transformers_linear_schedule(warmup):
    total = 30
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = transformers.get_linear_schedule_with_warmup(
        optimizer, num_warmup_steps=math.ceil(warmup * total), num_training_steps=total
    )
    for step in range(total):
        assert rate_factor(step, total=total, warmup=warmup) == pytest.approx(
            reference.get_last_lr()[0], abs=1e-12
        )
        optimizer.step()
        reference.step()


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-9), (torch.float32, 1e-5)])
@pytest.mark.parametrize("clip", [0.5, 0.0])
def test_fine_tuning_is_torchs_adamw_on_modules_of_its_own(clip, dtype, bound):
    """The same rows and masks through nn.Parameters, torch's AdamW and torch's clipping.

    Theirs is float64. The epsilon is large, for in fp32 Adam would make a whole step of the
    rounding of a zero.
    """
    settings = FineTuneOptimizer(lr=0.01, warmup=0.3, weight_decay=0.1, clip=clip, eps=1e-3)
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM).float().double()
    batches = [tiny_batch("two", STREAM.child(i)) for i in range(6)]
    places = learner.layout.places("two")
    parameters = {p: nn.Parameter(theta[p.span].view(p.shape).clone()) for p in places}
    plain = [
        value
        for place, value in parameters.items()
        if place.name.endswith("bias") or "LayerNorm" in place.name
    ]
    rest = [value for value in parameters.values() if not any(value is other for other in plain)]
    optimizer = torch.optim.AdamW(
        [{"params": rest, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}],
        lr=0.01,
        eps=1e-3,
    )
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, 2, 6)
    for batch in batches:
        optimizer.zero_grad()
        flat = theta.clone()
        pieces = [flat[: learner.layout.head("two").start], flat[learner.layout.head("two").stop :]]
        encoder = torch.cat([parameters[p].reshape(-1) for p in learner.layout.encoder])
        head = torch.cat([parameters[p].reshape(-1) for p in learner.layout.heads["two"]])
        whole = torch.cat([encoder, pieces[0][encoder.numel() :], head, pieces[1]])
        learner.loss(whole, batch).backward()
        if clip:
            nn.utils.clip_grad_norm_(list(parameters.values()), clip)
        optimizer.step()
        schedule.step()

    ours = tiny_learner(curvature=None, dtype=dtype)
    found = finish(FineTuning(ours, "two", settings, 6).run(theta.to(dtype), batches)).double()

    for place, value in parameters.items():
        assert torch.allclose(found[place.span].view(place.shape), value, rtol=0, atol=bound)


def test_only_the_encoder_and_the_tasks_own_head_move():
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)
    before = theta.clone()

    found = finish(
        FineTuning(learner, "two", FineTuneOptimizer(lr=0.1, warmup=0.0), 2).run(
            theta, [tiny_batch("two", STREAM.child(i)) for i in range(2)]
        )
    )

    assert torch.equal(theta, before)
    assert torch.equal(found[learner.layout.head("three")], theta[learner.layout.head("three")])
    assert not torch.equal(found[learner.layout.head("two")], theta[learner.layout.head("two")])


def test_a_loss_that_is_not_finite_stops_before_the_update():
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)
    theta[learner.layout.head("two").start] = float("nan")
    steps = FineTuning(learner, "two", FineTuneOptimizer(), 1).run(
        theta, [tiny_batch("two", STREAM)]
    )

    with pytest.raises(DivergedError, match="the loss is nan") as caught:
        next(steps)
    assert caught.value.where == "adapt step 1, task two"


@pytest.mark.parametrize("unread", [2, 3, 7, 16])
def test_what_is_read_some_steps_later_is_what_those_steps_came_to(monkeypatch, unread):
    """As on a GPU: numbers come later, and the state only with the last one that is read."""
    batches = [tiny_batch("two", STREAM.child(i)) for i in range(7)]
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)
    settings = FineTuneOptimizer(lr=0.05, warmup=0.3)

    def told():
        steps, found = FineTuning(learner, "two", settings, 7).run(theta, batches), []
        while True:
            try:
                found.append(next(steps))
            except StopIteration as stop:
                return found, stop.value

    at_once, end = told()
    monkeypatch.setitem(UNREAD, "cpu", unread)
    later, same_end = told()

    assert [step.step for step in later] == list(range(1, 8))
    assert [step.scalars for step in later] == [step.scalars for step in at_once]
    assert torch.equal(same_end, end)
    assert [step.step for step in later if step.snapshot] == list(range(unread, 8, unread))


def test_a_checkpoint_of_steps_that_were_read_later_goes_on_to_the_same_end(monkeypatch):
    monkeypatch.setitem(UNREAD, "cpu", 3)
    batches = [tiny_batch("two", STREAM.child(i)) for i in range(7)]
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)
    training = FineTuning(learner, "two", FineTuneOptimizer(lr=0.05), 7)
    half = None
    for done in training.run(theta, batches):
        if done.step == 3:
            half = Snapshot.of(
                3, done.snapshot().packed(), done.snapshot().facts, device=theta.device
            )

    assert torch.equal(
        finish(training.run(theta, batches, start=half)), finish(training.run(theta, batches))
    )

"""A tiny task: random examples, a two-layer BERT, and features computed one example at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from metabench.learning import Batch, Target
from metabench.seeding import Stream
from metabench.testing import TINY_HEADS, tiny_batch, tiny_learner

STREAM = Stream.root(4).child("adaptations")


@dataclass(frozen=True)
class Tiny:
    """A task's training batches and a batch of others."""

    task: str
    learner: Any
    theta: Tensor
    batches: tuple[Batch, ...]
    others: Batch

    def target(self, batches=None):
        head = TINY_HEADS[self.task]
        given = self.batches if batches is None else batches
        return Target(self.task, head.outputs, head.regression, lambda: iter(given), STREAM)

    def features(self, *batches):
        """Return the features of each example by itself [examples, width]: one row at a time."""
        rows = []
        for batch in batches:
            for i in range(len(batch)):
                one = Batch(
                    batch.task, batch.input_ids[i : i + 1], batch.attention_mask[i : i + 1],
                    batch.token_type_ids[i : i + 1], batch.labels[i : i + 1],
                )  # fmt: skip
                rows.append(self.learner.features(self.theta, one).detach().numpy()[0])
        return np.stack(rows)

    def labels(self, *batches):
        return np.concatenate([batch.labels.numpy() for batch in batches])

    def outputs(self, theta, batch=None):
        with torch.no_grad():
            return self.learner.outputs(theta, self.others if batch is None else batch).numpy()


@pytest.fixture(scope="module")
def tiny():
    """Return the function that returns the tiny task of a name."""

    def make(task="three"):
        learner = tiny_learner(curvature=None)
        batches = tuple(tiny_batch(task, STREAM.child(i), rows=7, dropout=False) for i in range(4))
        others = tiny_batch(task, STREAM.child("others"), rows=9, dropout=False)
        return Tiny(task, learner, learner.theta(STREAM), batches, others)

    return make

"""A learner with quadratic losses, so that every meta-gradient has a closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch
from jaxtyping import Float
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.learning.batch import Batch

__all__ = ["QuadraticLearner"]


@final
@dataclass(frozen=True)
class QuadraticLearner:
    r"""Implements `metabench.learning.Learner` with a quadratic loss.

    .. math:: L(\theta; b) = \tfrac12 (\theta - c_b)^T A (\theta - c_b)

    The curvature A [P, P] is the same for every batch; the centre c_b [P] is the mean of the
    batch's token ids in each coordinate, so that batches have different minima.
    """

    curvature: Float[Tensor, "P P"]

    def centre(self, batch: Batch) -> Float[Tensor, " P"]:
        """Return the point [P] at which the loss of a batch is zero."""
        size = self.curvature.shape[0]
        return batch.input_ids.to(self.curvature.dtype)[:, :size].mean(0)

    def loss(self, theta: Float[Tensor, " P"], batch: Batch) -> Float[Tensor, ""]:
        """Return the loss."""
        offset = theta - self.centre(batch)
        return 0.5 * offset @ self.curvature @ offset

    def features(self, theta: Float[Tensor, " P"], batch: Batch) -> Float[Tensor, "batch width"]:
        """Return theta for every example."""
        return theta.expand(len(batch), -1)

    def gradient(
        self, theta: Float[Tensor, " P"], batch: Batch, span: slice | None = None
    ) -> Float[Tensor, " P"]:
        r"""Return :math:`A (\theta - c_b)`, zero outside ``span``."""
        full = self.curvature @ (theta - self.centre(batch))
        if span is None:
            return full
        kept = torch.zeros_like(full)
        kept[span] = full[span]
        return kept

    def hvp(
        self, theta: Float[Tensor, " P"], batch: Batch, vector: Float[Tensor, " P"]
    ) -> Float[Tensor, " P"]:
        """Return A times ``vector``."""
        del theta, batch
        return self.curvature @ vector

    def spans(self, task: str | None = None) -> Mapping[str, slice]:
        """Return the encoder: all but the last coordinate; and the head: the last."""
        size = self.curvature.shape[0]
        spans = {"encoder": slice(0, size - 1)}
        return spans if task is None else {**spans, "head": slice(size - 1, size)}

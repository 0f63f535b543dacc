"""A head made of prototypes: fine-tuning begins as a nearest-centroid classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from metabench.learning import Batch
    from metabench.nn.learner import TransformerLearner

__all__ = ["with_prototypes"]


def with_prototypes(
    learner: TransformerLearner, theta: Tensor, batches: Iterable[Batch], *, task: str
) -> Tensor:
    r"""Return theta [P] with a head whose highest output is the class of the nearest prototype.

    With :math:`c_n` the mean of the features of all examples of class n,

    .. math:: w_n = 2 c_n, \qquad b_n = -\lVert c_n \rVert^2

    A class without an example keeps its weights in the head.

    Args:
        learner: computes features.
        theta: the parameters for the features; it is not modified.
        batches: the training examples, each once, without dropout.
        task: the task of the head; one with classes.

    Source: Snell et al. 2017, section 2.4, equation 8; Triantafillou et al. 2020, section 3, who
    begin the inner loop of each episode so.
    """
    weights, biases = (theta[place.span].view(place.shape) for place in learner.layout.heads[task])
    sums = torch.zeros_like(weights, dtype=torch.float64)
    counts = torch.zeros_like(biases, dtype=torch.float64)
    with torch.inference_mode():
        for batch in batches:
            classes = nn.functional.one_hot(batch.labels, len(biases)).to(torch.float64)
            sums += classes.T @ learner.features(theta, batch).to(torch.float64)
            counts += classes.sum(0)
    centres = sums / counts.clamp(min=1)[:, None]
    found, known = theta.clone(), counts > 0
    head = [
        torch.where(known[:, None], 2 * centres, weights).flatten(),
        torch.where(known, -centres.square().sum(1), biases),
    ]
    found[learner.layout.head(task)] = torch.cat(head).to(theta.dtype)
    return found

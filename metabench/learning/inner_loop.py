"""The inner loop that gradient-based meta-learners share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metabench.learning.batch import Batch
    from metabench.learning.learner import Learner

__all__ = ["inner_path"]


def inner_path(
    learner: Learner, theta: Float[Tensor, " P"], batches: Sequence[Batch], *, inner_lr: float
) -> Iterator[Float[Tensor, " P"]]:
    r"""Yield :math:`\theta_0, \theta_1, \dots, \theta_k`, one gradient step per batch.

    .. math:: \theta_i = \theta_{i-1} - \alpha \nabla L(\theta_{i-1};\ \mathrm{support}_i)

    Args:
        learner: the model.
        theta: where to start; it is not written to.
        batches: the k support batches, one a step.
        inner_lr: the step size alpha.

    Source: Dou et al. 2019, equation 1; Finn et al. 2017, algorithm 1, line 6.
    """
    yield theta
    for batch in batches:
        step = learner.gradient(theta, batch).mul_(inner_lr)
        theta = torch.sub(theta, step, out=step)  # in its place: a vector less for each step
        yield theta

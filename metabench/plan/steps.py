"""Budgets: from epochs and sizes to numbers of updates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.api import AlgorithmOptions
    from metabench.spec.model.sections import FineTuneSpec, MetaSpec

__all__ = ["adapt_steps", "meta_budget"]

_EPOCHS = 5.0
_PRODUCT = 2.0
"""Gradients that a Hessian-vector product counts for. Source: Pearlmutter 1994."""


def meta_budget(
    settings: MetaSpec, sizes: Sequence[int], options: AlgorithmOptions
) -> tuple[int, int]:
    r"""Return the number of meta-steps, and those of one epoch over all tasks' examples.

    .. math:: \lceil \mathrm{epochs} \cdot \textstyle\sum_i |D_i|
              / (\mathrm{tasks\ a\ step} \cdot \mathrm{batch\ size} \cdot c) \rceil

    Here c is the cost of an episode in the unit of the budget: for examples its support and query
    batches, for outer updates 1, for gradients those that it computes, with a Hessian-vector
    product as two.

    Args:
        settings: epochs or steps, tasks a step, batch size, the budget.
        sizes: training examples of each task.
        options: those of the algorithm, which define an episode.

    Source: Dou et al. 2019, section 3: five epochs.
    Differs: the paper gives the steps of uniform PPS to every sampler; they are the same here.
    """
    batch_rows = settings.tasks_per_step * settings.batch_size
    step_rows = batch_rows * max(options.episode_shape().batches, 1)
    rows = (_EPOCHS if settings.epochs is None else settings.epochs) * sum(sizes)
    steps = settings.steps or max(1, math.ceil(rows / step_rows))
    if settings.budget == "updates":
        steps = max(1, math.ceil(rows / batch_rows))
    elif settings.budget == "gradients":
        cost = options.episode_cost(steps)
        taken = cost.gradients + _PRODUCT * cost.products + cost.features
        steps = max(1, math.ceil(rows / (batch_rows * max(taken, 1.0))))
    return steps, min(steps, max(1, math.ceil(sum(sizes) / step_rows)))


def adapt_steps(settings: FineTuneSpec, rows: int) -> int:
    """Return the updates of fine-tuning: ``epochs`` passes, but at least ``min_steps`` and one.

    The short last batch of a pass is a separate update, as in `transformers.Trainer`.
    """
    per_epoch = math.ceil(rows / settings.batch_size)
    return max(1, settings.min_steps, math.ceil(settings.epochs * per_epoch))

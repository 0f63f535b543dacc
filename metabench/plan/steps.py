"""Budgets: from epochs and sizes to numbers of updates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.spec.model.sections import FineTuneSpec, MetaSpec

__all__ = ["adapt_steps", "meta_budget"]

_EPOCHS = 5.0


def meta_budget(settings: MetaSpec, sizes: Sequence[int], *, batches: int) -> tuple[int, int]:
    r"""Return the meta-steps in all, and those that draw as many examples as all tasks hold.

    .. math:: \lceil \mathrm{epochs} \cdot \textstyle\sum_i |D_i|
              / (\mathrm{tasks\ a\ step} \cdot \mathrm{batch\ size} \cdot \mathrm{batches}) \rceil

    Args:
        settings: epochs or steps, tasks a step, batch size.
        sizes: training rows of each task.
        batches: batches of an episode, support and query together.

    Source: Dou et al. 2019, section 3: five epochs.
    Differs: the paper gives the steps of uniform PPS to every sampler; they are the same here.
    """
    step_rows = settings.tasks_per_step * settings.batch_size * max(batches, 1)
    epochs = _EPOCHS if settings.epochs is None else settings.epochs
    steps = settings.steps or max(1, math.ceil(epochs * sum(sizes) / step_rows))
    return steps, min(steps, max(1, math.ceil(sum(sizes) / step_rows)))


def adapt_steps(settings: FineTuneSpec, rows: int) -> int:
    """Return the updates of fine-tuning: ``epochs`` passes, but at least ``min_steps`` and one.

    The short last batch of a pass is an update of its own, as in `transformers.Trainer`.
    """
    per_epoch = math.ceil(rows / settings.batch_size)
    return max(1, settings.min_steps, math.ceil(settings.epochs * per_epoch))

"""Task sampling with probability proportional to size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from typing_extensions import override

from metabench.learning import SampledTask, State, TaskSampler
from metabench_samplers.options import PpsOptions

__all__ = ["Pps"]


@final
class Pps(TaskSampler[PpsOptions]):
    r"""Draws in proportion to a task's number of training examples.

    .. math:: p(T_i) = |D_i| / \textstyle\sum_j |D_j|

    Source: Dou et al. 2019, section 2.4.
    """

    @override
    def probabilities(
        self, step: int, tasks: Sequence[SampledTask], state: State
    ) -> Mapping[str, float]:
        """Return each task's share of all training examples, at every step."""
        rows = sum(task.size for task in tasks)
        return {task.name: task.size / rows for task in tasks}

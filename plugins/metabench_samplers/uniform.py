"""Uniform task sampling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from typing_extensions import override

from metabench.learning import SampledTask, State, TaskSampler
from metabench_samplers.options import UniformOptions

__all__ = ["Uniform"]


@final
class Uniform(TaskSampler[UniformOptions]):
    r"""Draw every task with the same probability.

    .. math:: p(T_i) = 1 / n

    Source: Dou et al. 2019, section 2.4.
    """

    @override
    def probabilities(
        self, step: int, tasks: Sequence[SampledTask], state: State
    ) -> Mapping[str, float]:
        """Return 1/n for each of the n tasks, whatever the step."""
        return {task.name: 1.0 / len(tasks) for task in tasks}

"""Task sampling between proportional to size and uniform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from typing_extensions import override

from metabench.learning import SampledTask, State, TaskSampler
from metabench_samplers.options import TemperatureOptions

__all__ = ["Temperature"]


@final
class Temperature(TaskSampler[TemperatureOptions]):
    r"""Draw a task in proportion to a root of its size.

    .. math:: p(T_i) = |D_i|^{1/T} / \textstyle\sum_j |D_j|^{1/T}

    Source: Arivazhagan et al. 2019, Massively Multilingual Neural Machine Translation in the Wild,
    section on sampling, where T is 5; there the tasks are pairs of languages.
    """

    @override
    def probabilities(
        self, step: int, tasks: Sequence[SampledTask], state: State
    ) -> Mapping[str, float]:
        """Return each task's share of the roots, whatever the step."""
        largest = max(task.size for task in tasks)
        roots = {
            task.name: (task.size / largest) ** (1 / self.options.temperature) for task in tasks
        }
        total = sum(sorted(roots.values()))
        return {name: root / total for name, root in roots.items()}

"""Task sampling that alternates, inside each epoch, between all tasks and the target task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from typing_extensions import override

from metabench.learning import SampledTask, Schedule, State, TaskSampler
from metabench_samplers.options import MixedOptions

__all__ = ["Mixed"]


@final
class Mixed(TaskSampler[MixedOptions]):
    r"""Uniform draws over all tasks, then the target task only, in every epoch.

    With ratio r and an epoch of E steps, the first :math:`E r / (r + 1)` steps, rounded to an
    integer of at least 1 and (from two steps on) at most E - 1, are uniform over all tasks,
    including the target; the rest of the epoch draws only the target. A truncated last epoch keeps
    the ratio: it is split like an epoch of its length.

    Source: Dou et al. 2019, section 2.4: "at each epoch, we first sample tasks uniformly and then
    exclusively select the target task", with ratios 2:1 and 5:1 in the experiments.
    Differs: the paper defines neither the unit of the ratio nor an epoch. Here the ratio counts
    meta-steps, and an epoch has as many steps as draw the examples of all tasks once.
    """

    @override
    def probabilities(
        self, step: int, tasks: Sequence[SampledTask], state: State
    ) -> Mapping[str, float]:
        """Return 1/n for each task in an epoch's first phase, all weight on the target after it."""
        if self._is_uniform(step):
            return {task.name: 1.0 / len(tasks) for task in tasks}
        return {task.name: float(task.name == self.schedule.target) for task in tasks}

    def _is_uniform(self, step: int) -> bool:
        start, length = _epoch(step, self.schedule)
        ratio = self.options.ratio
        uniform_steps = round(length * ratio / (ratio + 1))
        return step - start < max(1, min(uniform_steps, length - 1))


def _epoch(step: int, schedule: Schedule) -> tuple[int, int]:
    """Return the first step and the number of steps of a step's epoch."""
    start = step - step % schedule.epoch_steps
    return start, min(schedule.epoch_steps, schedule.total_steps - start)

"""The contract of a task sampler: from a step to the tasks of its meta-batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, final

from metabench.api.options import Options

if TYPE_CHECKING:
    from metabench.seeding import Stream

__all__ = ["SampledTask", "Schedule", "State", "TaskSampler"]

OptionsT = TypeVar("OptionsT", bound=Options)

State = Mapping[str, float]
"""The state of an adaptive sampler: named numbers, kept with the checkpoint."""


@final
@dataclass(frozen=True, slots=True)
class SampledTask:
    """A task for a sampler: name, number of training examples, ``auxiliary`` or ``target``."""

    name: str
    size: int
    role: str


@final
@dataclass(frozen=True, slots=True)
class Schedule:
    """How long meta-training is; an epoch draws as many examples as all tasks hold.

    ``target`` is the one target task of this initialisation where the sampler needs one.
    """

    total_steps: int
    epoch_steps: int
    tasks_per_step: int
    target: str | None = None


class TaskSampler(ABC, Generic[OptionsT]):
    """A task distribution p(T) over the meta-training tasks, step by step."""

    def __init__(self, options: OptionsT, schedule: Schedule) -> None:
        self.options = options
        self.schedule = schedule

    @abstractmethod
    def probabilities(
        self, step: int, tasks: Sequence[SampledTask], state: State
    ) -> Mapping[str, float]:
        """Return the probability of each task at this step; they sum to one."""

    def draw(
        self, step: int, tasks: Sequence[SampledTask], state: State, stream: Stream
    ) -> Sequence[str]:
        """Return the names of the meta-batch: independent draws from ``probabilities``."""
        weights = self.probabilities(step, tasks, state)
        names = sorted(weights)
        chances = [weights[name] for name in names]
        picks = stream.numpy().choice(len(names), size=self.schedule.tasks_per_step, p=chances)
        return [names[int(pick)] for pick in picks]

    def update(self, state: State, losses: Mapping[str, float]) -> State:
        """Return the state after a step with these losses by task; unchanged unless adaptive."""
        del losses
        return state

"""The tasks of a benchmark: their roles, and how much of each fine-tuning uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self, final

from pydantic import Field, model_validator

from metabench.api.options import Options
from metabench.spec.model.own_task import OwnTaskSpec
from metabench.spec.model.values import Distinct, Fraction, Name, Names, Seeds

__all__ = ["Size", "SplitSpec", "TaskSpec", "TasksSpec"]

Shots = Annotated[int, Field(ge=1, le=10_000)]


@final
@dataclass(frozen=True, slots=True)
class Size:
    """The part of a training split to fine-tune on; with neither argument, all of it.

    Args:
        fraction: of the official number of examples.
        shots: examples of each class.
    """

    fraction: float | None = None
    shots: int | None = None

    @property
    def name(self) -> str:
        """The part as names of columns have it, such as ``0.001`` or ``4-shot``; else empty."""
        if self.shots is not None:
            return f"{self.shots}-shot"
        return "" if self.fraction is None else f"{self.fraction:g}"


class TaskSpec(Options):
    """A task to fine-tune and score, and how much of its training split to use."""

    task: Name
    """Name of the task."""
    fractions: Annotated[tuple[Fraction, ...], Field(min_length=1), Distinct] | None = None
    """Fractions of the official training split; subsamples nest. With neither ``fractions`` nor
    ``shots``, the whole split."""
    shots: Annotated[tuple[Shots, ...], Distinct] = ()
    """Numbers of training examples of each class. The sets nest: those of 4 shots are among those
    of 8. Not for a regression, which has no classes."""
    draws: Seeds = (0,)
    """Training sets to draw for each number of shots, or their number: ``10`` is draws 0 to 9. A
    draw depends on the examples and on its own number alone, so that every method gets it."""

    @model_validator(mode="after")
    def _draws_are_of_shots(self) -> Self:
        if self.draws != (0,) and not self.shots:
            raise ValueError("draws needs shots: a fraction is drawn by meta seed")
        return self

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The sizes in order: fractions, then shots; all of the split where neither is given."""
        fractions = [Size(fraction=fraction) for fraction in self.fractions or ()]
        return (*fractions, *(Size(shots=shots) for shots in self.shots)) or (Size(),)


class SplitSpec(Options):
    """Another split in place of the card's."""

    train: Name | None = None
    """The split to train on."""
    scored: Name | None = None
    """The split to score."""


class TasksSpec(Options):
    """Which tasks play which role."""

    auxiliary: Names = ()
    """Tasks that are only meta-trained on."""
    target: Annotated[tuple[Name | TaskSpec, ...], Field(max_length=1000)] = ()
    """Tasks that are meta-trained on, then fine-tuned and scored. Meta-training uses the whole
    training split, also of a target that is fine-tuned on a part of it."""
    transfer: Annotated[tuple[Name | TaskSpec, ...], Field(max_length=1000)] = ()
    """Tasks that are only fine-tuned and scored."""
    splits: Annotated[Mapping[str, SplitSpec], Field(max_length=1000)] = {}
    """Other splits than the card's, by task."""
    shuffled: Names = ()
    """Tasks whose training labels are permuted in meta-training: a control, noted under every
    leaderboard."""
    define: Annotated[tuple[OwnTaskSpec, ...], Field(max_length=100)] = ()
    """Custom tasks."""

    @model_validator(mode="after")
    def _roles_are_disjoint(self) -> Self:
        scored = [entry.task for entry in (*self.targets, *self.transfers)]
        if not scored:
            raise ValueError("name at least one target or transfer task")
        names = [*self.auxiliary, *scored]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(map(repr, twice))} cannot play two roles")
        return self

    @property
    def targets(self) -> tuple[TaskSpec, ...]:
        """The target tasks, each with its sizes."""
        return tuple(map(_sized, self.target))

    @property
    def transfers(self) -> tuple[TaskSpec, ...]:
        """The transfer tasks, each with its sizes; the whole split is the fraction 1."""
        return tuple(
            entry.model_copy(update={"fractions": (1.0,)}) if entry.sizes == (Size(),) else entry
            for entry in map(_sized, self.transfer)
        )


def _sized(entry: str | TaskSpec) -> TaskSpec:
    return TaskSpec(task=entry) if isinstance(entry, str) else entry

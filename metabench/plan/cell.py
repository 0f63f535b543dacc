"""A cell: the unit of work, its needs, and its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, final

from metabench.api.algorithm import AlgorithmOptions, CurvatureWay
from metabench.api.options import Options
from metabench.api.task import TaskCard
from metabench.spec.model.sections import FineTuneSpec, MetaSpec, ModelSpec, PretrainSpec

__all__ = [
    "Cell",
    "CellKind",
    "FineTuneWork",
    "MetaWork",
    "PretrainWork",
    "Provided",
    "TaskUse",
    "Work",
]

CellKind: TypeAlias = Literal["pretrain", "meta", "adapt"]


@final
@dataclass(frozen=True, slots=True)
class TaskUse:
    """A task as a cell uses it.

    Args:
        card: the task.
        role: ``auxiliary``, ``target`` or ``transfer``.
        train: the training split.
        scored: the evaluation split.
        identity: content hash of those splits.
        train_rows: available examples of the training split.
        scored_rows: available examples of the evaluation split.
        rows: number of training examples in use (a nested subsample), None for all.
        scored_limit: number of evaluation examples in use (smoke runs), None for all.
        shuffled: whether training labels are permuted (a control).
        shots: training examples of each class, in place of ``rows`` of any.
        draw: which training set of that many shots, None without.
        classes: examples of each class by split, where planning has read them.
    """

    card: TaskCard
    role: Literal["auxiliary", "target", "transfer"]
    train: str
    scored: str
    identity: str
    train_rows: int
    scored_rows: int
    rows: int | None = None
    scored_limit: int | None = None
    shuffled: bool = False
    shots: int | None = None
    draw: int | None = None
    classes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def brought(self) -> bool:
        """Whether the training split is a few-shot training set that comes with the data."""
        if self.shots is None or self.draw is None:
            return False
        return self.card.drawn_split(self.shots, self.draw) == self.train

    @property
    def size(self) -> int:
        """Training examples in use."""
        return self.train_rows if self.rows is None else min(self.rows, self.train_rows)


@final
@dataclass(frozen=True, slots=True)
class Provided:
    """A plugin's part of a cell's work: the name, the class, its resolved options."""

    name: str
    target: str
    options: AlgorithmOptions | Options
    distribution: str
    version: str
    revision: int = 1


@final
@dataclass(frozen=True, slots=True)
class PretrainWork:
    """Stage 1: an encoder from the texts of the tasks."""

    model: ModelSpec
    settings: PretrainSpec
    tasks: tuple[TaskUse, ...]


@final
@dataclass(frozen=True, slots=True)
class MetaWork:
    """Stage 2: an initialisation from the tasks; ``encoder`` is the key of a pretrain cell."""

    model: ModelSpec
    encoder: str | None
    settings: MetaSpec
    tasks: tuple[TaskUse, ...]
    algorithm: Provided
    sampler: Provided
    target: str | None
    seed: int
    steps: int
    epoch_steps: int

    @property
    def curvature(self) -> CurvatureWay | None:
        """How Hessian-vector products are made; None for an algorithm without any."""
        options: Any = self.algorithm.options
        way: CurvatureWay | None = options.uses_curvature()
        return way


@final
@dataclass(frozen=True, slots=True)
class FineTuneWork:
    """Stage 3: predictions for one task; ``initialisation`` is the key of a meta cell.

    ``metrics`` are dotted paths by name, ``origins`` who to name where one of them is faulty, and
    ``ranges`` the values that they can have. ``adaptation`` is what happens in place of
    fine-tuning; ``inner`` is the algorithm's inner loop where that takes it.
    """

    model: ModelSpec
    encoder: str | None
    initialisation: str | None
    settings: FineTuneSpec
    task: TaskUse
    metrics: Mapping[str, str]
    meta_seed: int
    finetune_seed: int
    steps: int
    origins: Mapping[str, str] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    adaptation: Provided | None = None
    inner: Provided | None = None

    @property
    def prototypes(self) -> bool:
        """Whether the head begins as prototypes of the classes."""
        return self.settings.head == "prototype" and not self.task.card.regression


Work: TypeAlias = PretrainWork | MetaWork | FineTuneWork


@final
@dataclass(frozen=True, slots=True)
class Cell:
    """One unit of work.

    Args:
        kind: ``pretrain``, ``meta`` or ``adapt``.
        name: readable, safe as a folder name; describes the cell's purpose, not its inputs.
        key: sha256 of ``inputs`` (64 hexadecimal digits).
        inputs: everything that the cell's numbers depend on, as JSON values.
        needs: keys of the cells that must be done before.
        work: the work.
        method: id of the method, for adapt and meta cells of that method first of all.
        unavailable: the reason for too few examples; empty where there are enough.
    """

    kind: CellKind
    name: str
    key: str
    inputs: Mapping[str, Any]
    work: Work
    needs: tuple[str, ...] = ()
    method: str = ""
    unavailable: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def uses(self) -> tuple[TaskUse, ...]:
        """The tasks of its examples."""
        return (self.work.task,) if isinstance(self.work, FineTuneWork) else self.work.tasks

    @property
    def curvature(self) -> CurvatureWay | None:
        """How Hessian-vector products are made; None for a cell without any."""
        return self.work.curvature if isinstance(self.work, MetaWork) else None

    @property
    def folder(self) -> str:
        """Name of the cell's folder in the store."""
        return f"{self.name}-{self.key[:8]}"

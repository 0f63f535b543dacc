"""The report as a value: a leaderboard and the data of its figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, final

if TYPE_CHECKING:
    from metabench.api.leaderboard import Leaderboard, LeaderboardColumn

__all__ = [
    "CostPlot",
    "CostPoint",
    "Curve",
    "Fact",
    "FractionPlot",
    "FractionPoint",
    "FractionSeries",
    "Report",
    "ScalarPlot",
    "SeedCurve",
    "Sheet",
    "TaskMix",
    "TaskShare",
]


@final
@dataclass(frozen=True, slots=True)
class SeedCurve:
    """The outer loss of one meta-training run, thinned.

    Args:
        seed: the meta seed.
        width: meta-steps that each point is the mean of; the last may have fewer.
        points: (meta-step in the middle, loss), in order of the steps.
    """

    seed: int
    width: int
    points: tuple[tuple[float, float], ...]


@final
@dataclass(frozen=True, slots=True)
class Curve:
    """The outer loss of a method, one curve a meta seed.

    Args:
        method: name of the method.
        target: the single target of meta-training; empty where it was for all.
        seeds: in order of the seeds.
    """

    method: str
    target: str
    seeds: tuple[SeedCurve, ...]


@final
@dataclass(frozen=True, slots=True)
class ScalarPlot:
    """A scalar that algorithms or observers logged at the steps of a stage.

    Args:
        name: its name.
        curves: hold it as a loss; in fine-tuning ``target`` is the title of the column.
        stage: ``meta`` or ``adapt``.
    """

    name: str
    curves: tuple[Curve, ...]
    stage: Literal["meta", "adapt"] = "meta"


@final
@dataclass(frozen=True, slots=True)
class FractionPoint:
    """A score after fine-tuning on some of the examples; no interval below two seeds."""

    rows: int
    mean: float
    interval: tuple[float, float] | None
    n: int


@final
@dataclass(frozen=True, slots=True)
class FractionSeries:
    """A method's scores by the number of training examples, in ascending order."""

    method: str
    points: tuple[FractionPoint, ...]


@final
@dataclass(frozen=True, slots=True)
class FractionPlot:
    """Score against the number of training examples of one task, for every method.

    Args:
        task: title of the task.
        metric: name of the score.
        percent: whether 100 times the score is shown.
        series: one a method that has a score.
    """

    task: str
    metric: str
    percent: bool
    series: tuple[FractionSeries, ...]


@final
@dataclass(frozen=True, slots=True)
class CostPoint:
    """A method's score and its cost; no interval below two seeds."""

    method: str
    device_seconds: float
    mean: float
    interval: tuple[float, float] | None
    n: int


@final
@dataclass(frozen=True, slots=True)
class CostPlot:
    """Quality against cost: the average of the targets, or else the first column."""

    column: LeaderboardColumn
    points: tuple[CostPoint, ...]


@final
@dataclass(frozen=True, slots=True)
class TaskShare:
    """A task's share of the draws, and of all training examples (None if unknown)."""

    task: str
    drawn: int
    rows_share: float | None


@final
@dataclass(frozen=True, slots=True)
class TaskMix:
    """The tasks drawn in all meta-training runs of some methods.

    Args:
        methods: the methods that drew exactly these.
        target: the single target of meta-training; empty where it was for all.
        sampler: its class and its options.
        seeds: meta seeds that were counted.
        shares: one a task, by name.
    """

    methods: tuple[str, ...]
    target: str
    sampler: str
    seeds: tuple[int, ...]
    shares: tuple[TaskShare, ...]


@final
@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the provenance: several values where the cells of a run do not agree."""

    name: str
    values: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class Sheet:
    """A plain table of facts that help to judge the scores.

    Args:
        name: unique in a report, of letters and hyphens.
        title: its heading.
        headers: one a column.
        rows: as many texts as there are headers.
    """

    name: str
    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@final
@dataclass(frozen=True, slots=True)
class Report:
    """All data of a page or a set of plots.

    Args:
        leaderboard: the scores.
        curves: learning curves, in the order of the methods.
        fractions: one a transfer task that was trained on in several parts.
        cost: quality against cost; None where no cost or no score is known.
        mixes: tasks drawn in meta-training, in the order of the methods.
        scalars: scalars of algorithms and observers at the steps of meta-training, then of
            fine-tuning, by name.
        facts: the provenance of the numbers.
        notes: notes on the records, one sentence each.
        sheets: settings, methods with their options, and tasks.
    """

    leaderboard: Leaderboard
    curves: tuple[Curve, ...] = ()
    fractions: tuple[FractionPlot, ...] = ()
    cost: CostPlot | None = None
    mixes: tuple[TaskMix, ...] = ()
    scalars: tuple[ScalarPlot, ...] = ()
    facts: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()

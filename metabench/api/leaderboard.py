"""The leaderboard as a value: what every renderer is handed. Scores are on the metric's scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

__all__ = ["Difference", "Leaderboard", "LeaderboardColumn", "LeaderboardRow", "LeaderboardScore"]


@final
@dataclass(frozen=True, slots=True)
class Difference:
    """A row minus a baseline, paired by meta seed.

    Args:
        baseline: the method that is subtracted.
        mean: mean of the paired differences.
        interval: Student t interval of that mean; None with a single pair.
        n: pairs, that is meta seeds that both have.
    """

    baseline: str
    mean: float
    interval: tuple[float, float] | None
    n: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


@final
@dataclass(frozen=True, slots=True)
class LeaderboardScore:
    """What one method reached in one column.

    Args:
        mean: mean over the meta seeds that are there; None where there is none.
        deviation: standard deviation over meta seeds; None below two.
        n: meta seeds that are there.
        planned: meta seeds that were asked for.
        status: why there is no mean, or not of all seeds: ``unavailable``, ``failed``,
            ``missing``, or, for the average, ``3/4`` where a target has no score; else empty.
        detail: the reason in words.
        failed: runs that failed.
        collapsed: runs that gave every scored row the same class.
        differences: one per baseline that has a score here; none for a baseline itself.
    """

    mean: float | None
    deviation: float | None
    n: int
    planned: int
    status: str = ""
    detail: str = ""
    failed: int = 0
    collapsed: int = 0
    differences: tuple[Difference, ...] = ()

    def difference(self, baseline: str) -> Difference | None:
        """Return the difference to a baseline, where there is one."""
        return next((item for item in self.differences if item.baseline == baseline), None)


@final
@dataclass(frozen=True, slots=True)
class LeaderboardColumn:
    """A task with the part of it that was trained on, or the average of the targets.

    Args:
        name: unique, such as ``glue/rte``, ``scitail@0.001`` or ``average``.
        title: what is shown.
        label: the part that was trained on, such as ``0.1 % = 24 rows``; empty for all of it.
        role: ``target``, ``average`` or ``transfer``.
        metric: what the score is called.
        percent: whether 100 times the score is shown.
    """

    name: str
    title: str
    role: Literal["target", "average", "transfer"]
    metric: str
    label: str = ""
    percent: bool = True


@final
@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """A method and its scores, in the order of the columns."""

    method: str
    scores: tuple[LeaderboardScore, ...]


@final
@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Methods by columns.

    Args:
        name: the benchmark, or several.
        smoke: whether it is a smoke run and therefore no result.
        columns: targets, their average, transfer tasks.
        rows: methods in the order of the benchmark file.
        baselines: methods that the others are compared with.
        alpha: one minus the coverage of the intervals.
        captions: what a reader has to know, one sentence each.
    """

    name: str
    smoke: bool
    columns: tuple[LeaderboardColumn, ...]
    rows: tuple[LeaderboardRow, ...]
    baselines: tuple[str, ...]
    alpha: float
    captions: tuple[str, ...]

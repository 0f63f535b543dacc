"""The leaderboard as a value: the argument of every renderer. Scores are on the metric's scale."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import stdev
from typing import Literal, final

from metabench.family import Family

__all__ = [
    "Average",
    "Cost",
    "Difference",
    "Family",
    "Leaderboard",
    "LeaderboardColumn",
    "LeaderboardRow",
    "LeaderboardScore",
    "Verdict",
]

Verdict = Literal["better", "worse", "undecided"]
"""Whether a method is significantly better or worse than a baseline."""
Average = Literal["primary", "glue"]
"""The part of a target in the average: its primary metric, or the mean of all, as in GLUE."""


@final
@dataclass(frozen=True, slots=True)
class Difference:
    """A method minus a baseline, paired by meta seed.

    Args:
        baseline: the method that is subtracted.
        mean: mean of the paired differences.
        interval: Student t interval of that mean; None below 3 pairs and without spread.
        n: pairs, that is meta seeds that both have.
        p: exact two-sided sign-flip p, adjusted after Holm over the family of columns; None where
            n pairs cannot reach alpha, and without spread.
        improvement: share of the pairs in which the method is better; an equal pair counts half.
        detectable: minimum detectable effect at 80 % power of the test behind ``p``, for n pairs of
            this spread; None where there is no p.
        verdict: the verdict of the Holm-corrected p-value at alpha; ``undecided`` also without a
            p-value, and if the better side has failed runs.
        crossed: interval of the mean over meta seeds, draws and evaluation examples; None where
            the predictions were not read.
        collapse_p: exact McNemar p of the collapsed runs of both, paired by meta seed; None where
            no run collapsed.
        only_collapsed: whether the verdict disappears without the seeds with a collapsed run.
    """

    baseline: str
    mean: float
    interval: tuple[float, float] | None
    n: int
    p: float | None = None
    improvement: float | None = None
    detectable: float | None = None
    verdict: Verdict = "undecided"
    crossed: tuple[float, float] | None = None
    collapse_p: float | None = None
    only_collapsed: bool = False

    @property
    def excludes_zero(self) -> bool:
        """Whether the confidence interval excludes 0."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


@final
@dataclass(frozen=True, slots=True)
class LeaderboardScore:
    """The score of one method in one column.

    Args:
        mean: mean over the completed meta seeds; None without one.
        deviation: standard deviation over meta seeds; None below two.
        n: completed meta seeds.
        planned: requested meta seeds.
        status: why there is no mean, or not of all seeds: ``unavailable``, ``failed``,
            ``missing``, or, for the average, ``3/4`` where a target has no score; else empty.
        detail: the reason in words.
        failed: runs that failed.
        collapsed: runs that predict a single class.
        runs: runs that have a score.
        differences: one per baseline that has a score here; none for a baseline itself.
        best: whether its mean is the best of its column: the highest, of an error the lowest.
        close: whether it is not significantly worse than the best mean; never set where that
            holds for all methods of the column.
        worse: whether it is significantly worse than the best mean.
        seeds: meta seed and score, each the mean over its fine-tuning seeds.
        collapsed_seeds: meta seeds with a run that predicts a single class.
        floor: whether it is not significantly better than the majority class.
        draws: draw and score, each the mean over meta seeds and fine-tuning seeds; empty without
            shots, and where each draw is paired with one meta seed.
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
    best: bool = False
    close: bool = False
    worse: bool = False
    runs: int = 0
    seeds: tuple[tuple[int, float], ...] = ()
    collapsed_seeds: tuple[int, ...] = ()
    floor: bool = False
    draws: tuple[tuple[int, float], ...] = ()

    @property
    def draw_deviation(self) -> float | None:
        """Standard deviation over draws; None below two."""
        return stdev(score for _, score in self.draws) if len(self.draws) > 1 else None

    def difference(self, baseline: str) -> Difference | None:
        """Return the difference to a baseline, where there is one."""
        return next((item for item in self.differences if item.baseline == baseline), None)


@final
@dataclass(frozen=True, slots=True)
class LeaderboardColumn:
    """A task, with the fraction of its examples used, or the average of the targets.

    Args:
        name: unique, such as ``glue/rte``, ``scitail@0.001`` or ``average``.
        title: its heading.
        label: the training fraction, such as ``0.1 % = 24 rows``; empty for the whole split.
        role: ``target``, ``average`` or ``transfer``.
        metric: name of the score.
        percent: whether 100 times the score is shown.
        error: whether lower is better.
    """

    name: str
    title: str
    role: Literal["target", "average", "transfer"]
    metric: str
    label: str = ""
    percent: bool = True
    error: bool = False


@final
@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one meta seed of a method on average: meta-training and all fine-tuning.

    Args:
        device_seconds: wall time of the cells; cells that methods share count for each.
        cpu_seconds: CPU time of their processes; None where a record does not hold it.
        updates: outer updates of meta-training; None for a method without meta-training.
        gradients: gradient evaluations of a batch.
        hvps: Hessian-vector products of a batch.
        examples: examples that gradients and products processed.
        tokens: real tokens (without padding) that they processed.
        peak_memory_bytes: the most of any cell.
        meta_trained: parameters of the encoder that meta-training changes; this one and the next
            only where methods differ in it.
        trained: those that fine-tuning changes.
    """

    device_seconds: float
    gradients: float | None = None
    hvps: float | None = None
    examples: float | None = None
    tokens: float | None = None
    peak_memory_bytes: int | None = None
    cpu_seconds: float | None = None
    updates: float | None = None
    meta_trained: int | None = None
    trained: int | None = None


@final
@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """A method and its scores, in the order of the columns.

    Args:
        method: its id, or the name of a published row.
        scores: one per column.
        cost: its cost; None where no cell is done, and for published rows.
        source: where a published row was reported, on which split; empty for our own. Published
            numbers are shown next to ours and never tested.
    """

    method: str
    scores: tuple[LeaderboardScore, ...]
    cost: Cost | None = None
    source: str = ""


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
        captions: notes for readers, one sentence each.
        published: rows reported elsewhere, with the same columns.
        signature: every setting in one line, to be pasted into a paper.
        explanation: the statistics, as a paragraph for a methods section.
        conclusion: the conclusion, one sentence each.
        references: the majority class and chance, with the same columns; never tested.
    """

    name: str
    smoke: bool
    columns: tuple[LeaderboardColumn, ...]
    rows: tuple[LeaderboardRow, ...]
    baselines: tuple[str, ...]
    alpha: float
    captions: tuple[str, ...]
    published: tuple[LeaderboardRow, ...] = ()
    signature: str = ""
    explanation: str = ""
    conclusion: tuple[str, ...] = ()
    references: tuple[LeaderboardRow, ...] = ()

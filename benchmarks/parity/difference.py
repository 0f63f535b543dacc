"""Differences of two ways of fine-tuning over seeds, their interval, a Markdown table."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from scipy.special import stdtrit

from metabench.leaderboard.statistics.summary import student_interval
from parity.record import Finished

__all__ = ["Difference", "by_task", "difference", "table"]

_MARGIN = 2.0
"""Points within which the interval has to lie."""
_ALPHA = 0.10
"""Two one-sided tests at 5 % are one interval at 90 %."""
_MOST = 10_000


@final
@dataclass(frozen=True, slots=True)
class Difference:
    """Ours minus Trainer's on one task, in points; the pairs share head, order and first state."""

    task: str
    metric: str
    ours: float
    theirs: float
    mean: float
    interval: tuple[float, float] | None
    n: int
    needed: int | None

    @property
    def verdict(self) -> str:
        """What the interval says."""
        if self.interval is None:
            return "one seed says nothing"
        if max(map(abs, self.interval)) <= _MARGIN:
            return f"within ± {_MARGIN:g}"
        if self.needed is None:
            return f"the mean itself is beyond ± {_MARGIN:g}"
        return f"open: about {self.needed} seeds with this spread"


def difference(task: str, runs: Sequence[Finished]) -> Difference | None:
    """Return the paired difference over the seeds that both sides have done, None without one."""
    scores: dict[str, dict[int, float]] = {"metabench": {}, "Trainer": {}}
    for run in runs:
        scores[run.side][run.seed] = 100 * run.score
    ours, theirs = scores["metabench"], scores["Trainer"]
    seeds = sorted(ours.keys() & theirs.keys())
    if not seeds:
        return None
    pairs = [ours[seed] - theirs[seed] for seed in seeds]
    return Difference(
        task=task,
        metric=runs[0].metric,
        ours=statistics.fmean(ours[seed] for seed in seeds),
        theirs=statistics.fmean(theirs[seed] for seed in seeds),
        mean=statistics.fmean(pairs),
        interval=student_interval(pairs, alpha=_ALPHA),
        n=len(seeds),
        needed=_needed(pairs),
    )


def _needed(pairs: Sequence[float]) -> int | None:
    """Return how many seeds bring the interval within the margin, if mean and spread stay."""
    room = _MARGIN - abs(statistics.fmean(pairs))
    if len(pairs) < 2 or room <= 0:  # noqa: PLR2004
        return None
    spread = statistics.stdev(pairs)
    for n in range(2, _MOST):
        if float(stdtrit(n - 1, 1 - _ALPHA / 2)) * spread <= room * n**0.5:
            return n
    return None


def table(differences: Sequence[Difference]) -> str:
    """Return the differences as a Markdown table."""
    lines = [
        "| task | metric | seeds | metabench | Trainer | difference | 90 % interval | verdict |",
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    return "\n".join([*lines, *(_line(entry) for entry in differences)])


def _line(entry: Difference) -> str:
    interval = "-" if entry.interval is None else "{:+.2f} to {:+.2f}".format(*entry.interval)
    cells = [
        entry.task,
        entry.metric,
        str(entry.n),
        f"{entry.ours:.2f}",
        f"{entry.theirs:.2f}",
        f"{entry.mean:+.2f}",
        interval,
        entry.verdict,
    ]
    return f"| {' | '.join(cells)} |"


def by_task(runs: Sequence[Finished]) -> Mapping[str, Sequence[Finished]]:
    """Return the runs of each task, in the order in which tasks first come."""
    found: dict[str, list[Finished]] = {}
    for run in runs:
        found.setdefault(run.task, []).append(run)
    return found

"""The majority class and chance as rows of a leaderboard, and the scores not above them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from metabench.api.leaderboard import LeaderboardColumn, LeaderboardRow, LeaderboardScore
from metabench.leaderboard.columns import AVERAGE
from metabench.leaderboard.statistics.summary import (
    average_tasks,
    paired_t_p,
    paired_values,
    summarise,
)
from metabench.results.collect import Collected
from metabench.store.records.run import ColumnNote

__all__ = ["MAJORITY", "References", "is_at_the_floor", "reference_rows", "references_of"]

MAJORITY = "majority"
_TITLES = {MAJORITY: "majority class", "chance": "chance"}
_SOURCE = "computed from the labels"

References = Mapping[str, Mapping[str, Mapping[int, float]]]
"""Score by meta seed, by column, by ``majority`` and ``chance``."""


def references_of(collected: Collected) -> References:
    """Return the recorded references; empty for records written before references existed.

    The training examples of a column can depend on the seed, but not on the method.
    """
    return _references(
        collected, {column.name: (column.metric,) for column in collected.note.columns}
    )


def _references(collected: Collected, metrics: Mapping[str, Sequence[str]]) -> References:
    """Return the mean of some metrics of each column."""
    found: dict[str, dict[str, dict[int, list[float]]]] = {}
    for use in collected.note.uses:
        result = collected.results.get(use.key)
        for name, scores in (result.references if result is not None else {}).items():
            wanted = metrics.get(use.column, ())
            if wanted and all(metric in scores for metric in wanted):
                seeds = found.setdefault(name, {}).setdefault(use.column, {})
                seeds.setdefault(use.meta_seed, []).append(fmean(scores[each] for each in wanted))
    return {
        name: {
            column: {seed: fmean(values) for seed, values in sorted(seeds.items())}
            for column, seeds in columns.items()
        }
        for name, columns in found.items()
    }


def reference_rows(
    collected: Collected, columns: Sequence[LeaderboardColumn], targets: Sequence[ColumnNote]
) -> tuple[LeaderboardRow, ...]:
    """Return a row for the majority class and one for chance, if known.

    Args:
        collected: the values.
        columns: of the leaderboard.
        targets: the columns of the average.
    """
    references = references_of(collected)
    averaged = _references(
        collected,
        {each.name: collected.note.averaged.get(each.name, (each.metric,)) for each in targets},
    )
    rows = []
    for name, title in _TITLES.items():
        scores = dict(references.get(name, {}))
        means = averaged.get(name, {})
        if all(target.name in means for target in targets):
            scores[AVERAGE] = average_tasks([means[target.name] for target in targets])
        if any(column.name in scores for column in columns):
            row = tuple(_score(scores.get(column.name, {})) for column in columns)
            rows.append(LeaderboardRow(title, row, source=_SOURCE))
    return tuple(rows)


def _score(values: Mapping[int, float]) -> LeaderboardScore:
    summary = summarise(list(values.values()))
    if summary is None:
        return LeaderboardScore(None, None, 0, 0, detail="not computed")
    return LeaderboardScore(summary.mean, summary.deviation or None, summary.n, summary.n)


def is_at_the_floor(
    scores: Mapping[int, float], majority: Mapping[int, float], *, alpha: float
) -> bool:
    """Return whether scores by meta seed are not significantly better than the majority class.

    Higher is better.

    Below 3 meta seeds there is no test, and only a mean that is not above it is at the floor.
    """
    differences = paired_values(scores, majority)
    if not differences or fmean(differences) <= 0:
        return bool(differences)
    p = paired_t_p(differences)
    return p is not None and p > alpha

"""Every method against every baseline, family by family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from metabench.api.leaderboard import Difference, Verdict
from metabench.leaderboard.columns import AVERAGE
from metabench.leaderboard.families import family_sizes
from metabench.leaderboard.statistics.comparison import compare_family
from metabench.leaderboard.statistics.significance import mcnemar_p
from metabench.leaderboard.statistics.summary import (
    average_tasks,
    paired_values,
    student_interval,
)
from metabench.results.collect import Collected, Entry
from metabench.store.records.run import ColumnNote

__all__ = ["average_entry", "row_differences"]

_NOTHING = Entry(values={}, planned=0, runs=0)


def row_differences(
    collected: Collected,
    method: str,
    baseline: str,
    *,
    targets: Sequence[ColumnNote],
    alpha: float,
    allow_missing: bool = False,
) -> Mapping[str, Difference]:
    """Return the differences of a method from a baseline by column, where they share a seed.

    Args:
        collected: the values.
        method: the method.
        baseline: the method that is subtracted.
        targets: the columns of the average.
        alpha: of intervals and verdicts.
        allow_missing: if a target has no score, compare averages over the targets that both have.
    """
    ours, theirs = _row(collected, method), _row(collected, baseline)
    columns = collected.note.columns
    sizes = family_sizes(collected.note)
    families = {
        role: {
            note.name: paired_values(ours[note.name].values, theirs[note.name].values)
            for note in columns
            if note.role == role
        }
        for role in ("target", "transfer")
    }
    averaged = [_row(collected, name, averaged=True) for name in (method, baseline)]
    both = [note.name for note in targets if all(row[note.name].values for row in averaged)]
    if allow_missing or len(both) == len(targets):
        means = [average_tasks([row[name].values for name in both]) for row in averaged]
        families["average"] = {AVERAGE: paired_values(*means)}
    found = {
        name: difference
        for role, family in families.items()
        for name, difference in compare_family(
            family, baseline=baseline, tests=sizes[role], alpha=alpha
        ).items()
    }
    for note in columns:
        if note.error and note.name in found:
            found[note.name] = _of_an_error(found[note.name])
    failed = {side: _failed(row, targets) for side, row in (("better", ours), ("worse", theirs))}
    checked = {
        name: replace(difference, verdict="undecided")
        if name in failed.get(difference.verdict, ())
        else difference
        for name, difference in found.items()
    }
    collapsing = [name for name in ours if ours[name].collapsed or theirs[name].collapsed]
    for name in checked.keys() & collapsing:
        checked[name] = _with_collapse(checked[name], ours[name], theirs[name], alpha=alpha)
    return checked


def _of_an_error(difference: Difference) -> Difference:
    """Return the difference of a metric of which lower is better: ours minus theirs, as it is."""
    verdicts: Mapping[Verdict, Verdict] = {"better": "worse", "worse": "better"}
    share = difference.improvement
    return replace(
        difference,
        verdict=verdicts.get(difference.verdict, "undecided"),
        improvement=None if share is None else 1 - share,
    )


def _with_collapse(
    difference: Difference, ours: Entry, theirs: Entry, *, alpha: float
) -> Difference:
    """Return a difference with its collapsed runs compared, seed by seed."""
    seeds = ours.values.keys() & theirs.values.keys()
    a, b = ours.collapsed_seeds & seeds, theirs.collapsed_seeds & seeds
    rest = [ours.values[seed] - theirs.values[seed] for seed in sorted(seeds - a - b)]
    interval = student_interval(rest, alpha=alpha)
    is_left = interval is not None and not interval[0] <= 0 <= interval[1]
    return replace(
        difference,
        collapse_p=mcnemar_p(len(a - b), len(b - a)),
        only_collapsed=difference.verdict != "undecided" and not is_left,
    )


def _failed(row: Mapping[str, Entry], targets: Sequence[ColumnNote]) -> set[str]:
    """Return the columns in which a method has failed runs, which flatter its other scores."""
    names = {name for name, entry in row.items() if entry.failed}
    return names | {AVERAGE} if names & {note.name for note in targets} else names


def average_entry(
    collected: Collected, method: str, *, targets: Sequence[ColumnNote], allow_missing: bool
) -> Entry:
    """Return the macro average of a method by seed; ``3/4`` where a target has no score.

    Args:
        collected: the values.
        method: the method.
        targets: the columns of the average.
        allow_missing: average over the targets with a score.
    """
    row = _row(collected, method, averaged=True)
    entries = [row[note.name] for note in targets]
    scored = [entry for entry in entries if entry.values]
    is_complete = len(scored) == len(entries)
    averaged = scored if is_complete or allow_missing else []
    return Entry(
        values=average_tasks([entry.values for entry in averaged]),
        planned=max(entry.planned for entry in entries),
        runs=0,
        unavailable="" if is_complete else f"{len(scored)}/{len(entries)}",
    )


def _row(collected: Collected, method: str, *, averaged: bool = False) -> Mapping[str, Entry]:
    """Return a method's scores by column: the shown ones, or those of the average."""
    names = [note.name for note in collected.note.columns]
    entries = (averaged and collected.averaged) or collected.entries
    return {name: entries.get((method, name), _NOTHING) for name in names}

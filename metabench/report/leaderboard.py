"""From the values of a run to the leaderboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metabench.api.leaderboard import (
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)
from metabench.errors import UsageError
from metabench.report.captions import captions
from metabench.results.collect import Collected, Entry
from metabench.results.run_note import ColumnNote
from metabench.results.statistics import average_tasks, paired_difference, summarise

__all__ = ["AVERAGE", "build_leaderboard"]

AVERAGE = "average"
_NOTHING = Entry(values={}, planned=0, runs=0)


def build_leaderboard(collected: Collected, *, baselines: Sequence[str] = ()) -> Leaderboard:
    """Return the leaderboard of a run.

    Args:
        collected: the values of one run, or of several that were merged.
        baselines: methods to compare with, in place of those that the benchmark file names.

    Raises:
        UsageError: a baseline is not a method of the run.
    """
    note = collected.note
    chosen = tuple(dict.fromkeys(baselines or note.baselines))
    _check(chosen, note.methods)
    columns = _columns(note.columns)
    entries = {
        (method, column.name): _entry(collected, method, column)
        for method in note.methods
        for column in columns
    }
    rows = tuple(
        LeaderboardRow(
            method,
            tuple(_score(entries, (method, column.name), chosen, note.alpha) for column in columns),
        )
        for method in note.methods
    )
    return Leaderboard(
        name=note.name,
        smoke=note.smoke,
        columns=columns,
        rows=rows,
        baselines=chosen,
        alpha=note.alpha,
        captions=captions(collected, rows, columns, baselines=chosen),
    )


def _check(baselines: Sequence[str], methods: Sequence[str]) -> None:
    for name in baselines:
        if name not in methods:
            raise UsageError(
                f"baseline {name!r} is not a method of this run",
                hint=f"choose one of {', '.join(map(repr, methods))}",
            )


def _columns(notes: Sequence[ColumnNote]) -> tuple[LeaderboardColumn, ...]:
    targets = [_column(note) for note in notes if note.role == "target"]
    transfers = [_column(note) for note in notes if note.role == "transfer"]
    average = LeaderboardColumn(AVERAGE, AVERAGE, "average", f"mean of {len(targets)} targets")
    has_average = len(targets) > 1 and all(column.percent for column in targets)
    return (*targets, *([average] if has_average else []), *transfers)


def _column(note: ColumnNote) -> LeaderboardColumn:
    return LeaderboardColumn(
        name=note.name,
        title=note.title,
        role=note.role,
        metric=note.metric_title,
        label=note.label,
        percent=note.percent,
    )


def _entry(collected: Collected, method: str, column: LeaderboardColumn) -> Entry:
    if column.role != AVERAGE:
        return collected.entries.get((method, column.name), _NOTHING)
    targets = [
        collected.entries.get((method, note.name), _NOTHING)
        for note in collected.note.columns
        if note.role == "target"
    ]
    complete = sum(bool(target.values) for target in targets)
    return Entry(
        values=average_tasks([target.values for target in targets]),
        planned=max(target.planned for target in targets),
        runs=0,
        unavailable="" if complete == len(targets) else f"{complete}/{len(targets)}",
    )


def _score(
    entries: Mapping[tuple[str, str], Entry],
    place: tuple[str, str],
    baselines: Sequence[str],
    alpha: float,
) -> LeaderboardScore:
    method, column = place
    entry = entries[place]
    summary = summarise([entry.values[seed] for seed in sorted(entry.values)])
    return LeaderboardScore(
        mean=summary.mean if summary else None,
        deviation=summary.deviation if summary else None,
        n=len(entry.values),
        planned=entry.planned,
        status=_status(entry, column),
        detail=_detail(entry, column),
        failed=entry.failed,
        collapsed=entry.collapsed,
        differences=tuple(
            _difference(name, entry, entries[name, column], alpha)
            for name in baselines
            if name != method and entry.values.keys() & entries[name, column].values.keys()
        ),
    )


def _difference(baseline: str, ours: Entry, theirs: Entry, alpha: float) -> Difference:
    paired = paired_difference(ours.values, theirs.values, alpha=alpha)
    assert paired is not None  # noqa: S101  (the caller saw that they share a seed)
    return Difference(baseline, paired.mean, paired.interval, paired.n)


def _status(entry: Entry, column: str) -> str:
    if column == AVERAGE and entry.unavailable:
        return entry.unavailable
    if entry.unavailable:
        return "unavailable"
    if entry.failed:
        return "failed"
    return "missing" if len(entry.values) < max(entry.planned, 1) else ""


def _detail(entry: Entry, column: str) -> str:
    if column == AVERAGE and entry.unavailable:
        return f"only {entry.unavailable} targets have a score"
    counted = [f"{count} {status}" for status, count in sorted(entry.failures.items())]
    if entry.missing:
        counted.append(f"{entry.missing} not run")
    return entry.unavailable or ", ".join(counted)

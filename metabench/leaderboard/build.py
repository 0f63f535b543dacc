"""From the values of a run to the leaderboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

from metabench.api.leaderboard import (
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)
from metabench.errors import UsageError
from metabench.leaderboard.captions import captions
from metabench.leaderboard.columns import AVERAGE, Choice, averaged, find_column, shown_columns
from metabench.leaderboard.conclusion.sentences import conclusion
from metabench.leaderboard.costs import costs
from metabench.leaderboard.differences import average_entry, row_differences
from metabench.leaderboard.explanation import explanation
from metabench.leaderboard.published import published_captions, published_rows
from metabench.leaderboard.reference import (
    MAJORITY,
    References,
    is_at_the_floor,
    reference_rows,
    references_of,
)
from metabench.leaderboard.signature import signature
from metabench.leaderboard.statistics.marks import Marks, marks
from metabench.leaderboard.statistics.summary import summarise
from metabench.results.collect import Collected, Entry, entries_of
from metabench.results.metric_choice import with_metric
from metabench.store.records.run import ColumnNote

__all__ = ["AVERAGE", "build_leaderboard", "rank_value"]

_BY_METHOD = "method"
_NOTHING = Entry(values={}, planned=0, runs=0)
_AS_THE_FILE_SAYS = Choice()


@final
@dataclass(frozen=True, slots=True)
class _Asked:
    """The requested part of the collected values."""

    collected: Collected
    references: References
    columns: tuple[LeaderboardColumn, ...]
    targets: tuple[ColumnNote, ...]
    baselines: tuple[str, ...]
    alpha: float
    allow_missing: bool

    def entry(self, method: str, column: LeaderboardColumn) -> Entry:
        if column.role == AVERAGE:
            return average_entry(
                self.collected, method, targets=self.targets, allow_missing=self.allow_missing
            )
        return self.collected.entries.get((method, column.name), _NOTHING)


def build_leaderboard(
    collected: Collected, *, baselines: Sequence[str] = (), choice: Choice = _AS_THE_FILE_SAYS
) -> Leaderboard:
    """Return the leaderboard of a run.

    Args:
        collected: the values of one run, or of several that were merged.
        baselines: methods to compare with, instead of those of the benchmark file.
        choice: the requested columns and options.

    Raises:
        UsageError: a requested baseline, column, metric or level does not exist.
    """
    asked = _asked(collected, baselines, choice)
    collected, note = asked.collected, asked.collected.note
    board = Leaderboard(
        name=note.name,
        smoke=note.smoke,
        columns=asked.columns,
        rows=_sorted(_rows(asked), asked.columns, choice.sort),
        baselines=asked.baselines,
        alpha=asked.alpha,
        captions=(),
        published=published_rows(note.published, asked.columns, note.columns),
        references=reference_rows(collected, asked.columns, asked.targets),
    )
    return replace(
        board,
        conclusion=conclusion(collected, board),
        captions=(*captions(collected, board), *published_captions(note.published, note.columns)),
        signature=signature(collected, board, choice),
        explanation=explanation(collected, board),
    )


def _asked(collected: Collected, baselines: Sequence[str], choice: Choice) -> _Asked:
    collected = with_metric(collected, choice.metric)
    note = collected.note
    chosen = tuple(dict.fromkeys(baselines or note.baselines))
    _check(chosen, note.methods)
    alpha = note.alpha if choice.alpha is None else choice.alpha
    if not 0 < alpha < 1:
        raise UsageError(
            f"alpha {alpha!r} is not between 0 and 1",
            hint="give 0.05 for 95 % confidence intervals",
        )
    means = note.averaged
    averaging = (
        entries_of(note, collected.results, collected.failures, means=means) if means else {}
    )
    return _Asked(
        replace(collected, note=note.model_copy(update={"baselines": chosen}), averaged=averaging),
        references=references_of(collected),
        columns=shown_columns(note.columns, choice),
        targets=averaged(note.columns, choice),
        baselines=chosen,
        alpha=alpha,
        allow_missing=choice.allow_missing,
    )


def _check(baselines: Sequence[str], methods: Sequence[str]) -> None:
    for name in baselines:
        if name not in methods:
            raise UsageError(
                f"baseline {name!r} is not a method of this run",
                hint=f"choose one of {', '.join(map(repr, methods))}",
            )


def _rows(asked: _Asked) -> list[LeaderboardRow]:
    methods = asked.collected.note.methods
    entries = {
        column.name: {method: asked.entry(method, column) for method in methods}
        for column in asked.columns
    }
    errors = {column.name for column in asked.columns if column.error}
    marked = {
        name: _marks(column, asked.alpha, error=name in errors) for name, column in entries.items()
    }
    found = costs(asked.collected)
    majority = asked.references.get(MAJORITY, {})
    rows = []
    for method in methods:
        differences = _differences(asked, method)
        scores = tuple(
            replace(
                _score(entries[name][method], name),
                differences=tuple(each[name] for each in differences if name in each),
                best=method in marked[name].highest,
                close=method in marked[name].close,
                worse=method in marked[name].worse,
                floor=is_at_the_floor(
                    _ranked(entries[name][method].values, error=name in errors),
                    _ranked(majority.get(name, {}), error=name in errors),
                    alpha=asked.alpha,
                ),
            )
            for name in entries
        )
        rows.append(LeaderboardRow(method, scores, cost=found.get(method)))
    return rows


def _differences(asked: _Asked, method: str) -> list[Mapping[str, Difference]]:
    return [
        row_differences(
            asked.collected,
            method,
            name,
            targets=asked.targets,
            alpha=asked.alpha,
            allow_missing=asked.allow_missing,
        )
        for name in asked.baselines
        if name != method
    ]


def _ranked(values: Mapping[int, float], *, error: bool) -> Mapping[int, float]:
    """Return scores of which higher is better."""
    return {seed: -score for seed, score in values.items()} if error else values


def _marks(entries: Mapping[str, Entry], alpha: float, *, error: bool) -> Marks:
    """Return the marks of a column; a method that lacks a seed or a target has none."""
    whole = {
        method: _ranked(entry.values, error=error)
        for method, entry in entries.items()
        if not entry.unavailable and not entry.failed and len(entry.values) == entry.planned
    }
    return marks(whole, alpha=alpha)


def _score(entry: Entry, column: str) -> LeaderboardScore:
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
        runs=entry.runs - entry.missing - entry.failed,
        seeds=tuple(sorted(entry.values.items())),
        collapsed_seeds=tuple(sorted(entry.collapsed_seeds)),
        draws=tuple(sorted(entry.draws.items())),
    )


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


def _sorted(
    rows: Sequence[LeaderboardRow], columns: Sequence[LeaderboardColumn], sort: str | None
) -> tuple[LeaderboardRow, ...]:
    """Return the methods sorted by a column, best first and without a value last, or by name."""
    if sort is None:
        return tuple(rows)
    if sort == _BY_METHOD and all(column.name != sort for column in columns):
        return tuple(sorted(rows, key=lambda row: (row.method.casefold(), row.method)))
    index = columns.index(find_column(columns, sort))
    values = {row.method: rank_value(row.scores[index], columns[index]) for row in rows}
    ranked = [row for row in rows if values[row.method] is not None]
    ranked.sort(key=lambda row: values[row.method] or 0.0, reverse=not columns[index].error)
    return (*ranked, *(row for row in rows if values[row.method] is None))


def rank_value(score: LeaderboardScore, column: LeaderboardColumn) -> float | None:
    """Return the value that a method is ranked by; None where it is not ranked.

    An average over some of the targets is not ranked: they may be the easy ones.
    """
    is_partial = column.role == AVERAGE and bool(score.status) and score.status[0].isdigit()
    return None if is_partial else score.mean

"""Numbers reported elsewhere as rows of a leaderboard: shown next to the run's, never tested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from metabench.api.leaderboard import LeaderboardColumn, LeaderboardRow, LeaderboardScore
from metabench.store.records.published import PublishedColumnNote, PublishedNote, PublishedRowNote
from metabench.store.records.run import ColumnNote

__all__ = ["published_captions", "published_rows"]

_NOT_REPORTED = LeaderboardScore(None, None, 0, 0, detail="not reported")


def published_rows(
    tables: Sequence[PublishedNote],
    columns: Sequence[LeaderboardColumn],
    shown: Sequence[ColumnNote],
) -> tuple[LeaderboardRow, ...]:
    """Return a row for each printed row that has a number in some column.

    A number belongs to the column of the same name (task and training fraction), and only if the
    column shows the same metric.

    Args:
        tables: the reported numbers.
        columns: of the leaderboard.
        shown: columns of the run, with the metric that each of them shows.
    """
    metrics = {column.name: column.metric for column in shown}
    rows = (
        LeaderboardRow(
            row.method,
            tuple(_score(table, row, column.name, metrics) for column in columns),
            source=f"{table.citation}, {table.table}, {table.split} split",
        )
        for table in tables
        for row in table.rows
    )
    return tuple(row for row in rows if any(score.mean is not None for score in row.scores))


def published_captions(
    tables: Sequence[PublishedNote], shown: Sequence[ColumnNote]
) -> tuple[str, ...]:
    """Return the notes of each table, and its numbers without a column here."""
    metrics = {column.name: column.metric for column in shown}
    return tuple(sentence for table in tables for sentence in _captions(table, metrics))


def _captions(table: PublishedNote, metrics: Mapping[str, str]) -> Iterator[str]:
    named = f"{table.short}, {table.table}"
    placed = [
        metrics.get(column.name) in column.metrics
        for column in table.columns
        if _has(table, column)
    ]
    if table.note and any(placed):
        yield f"{named}: {table.note}"
    left_out = [
        f"{column.title} {title}"
        for column in table.columns
        for metric, title in zip(column.metrics, column.titles, strict=True)
        if _has(table, column) and metrics.get(column.name) != metric
    ]
    if left_out:
        yield f"{named}: left out, because there is no such column here: {', '.join(left_out)}"


def _has(table: PublishedNote, column: PublishedColumnNote) -> bool:
    return any(column.name in row.scores for row in table.rows)


def _score(
    table: PublishedNote, row: PublishedRowNote, name: str, metrics: Mapping[str, str]
) -> LeaderboardScore:
    for column in table.columns:
        if column.name == name and name in row.scores and metrics.get(name) in column.metrics:
            value = row.scores[name][column.metrics.index(metrics[name])]
            seeds = row.seeds or 0
            return LeaderboardScore(value, None, seeds, seeds)
    return _NOT_REPORTED

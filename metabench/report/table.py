"""A leaderboard as tables of short strings: what the renderers of text have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

from metabench.api.leaderboard import (
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardScore,
)

__all__ = ["TextCell", "TextTable", "tables"]


@final
@dataclass(frozen=True, slots=True)
class TextCell:
    """What stands in a cell, and whether it is to be seen first."""

    text: str
    strong: bool = False
    faint: bool = False


@final
@dataclass(frozen=True, slots=True)
class TextTable:
    """A table: title, one header (of one to three lines) a column, rows of (method, cells)."""

    title: str
    headers: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, tuple[TextCell, ...]], ...]


def tables(leaderboard: Leaderboard) -> Iterator[TextTable]:
    """Yield the table of scores, then one of differences for each baseline."""
    headers = tuple(_header(column) for column in leaderboard.columns)
    marked = " (SMOKE, no result)" if leaderboard.smoke else ""
    yield TextTable(
        f"{leaderboard.name}{marked}: scores", headers, _rows(leaderboard, _score, skip="")
    )
    for baseline in leaderboard.baselines:

        def minus(
            score: LeaderboardScore, column: LeaderboardColumn, name: str = baseline
        ) -> TextCell:
            return _difference(score.difference(name), column, planned=score.planned)

        rows = _rows(leaderboard, minus, skip=baseline)
        if rows:
            title = f"{leaderboard.name}{marked}: difference to {baseline}"
            yield TextTable(title, headers, rows)


def _header(column: LeaderboardColumn) -> tuple[str, ...]:
    part, _, rows = column.label.partition(" = ")
    return tuple(line for line in (column.title, part, rows) if line)


def _rows(
    leaderboard: Leaderboard,
    show: Callable[[LeaderboardScore, LeaderboardColumn], TextCell],
    *,
    skip: str,
) -> tuple[tuple[str, tuple[TextCell, ...]], ...]:
    return tuple(
        (
            row.method,
            tuple(
                show(score, column)
                for score, column in zip(row.scores, leaderboard.columns, strict=True)
            ),
        )
        for row in leaderboard.rows
        if row.method != skip
    )


def _score(score: LeaderboardScore, column: LeaderboardColumn) -> TextCell:
    counted = f"{score.n}/{score.planned}"
    if score.mean is None:
        if column.role == "average" or score.status == "unavailable":
            return TextCell(score.status, faint=True)
        return TextCell(f"{score.status} {counted}", faint=True)
    parts = [_number(score.mean, column)]
    if score.deviation is not None:
        parts.append(f"± {_number(score.deviation, column)}")
    if score.n < score.planned:
        parts.append(f"({counted})")
    if score.collapsed:
        parts.append(f"c{score.collapsed}")
    return TextCell(" ".join(parts))


def _difference(
    difference: Difference | None, column: LeaderboardColumn, *, planned: int
) -> TextCell:
    if difference is None:
        return TextCell("-", faint=True)
    text = _signed(difference.mean, column)
    if difference.interval is not None:
        low, high = (_signed(end, column) for end in difference.interval)
        text += f" [{low}, {high}]"
    text += "*" if difference.excludes_zero else ""
    text += f" ({difference.n}/{planned})" if difference.n < planned else ""
    return TextCell(text, strong=difference.excludes_zero)


def _number(value: float, column: LeaderboardColumn) -> str:
    return f"{100 * value:.1f}" if column.percent else f"{value:.3f}"


def _signed(value: float, column: LeaderboardColumn) -> str:
    text = f"{100 * value:+.1f}" if column.percent else f"{value:+.3f}"
    return text.replace("-0.0", "+0.0") if float(text) == 0 else text

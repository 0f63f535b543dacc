"""CSV with full precision: a leaderboard, one line per method and column; or every score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, fields
from typing import TypeAlias

from metabench.api.leaderboard import (
    Cost,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)
from metabench.escape import csv_text
from metabench.results.score_lines import ScoreLine

__all__ = ["render_csv", "render_long_csv"]

_Value: TypeAlias = str | float | bool | None
_PLACE = ("benchmark", "smoke", "method", "source", "column", "title", "part", "role", "metric")
_SCORE = (
    *("mean", "deviation", "n", "planned", "status", "detail", "failed", "collapsed"),
    *("best", "close", "worse", "draw_deviation"),
)
_DIFFERENCE = (
    *("baseline", "difference", "low", "high", "pairs"),
    *("p", "improvement", "detectable", "verdict", "crossed_low", "crossed_high", "collapse_p"),
)
_COST = tuple(field.name for field in fields(Cost))


def render_csv(leaderboard: Leaderboard) -> str:
    """Return the leaderboard as CSV.

    Scores are on the metric's scale, not times 100. Comparisons with a second baseline are in
    columns that end in ``_2``. Text that a spreadsheet would evaluate begins with an apostrophe.
    """
    lines = [_line(_header(len(leaderboard.baselines)))]
    for row in (*leaderboard.rows, *leaderboard.references, *leaderboard.published):
        for column, score in zip(leaderboard.columns, row.scores, strict=True):
            values = [*_place(leaderboard, row, column), *_score(score, row)]
            for baseline in leaderboard.baselines:
                values += _difference(score, baseline)
            lines.append(_line([*values, *_cost(row)]))
    return "".join(lines)


def render_long_csv(lines: Iterable[ScoreLine]) -> str:
    """Return every score as a line of CSV."""
    header = (field.name for field in fields(ScoreLine))
    return "".join([_line(tuple(header)), *(_line(astuple(line)) for line in lines)])


def _header(baselines: int) -> tuple[str, ...]:
    endings = ["" if number == 1 else f"_{number}" for number in range(1, baselines + 1)]
    differences = (f"{name}{ending}" for ending in endings for name in _DIFFERENCE)
    return (*_PLACE, *_SCORE, *differences, *_COST)


def _place(
    board: Leaderboard, row: LeaderboardRow, column: LeaderboardColumn
) -> tuple[_Value, ...]:
    of_row = (board.name, board.smoke, row.method, row.source)
    return (*of_row, column.name, column.title, column.label, column.role, column.metric)


def _score(score: LeaderboardScore, row: LeaderboardRow) -> tuple[_Value, ...]:
    marks = (None,) * 3 if row.source else (score.best, score.close, score.worse)
    return (
        *(score.mean, score.deviation, score.n, score.planned),
        *(score.status, score.detail, score.failed, score.collapsed),
        *marks,
        score.draw_deviation,
    )


def _difference(score: LeaderboardScore, baseline: str) -> tuple[_Value, ...]:
    found = score.difference(baseline)
    if found is None:
        return (None,) * len(_DIFFERENCE)
    low, high = found.interval or (None, None)
    return (
        *(baseline, found.mean, low, high, found.n),
        *(found.p, found.improvement, found.detectable, found.verdict),
        *(*(found.crossed or (None, None)), found.collapse_p),
    )


def _cost(row: LeaderboardRow) -> tuple[_Value, ...]:
    return astuple(row.cost) if row.cost else (None,) * len(_COST)


def _line(values: Sequence[_Value]) -> str:
    return ",".join(_cells(values)) + "\n"


def _cells(values: Sequence[_Value]) -> Iterator[str]:
    for value in values:
        match value:
            case None:
                yield ""
            case bool():
                yield str(value).lower()
            case str():
                yield csv_text(value)
            case int():
                yield str(value)
            case _:
                yield float.__repr__(value)  # the repr of numpy's floats is more than the number

"""The report as one HTML file: no network, no inline style, a strict content policy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from metabench.api.leaderboard import Leaderboard, LeaderboardRow
from metabench.api.report import Report, Sheet
from metabench.leaderboard.build import rank_value
from metabench.quantities import plural
from metabench.report.figures.canvas import Figure, inline_svg
from metabench.report.figures.plots import figures
from metabench.report.tables.differences import DIFFERENCES, difference_rows
from metabench.report.tables.legend import legend
from metabench.report.tables.table import COSTS, ELSEWHERE, REFERENCE, TextTable, tables
from metabench.report.template import render_page

__all__ = ["render_html", "report_values"]

_WARNING = re.compile(r"(?!BUDGET|FLOOR|SATURATED)[A-Z]{3,}: ")  # those are in the conclusion
_SMOKE = "SMOKE: a quick walk through every cell; no number here is a result"


def render_html(report: Report) -> str:
    """Return the page; the same report gives the same text."""
    return render_page("report.html", **report_values(report))


def report_values(report: Report) -> Mapping[str, Any]:
    """Return the variables of the report's template."""
    board = report.leaderboard
    shown = figures(report)
    costs = _cost_table(board)
    sheets = (*_differences_sheet(board), *_seeds_sheet(board), *report.sheets)
    return {
        "report": report,
        "board": board,
        "counted": _counted(board),
        "warnings": _warnings(report),
        "captions": [
            *(caption for caption in board.captions if not _WARNING.match(caption)),
            *legend(board, best="bold", cost=True),
        ],
        "contents": tuple(_contents(report, shown, sheets, costs=costs is not None)),
        "scores": _scores_table(board),
        "sheets": sheets,
        "costs": costs,
        "figures": shown,
        "drawn": inline_svg,
    }


def _counted(board: Leaderboard) -> str:
    seeds = max((score.planned for row in board.rows for score in row.scores), default=0)
    return (
        f"metabench leaderboard: {plural([len(board.rows)], 'method')},"
        f" {plural([len(board.columns)], 'column')}, {plural([seeds], 'meta seed')}"
    )


def _warnings(report: Report) -> list[str]:
    board = report.leaderboard
    warnings = [*filter(_WARNING.match, board.captions), *report.notes]
    smoke = board.smoke and not any(warning.startswith("SMOKE: ") for warning in warnings)
    return [_SMOKE, *warnings] if smoke else warnings


def _contents(
    report: Report, shown: Sequence[Figure], sheets: Sequence[Sheet], *, costs: bool
) -> Iterator[tuple[str, str]]:
    """Yield id and title of each section."""
    yield "scores", "Leaderboard"
    yield from ((figure.name, figure.title) for figure in shown)
    if costs and report.cost is None:
        yield "cost", "Cost"
    yield from ((sheet.name, sheet.title) for sheet in sheets)
    if report.leaderboard.explanation or report.leaderboard.signature:
        yield "statistics", "Statistics"
    if report.facts:
        yield "provenance", "Where the numbers come from"


def _scores_table(board: Leaderboard) -> dict[str, Any]:
    """Return the table of scores; published rows stay below the others in any sort order."""
    table = _table(board, "scores")
    ours = [row for row in table.rows if row.kind == "method"]
    others = iter([row for row in table.rows if row.kind == "published"])
    groups = {REFERENCE: board.references, f"{ELSEWHERE}, never tested": board.published}
    return {
        "label": "Leaderboard",
        "kind": table.kind,
        "first": ["ascending" if c.error else "descending" for c in board.columns],
        "headers": table.headers,
        "roles": [column.role for column in board.columns],
        "spread": any(cell.small for row in table.rows for cell in row.cells),
        "ours": list(zip(ours, _values(board.rows, board), _marks(board.rows, board), strict=True)),
        "groups": [
            (
                heading,
                [
                    (next(others), values, marks)
                    for values, marks in zip(_values(rows, board), _marks(rows, board), strict=True)
                ],
            )
            for heading, rows in groups.items()
            if rows
        ],
    }


def _cost_table(board: Leaderboard) -> dict[str, Any] | None:
    """Return the table of cost, None where no cost is known."""
    if not any(row.cost for row in board.rows):
        return None
    table = _table(board, "cost")
    names = [COSTS[header[0]][0] for header in table.headers]
    values = [[_exact(getattr(row.cost, name, None)) for name in names] for row in board.rows]
    return {
        "label": "Cost",
        "kind": table.kind,
        "first": ["ascending"] * len(names),
        "headers": table.headers,
        "roles": [""] * len(names),
        "spread": False,
        "ours": [
            (row, each, [None] * len(names)) for row, each in zip(table.rows, values, strict=True)
        ],
        "groups": [],
    }


def _differences_sheet(board: Leaderboard) -> Iterator[Sheet]:
    """Yield every difference with both intervals, one line each."""
    rows = tuple(texts for _, texts in difference_rows(board))
    if rows:
        yield Sheet("intervals", "All differences", DIFFERENCES, rows)


def _seeds_sheet(board: Leaderboard) -> Iterator[Sheet]:
    table = _table(board, "seeds")
    headers = ("method", *(" ".join(lines) for lines in table.headers))
    rows = tuple((row.name, *(cell.text for cell in row.cells)) for row in table.rows)
    if rows:
        yield Sheet("seeds", "Scores of each meta seed", headers, rows)


def _table(board: Leaderboard, kind: str) -> TextTable:
    return next(table for table in tables(board, seeds=True) if table.kind == kind)


def _values(rows: Sequence[LeaderboardRow], board: Leaderboard) -> list[list[str | None]]:
    """Return the sort keys of each row's cells."""
    return [
        [
            _exact(rank_value(score, column))
            for score, column in zip(row.scores, board.columns, strict=True)
        ]
        for row in rows
    ]


def _marks(rows: Sequence[LeaderboardRow], board: Leaderboard) -> list[list[int | None]]:
    """Return where the mark of each score is on the scale of all, from 0 to 1, in pixels."""
    return [
        [
            None
            if score.mean is None or not column.percent or column.error
            else round(3 + 58 * min(max(score.mean, 0.0), 1.0))
            for score, column in zip(row.scores, board.columns, strict=True)
        ]
        for row in rows
    ]


def _exact(value: float | None) -> str | None:
    return None if value is None else repr(value)

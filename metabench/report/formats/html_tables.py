"""The tables of the page: scores and cost, to be sorted; where the numbers come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from metabench.api.leaderboard import Leaderboard, LeaderboardRow
from metabench.api.report import Fact
from metabench.leaderboard.build import rank_value
from metabench.report.markup import Element, Node, element
from metabench.report.tables.table import ELSEWHERE, TextCell, TextRow, TextTable, tables

__all__ = ["cost_table", "facts_table", "scores_table"]

_NOTHING = "-"
_COSTS: Mapping[str, str] = {
    "device time": "device_seconds",
    "gradients": "gradients",
    "HVPs": "hvps",
    "examples": "examples",
    "tokens": "tokens",
    "peak memory": "peak_memory_bytes",
}


def scores_table(board: Leaderboard) -> Element:
    """Return the table of scores; published rows stay below our own however it is sorted."""
    table = _table(board, "scores")
    ours = [row for row in table.rows if row.kind == "method"]
    theirs = [row for row in table.rows if row.kind == "published"]
    roles = [column.role for column in board.columns]
    spread = any(cell.small for row in table.rows for cell in row.cells)
    bodies = [
        element("tbody", *_rows(ours, _score_values(board.rows, board), roles, spread=spread))
    ]
    if theirs:
        note = f"{ELSEWHERE}, never tested"
        heading = element("th", note, colspan=str(len(roles) + 1), scope="rowgroup")
        rows = _rows(theirs, _score_values(board.published, board), roles, spread=spread)
        bodies.append(
            element("tbody", element("tr", heading, class_="heading"), *rows, class_="published")
        )
    return _sortable(table, bodies, first="descending", label="Leaderboard")


def cost_table(board: Leaderboard) -> Element | None:
    """Return the table of cost, None where no cost is known."""
    if not any(row.cost for row in board.rows):
        return None
    table = _table(board, "cost")
    names = [_COSTS.get(header[0], "") for header in table.headers]
    values = [[getattr(row.cost, name, None) for name in names] for row in board.rows]
    body = element("tbody", *_rows(table.rows, values, [""] * len(names)))
    return _sortable(table, [body], first="ascending", label="Cost")


def facts_table(facts: Sequence[Fact]) -> Element:
    """Return name and values of each fact."""
    rows = [
        element("tr", element("th", fact.name, scope="row"), element("td", _values(fact.values)))
        for fact in facts
    ]
    return element("table", element("tbody", *rows), class_="facts")


def _values(values: Sequence[str]) -> Element | str:
    if len(values) == 1:
        return values[0]
    return element("ul", *(element("li", value) for value in values))


def _table(board: Leaderboard, kind: Literal["scores", "cost"]) -> TextTable:
    return next(table for table in tables(board) if table.kind == kind)


def _score_values(rows: Sequence[LeaderboardRow], board: Leaderboard) -> list[list[float | None]]:
    return [
        [rank_value(score, column) for score, column in zip(row.scores, board.columns, strict=True)]
        for row in rows
    ]


def _sortable(table: TextTable, bodies: Sequence[Element], *, first: str, label: str) -> Element:
    headers = [
        _header(("method",), first="ascending"),
        *(_header(header, first=first) for header in table.headers),
    ]
    head = element("thead", element("tr", *headers))
    made = element("table", head, *bodies, class_=f"sortable {table.kind}")
    return element(
        "div", made, class_="scroll", tabindex="0", role="region", aria_label=f"{label}, table"
    )


def _header(lines: Sequence[str], *, first: str) -> Element:
    title, *parts = lines
    inside = [element("span", title), *(element("span", part, class_="part") for part in parts)]
    button = element("button", *inside, type="button")
    return element("th", button, scope="col", aria_sort="none", data_first=first)


def _rows(
    rows: Sequence[TextRow],
    values: Sequence[Sequence[float | None]],
    roles: Sequence[str],
    *,
    spread: bool = False,
) -> Iterator[Element]:
    for row, numbers in zip(rows, values, strict=True):
        name = element("th", element("bdi", row.name), scope="row")
        cells = zip(row.cells, numbers, roles, strict=True)
        yield element("tr", name, *(_cell(*cell, spread=spread) for cell in cells))


def _cell(cell: TextCell, value: float | None, role: str, *, spread: bool) -> Element:
    """Return a cell; with ``spread`` it leaves room for one, so that numbers stay in line."""
    inside: list[Node] = [element("span", cell.main, class_="main")]
    if spread and (cell.main == _NOTHING or not cell.faint):
        inside += [" ", element("span", cell.small, class_="small")]
    more = " ".join([*cell.signs, *cell.more])
    if more:
        inside += [" ", element("span", more, class_="more")]
    marks = {"best": cell.best, "faint": cell.faint, "average": role == "average"}
    classes = " ".join(name for name, holds in marks.items() if holds) or None
    return element("td", *inside, class_=classes, data_value=None if value is None else repr(value))

"""A leaderboard as tables of short strings, shared by the text formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from metabench.api.leaderboard import (
    Cost,
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)
from metabench.quantities import bytes_text, count_text, score_text, seconds_text, signed_text

__all__ = ["CLOSE", "COSTS", "ELSEWHERE", "REFERENCE", "TextCell", "TextRow", "TextTable", "tables"]

CLOSE = "≈"
"""The sign of a score that is not significantly worse than the highest mean of its column."""
ELSEWHERE = "reported elsewhere"
"""The heading of published rows."""
REFERENCE = "for reference"
"""The heading of the majority class and chance."""
COSTS: Mapping[str, tuple[str, Callable[..., str]]] = {
    "wall time": ("device_seconds", seconds_text),
    "CPU time": ("cpu_seconds", seconds_text),
    "outer updates": ("updates", count_text),
    "gradients": ("gradients", count_text),
    "HVPs": ("hvps", count_text),
    "examples": ("examples", count_text),
    "tokens": ("tokens", count_text),
    "peak memory": ("peak_memory_bytes", bytes_text),
    "meta-trained parameters": ("meta_trained", count_text),
    "fine-tuned parameters": ("trained", count_text),
}
"""By heading: the field of a cost, and how it is written."""
_SMALLEST_P = 0.001


@final
@dataclass(frozen=True, slots=True)
class TextCell:
    """The content of a cell.

    Args:
        main: the number, or the word instead of it.
        small: its spread or its interval.
        signs: one character each, after them: ``*``, ``▲``, ``▼``, ``†``, ``≈``.
        more: further words, such as ``(2/3)``.
        best: whether it is the highest mean of its column.
        strong: whether it is emphasized for another reason.
        faint: whether it is not a number.
    """

    main: str
    small: str = ""
    signs: str = ""
    more: tuple[str, ...] = ()
    best: bool = False
    strong: bool = False
    faint: bool = False

    @property
    def rest(self) -> str:
        """The text after ``main``, with the blank between them."""
        small = f" {self.small}" if self.small else ""
        return f"{small}{self.signs}{''.join(f' {word}' for word in self.more)}"

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.main}{self.rest}"


@final
@dataclass(frozen=True, slots=True)
class TextRow:
    """A method, a heading between rows (without cells), or a row reported elsewhere."""

    name: str
    cells: tuple[TextCell, ...]
    kind: Literal["method", "heading", "published"] = "method"


@final
@dataclass(frozen=True, slots=True)
class TextTable:
    """A table: title, one header (of one to three lines) per column, rows."""

    kind: Literal["scores", "seeds", "difference", "cost"]
    title: str
    headers: tuple[tuple[str, ...], ...]
    rows: tuple[TextRow, ...]


def tables(board: Leaderboard, *, cost: bool = True, seeds: bool = False) -> Iterator[TextTable]:
    """Yield the tables of scores, with ``seeds`` of each seed, of differences, and of cost.

    The difference between two baselines is in the table of the earlier one alone.
    """
    name = f"{board.name}{' (SMOKE, no result)' if board.smoke else ''}"
    headers = tuple(_header(column) for column in board.columns)
    rows = (*_rows(board, board.rows, _score), *_published(board))
    yield TextTable("scores", f"{name}: scores", headers, rows)
    if seeds:
        yield _seeds(board, headers, f"{name}: scores of each meta seed")
    for baseline in board.baselines:
        earlier = board.baselines[: board.baselines.index(baseline) + 1]
        others = [row for row in board.rows if row.method not in earlier]
        if others:
            title = f"{name}: difference to {baseline}"
            rows = _rows(board, others, _minus(baseline))
            yield TextTable("difference", title, headers, rows)
    if cost and any(row.cost for row in board.rows):
        yield _costs(board.rows, f"{name}: cost of one meta seed")


_Show: TypeAlias = Callable[[LeaderboardScore, LeaderboardColumn], TextCell]


def _header(column: LeaderboardColumn) -> tuple[str, ...]:
    part, _, rows = column.label.partition(" = ")
    return tuple(line for line in (column.title, part, rows) if line)


def _rows(
    board: Leaderboard, rows: tuple[LeaderboardRow, ...] | list[LeaderboardRow], show: _Show
) -> tuple[TextRow, ...]:
    return tuple(TextRow(row.method, _cells(board, row, show)) for row in rows)


def _cells(board: Leaderboard, row: LeaderboardRow, show: _Show) -> tuple[TextCell, ...]:
    pairs = zip(row.scores, board.columns, strict=True)
    return tuple(show(score, column) for score, column in pairs)


def _seeds(board: Leaderboard, headers: tuple[tuple[str, ...], ...], title: str) -> TextTable:
    rows = []
    for row in board.rows:
        scores = [(dict(score.seeds), score.collapsed_seeds) for score in row.scores]
        for seed in sorted({seed for values, _ in scores for seed in values}):
            cells = (
                TextCell(_number(values[seed], column), more=("c",) * (seed in collapsed))
                if seed in values
                else TextCell("-", faint=True)
                for (values, collapsed), column in zip(scores, board.columns, strict=True)
            )
            rows.append(TextRow(row.method, (TextCell(str(seed)), *cells)))
    return TextTable("seeds", title, (("meta seed",), *headers), tuple(rows))


def _published(board: Leaderboard) -> Iterator[TextRow]:
    for heading, rows in ((REFERENCE, board.references), (ELSEWHERE, board.published)):
        if rows:
            yield TextRow(heading, (), "heading")
        for row in rows:
            yield TextRow(row.method, _cells(board, row, _published_score), "published")


def _score(score: LeaderboardScore, column: LeaderboardColumn) -> TextCell:
    counted = f"{score.n}/{score.planned}"
    if score.mean is None:
        bare = column.role == "average" or score.status in {"unavailable", ""}
        return TextCell(
            f"{score.status or '-'}" if bare else f"{score.status} {counted}", faint=True
        )
    more = []
    if score.n < score.planned:
        more.append(f"({counted})")
    if column.role == "average" and "/" in score.status:
        more.append(f"†{score.status}")
    if score.draw_deviation is not None:
        more.append(f"d{_number(score.draw_deviation, column)}")
    if score.collapsed:
        more.append(f"c{score.collapsed}/{score.runs}" if score.runs else f"c{score.collapsed}")
    return TextCell(
        _number(score.mean, column),
        _deviation(score, column),
        signs=CLOSE * score.close,
        more=tuple(more),
        best=score.best,
    )


def _published_score(score: LeaderboardScore, column: LeaderboardColumn) -> TextCell:
    if score.mean is None:
        return TextCell("-", faint=True)
    return TextCell(_number(score.mean, column), _deviation(score, column))


def _deviation(score: LeaderboardScore, column: LeaderboardColumn) -> str:
    return "" if score.deviation is None else f"± {_number(score.deviation, column)}"


def _minus(baseline: str) -> _Show:
    def show(score: LeaderboardScore, column: LeaderboardColumn) -> TextCell:
        found = score.difference(baseline)
        return TextCell("-", faint=True) if found is None else _difference(found, score, column)

    return show


def _difference(
    difference: Difference, score: LeaderboardScore, column: LeaderboardColumn
) -> TextCell:
    small = ""
    if difference.interval is not None:
        low, high = (_signed(end, column) for end in difference.interval)
        small = f"[{low}, {high}]"
    decided = {"better": "▲", "worse": "▼", "undecided": ""}[difference.verdict]
    more = []
    if difference.p is not None:
        more.append(_p(difference.p))
    if difference.improvement is not None and difference.n > 1:
        more.append(f"P {difference.improvement:.2f}")
    if difference.n < score.planned:
        more.append(f"({difference.n}/{score.planned})")
    return TextCell(
        _signed(difference.mean, column),
        small,
        signs=f"{'*' * difference.excludes_zero}{decided}",
        more=tuple(more),
        strong=difference.verdict != "undecided",
    )


def _costs(rows: tuple[LeaderboardRow, ...], title: str) -> TextTable:
    texts = {name: [_cost(row.cost, name) for row in rows] for name in COSTS}
    kept = {name: column for name, column in texts.items() if any(column)}
    cells = zip(*kept.values(), strict=True)
    return TextTable(
        "cost",
        title,
        tuple((name,) for name in kept),
        tuple(
            TextRow(row.method, tuple(TextCell(text or "-", faint=not text) for text in line))
            for row, line in zip(rows, cells, strict=True)
        ),
    )


def _cost(cost: Cost | None, name: str) -> str:
    field, text = COSTS[name]
    value = None if cost is None else getattr(cost, field)
    return "" if value is None else text(value)


def _number(value: float, column: LeaderboardColumn) -> str:
    return score_text(value, percent=column.percent)


def _signed(value: float, column: LeaderboardColumn) -> str:
    return signed_text(value, percent=column.percent)


def _p(p: float) -> str:
    return f"p < {_SMALLEST_P}" if p < _SMALLEST_P else f"p {p:.3f}"

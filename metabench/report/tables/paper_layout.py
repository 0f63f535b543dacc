"""A run in the layout of a printed table, with the run's scores above the reported ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from metabench.api.leaderboard import Leaderboard, LeaderboardRow
from metabench.errors import UsageError
from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.captions import captions
from metabench.report.tables.page import Part
from metabench.report.tables.table import TextCell, TextRow, TextTable, tables
from metabench.results.collect import Collected, entries_of
from metabench.store.records.published import PublishedColumnNote, PublishedNote, PublishedRowNote
from metabench.store.records.run import ColumnNote

__all__ = ["paper_parts"]

_NOTHING = TextCell("-", faint=True)
_Place = tuple[str, str]
_Cells = Mapping[_Place, TextCell]


def paper_parts(collected: Collected, *, best: str) -> tuple[Part, ...]:
    """Return each printed table that a run is compared with, with the run's scores added.

    Args:
        collected: the values.
        best: the format's mark of the best of a column, such as ``bold``.

    Raises:
        UsageError: the benchmark of the run names no published numbers.
    """
    printed = collected.note.published
    if not printed:
        raise UsageError(
            f"{collected.note.name!r} names no published numbers, so there is no layout to follow",
            hint="name them in compare.published and run again, which runs no cell that is done",
        )
    return tuple(_part(collected, table, best) for table in printed)


def _part(collected: Collected, printed: PublishedNote, best: str) -> Part:
    ranks = range(max(len(column.metrics) for column in printed.columns))
    seen = [_seen_as(collected, printed, rank) for rank in ranks]
    boards = [_board(run, printed) for run in seen]
    said = [*captions(seen[0], boards[0]), *_captions(collected, printed)]
    table = _table(collected, printed, boards)
    if any(cell.best for row in table.rows for cell in row.cells):
        said.append(f"{best}: highest mean among ours")
    return Part((table,), tuple(dict.fromkeys(said)))


def _board(seen: Collected, printed: PublishedNote) -> Leaderboard:
    """Return the leaderboard of a table: no average, all metrics of a column in words."""
    board = build_leaderboard(seen)
    kept = [index for index, column in enumerate(board.columns) if column.role != "average"]
    metrics = {column.name: " / ".join(column.titles) for column in printed.columns}
    columns = [board.columns[index] for index in kept]
    return replace(
        board,
        columns=tuple(
            replace(column, metric=metrics.get(column.name, column.metric)) for column in columns
        ),
        rows=tuple(_without(row, kept) for row in board.rows),
        published=tuple(_without(row, kept) for row in board.published),
        references=(),  # a printed table has none
    )


def _without(row: LeaderboardRow, kept: Sequence[int]) -> LeaderboardRow:
    return replace(row, scores=tuple(row.scores[index] for index in kept))


def _table(
    collected: Collected, printed: PublishedNote, boards: Sequence[Leaderboard]
) -> TextTable:
    ours: dict[_Place, list[TextCell]] = {}
    reported: dict[_Place, list[TextCell]] = {}
    metrics = {column.name: len(column.metrics) for column in printed.columns}
    for rank, board in enumerate(boards):
        names = [column.name for column in board.columns]
        for row in next(iter(tables(board, cost=False))).rows:
            found = reported if row.kind == "published" else ours
            for name, cell in zip(names, row.cells, strict=row.kind != "heading"):
                if rank < metrics.get(name, 0):
                    found.setdefault((row.name, name), []).append(cell)
    methods = collected.note.methods
    return TextTable(
        "scores",
        _title(collected, printed),
        tuple(_headers(printed)),
        (
            *_rows(printed, _joined(ours), _joined(reported), methods),
            *_others(printed, _joined(ours), methods),
        ),
    )


def _seen_as(collected: Collected, printed: PublishedNote, rank: int) -> Collected:
    """Return a run with the columns of the table, each with its metric of that rank."""
    wanted = {column.name: column for column in printed.columns}
    columns = tuple(
        _with_metric(column, wanted[column.name], rank)
        for column in collected.note.columns
        if column.name in wanted
    )
    if not columns:
        return collected
    uses = tuple(use for use in collected.note.uses if use.column in wanted)
    note = collected.note.model_copy(
        update={"columns": columns, "uses": uses, "baselines": (), "published": (printed,)}
    )
    entries = entries_of(note, collected.results, collected.failures)
    return replace(collected, note=note, entries=entries)


def _with_metric(column: ColumnNote, printed: PublishedColumnNote, rank: int) -> ColumnNote:
    at = min(rank, len(printed.metrics) - 1)
    return column.model_copy(
        update={
            "metric": printed.metrics[at],
            "metric_title": printed.titles[at],
            "percent": printed.percent,
        }
    )


def _joined(cells: Mapping[_Place, Sequence[TextCell]]) -> _Cells:
    """Return one cell for all metrics of a column, as in ``88.9 / 84.8``."""
    return {place: parts[0] if len(parts) == 1 else _both(parts) for place, parts in cells.items()}


def _both(parts: Sequence[TextCell]) -> TextCell:
    if all(part.faint for part in parts):
        return parts[0]
    same = len({part.more for part in parts}) == 1
    more = parts[0].more if same else ()
    text = " / ".join((replace(part, more=()) if same else part).text for part in parts)
    return TextCell(text, more=more, best=all(part.best for part in parts))


def _title(collected: Collected, printed: PublishedNote) -> str:
    marked = " (SMOKE, no result)" if collected.note.smoke else ""
    return f"{collected.note.name}{marked}: {printed.short}, {printed.table}: {printed.title}"


def _headers(printed: PublishedNote) -> Iterator[tuple[str, ...]]:
    yield from ((stub,) for stub in printed.stubs[1:])
    yield from ((column.title, " / ".join(column.titles)) for column in printed.columns)


def _rows(
    printed: PublishedNote, ours: _Cells, reported: _Cells, methods: Sequence[str]
) -> Iterator[TextRow]:
    for row in printed.rows:
        stubs = [TextCell(label) for label in row.labels[1:]]
        yield TextRow(_name(row, methods), (*stubs, *_line(printed, ours, row.ours)))
        if _has_numbers(printed):
            blank = [TextCell("")] * len(stubs)
            cells = (*blank, *_line(printed, reported, row.method))
            yield TextRow("reported", cells, "published")


def _has_numbers(printed: PublishedNote) -> bool:
    return any(row.scores for row in printed.rows)


def _name(row: PublishedRowNote, methods: Sequence[str]) -> str:
    renamed = row.ours != row.method and row.ours in methods
    return f"{row.labels[0]} (ours: {row.ours})" if renamed else row.labels[0]


def _others(printed: PublishedNote, ours: _Cells, methods: Sequence[str]) -> Iterator[TextRow]:
    there = {row.ours for row in printed.rows}
    left = [method for method in methods if method not in there]
    if left:
        yield TextRow("not in that table", (), "heading")
    blank = [TextCell("")] * (len(printed.stubs) - 1)
    for method in left:
        yield TextRow(method, (*blank, *_line(printed, ours, method)))


def _line(printed: PublishedNote, cells: _Cells, row: str) -> Iterator[TextCell]:
    for column in printed.columns:
        yield cells.get((row, column.name), _NOTHING)


def _captions(collected: Collected, printed: PublishedNote) -> Iterator[str]:
    yield from _splits(printed)
    named = f"{printed.short}, {printed.table}"
    if _has_numbers(printed):
        yield (
            f"reported in {named} ({printed.split} split), shown next to ours and never tested:"
            f" {printed.citation}"
        )
    else:
        yield f"laid out as {named}: {printed.citation}"
    if printed.note:
        yield f"{printed.table}: {printed.note}"
    absent = [row.method for row in printed.rows if row.ours not in collected.note.methods]
    if absent:
        yield f"{printed.table}: no method of ours corresponds to {', '.join(absent)}"


def _splits(printed: PublishedNote) -> Iterator[str]:
    """Yield which split of each column is scored here, and whether the source scored another."""
    splits: dict[str, list[str]] = {}
    for column in printed.columns:
        if column.scored:
            splits.setdefault(column.scored, []).append(column.title)
    if splits:
        where = "; ".join(f"{split} ({', '.join(titles)})" for split, titles in splits.items())
        others = _has_numbers(printed) and set(splits) != {printed.split}
        other = f", not on {printed.split}: another evaluation set" * others
        yield f"ours: scored on {where}{other}"

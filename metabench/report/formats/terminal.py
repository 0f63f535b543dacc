"""A leaderboard for the terminal, for a given width, with or without colour."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from rich.box import SIMPLE
from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.table import Table
from rich.text import Text

from metabench.escape import visible
from metabench.report.tables.page import Page
from metabench.report.tables.table import CLOSE, TextCell, TextRow, TextTable

__all__ = ["BEST", "terminal_text"]

_NARROWEST = 40
_LONGEST_HEADER = 24
BEST = "•"
"""The mark before the best of a column."""


def terminal_text(page: Page, *, width: int = 100, color: bool = False) -> str:
    """Return a page as text; columns that do not fit go below.

    Args:
        page: the page to show.
        width: columns of the terminal.
        color: whether control codes for bold and faint may be used.
    """
    width = max(width, _NARROWEST)
    console = _console(width, color=color)
    with console.capture() as capture:
        for number, part in enumerate(page.parts):
            console.print("\n" * bool(number), end="")
            for table in part.tables:
                _print_table(console, table, width)
            console.print(_list(part.notes))
        if page.explanation:
            console.print()
            console.print(Text(visible(page.explanation)))
        if page.signature:
            console.print()
            signature = "\n".join(_broken(visible(page.signature), width))
            console.print(Text(signature, style="dim", overflow="fold"))
        if page.conclusion:
            console.print()
            console.print(Text("Conclusion", style="bold"))
            first, *others = page.conclusion  # the most important sentence is nearest the prompt
            console.print(_list([*others, first]))
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def _broken(signature: str, width: int) -> list[str]:
    """Return the lines of a signature, which has no blanks to break it at."""
    lines = [""]
    for part in re.findall(r"[^|]*\|?", signature):
        if lines[-1] and cell_len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return lines


def _print_table(console: Console, table: TextTable, width: int) -> None:
    console.print(Text(visible(table.title), style="bold"))
    layout = _Layout.of(table, width)
    for columns in _parts(layout):
        console.print(_table(table, layout, columns))
        console.print()


def _console(width: int, *, color: bool) -> Console:
    return Console(
        file=io.StringIO(),
        width=width,
        height=100,
        force_terminal=color,
        color_system="standard" if color else None,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
        force_jupyter=False,  # a notebook would be shown the text, and nothing returned
        _environ={},
    )


def _list(sentences: Sequence[str]) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    for sentence in sentences:
        grid.add_row("-", Text(visible(sentence), overflow="fold"))
    return grid


@final
@dataclass(frozen=True, slots=True)
class _Layout:
    """Widths in a terminal: of all, of the methods, and of each column."""

    width: int
    first: int
    columns: tuple[int, ...]
    rests: tuple[int, ...]

    @classmethod
    def of(cls, table: TextTable, width: int) -> _Layout:
        names = ["method", *(_name(row) for row in table.rows)]
        first = min(max(map(cell_len, names)), width // 3)
        rests = tuple(_rest_width(table, index) for index in range(len(table.headers)))
        wanted = (_column_width(table, index, rest) for index, rest in enumerate(rests))
        most = width - first - 1
        return cls(width, first, tuple(min(wide, most) for wide in wanted), rests)


def _parts(layout: _Layout) -> list[tuple[int, ...]]:
    """Return the columns of as few parts as there have to be, about equally wide."""
    room = layout.width - layout.first
    fewest = len(_packed(layout.columns, room))
    while room > 1 and len(_packed(layout.columns, room - 1)) == fewest:
        room -= 1
    return _packed(layout.columns, room)


def _packed(widths: Sequence[int], room: int) -> list[tuple[int, ...]]:
    parts: list[list[int]] = []
    used = room
    for index, wide in enumerate(widths):
        if used + wide + 1 > room:
            parts.append([])
            used = 0
        parts[-1].append(index)
        used += wide + 1
    return [tuple(part) for part in parts]


def _column_width(table: TextTable, index: int, rest: int) -> int:
    cells = [row.cells[index] for row in table.rows if row.cells]
    texts = [*_header(table.headers[index]), *(_shown(cell, rest) for cell in cells)]
    return 1 + max(map(cell_len, texts))  # a blank, the place of a mark


def _rest_width(table: TextTable, index: int) -> int:
    cells = (row.cells[index] for row in table.rows if row.cells)
    return max((cell_len(_rest(cell)) for cell in cells), default=0)


def _header(lines: Sequence[str]) -> list[str]:
    return [part for line in lines for part in chop_cells(visible(line), _LONGEST_HEADER)]


def _name(row: TextRow) -> str:
    return visible(row.name)


def _table(table: TextTable, layout: _Layout, columns: Sequence[int]) -> Table:
    shown = Table(box=SIMPLE, show_edge=False, pad_edge=False, padding=0)
    shown.add_column("method", overflow="fold", width=layout.first)
    for index in columns:
        header = Text("\n".join(_header(table.headers[index])), justify="right")
        width = layout.columns[index]
        shown.add_column(header, overflow="fold", width=width)
    for row in table.rows:
        if row.kind == "heading":
            shown.add_row(Text(row.name, style="dim"))
            continue
        cells = (_text(row.cells[index], layout, index) for index in columns)
        shown.add_row(Text(_name(row)), *cells)
    return shown


def _mark(cell: TextCell) -> str:
    """Return the mark before a number, in the blank that each column has for it."""
    return BEST if cell.best else CLOSE * (CLOSE in cell.signs)


def _rest(cell: TextCell) -> str:
    return visible(cell.rest.replace(CLOSE, ""))


def _shown(cell: TextCell, rest: int) -> str:
    """Return a cell with its number aligned with those of the column."""
    if cell.faint:
        return visible(cell.text)
    return f"{visible(cell.main)}{_rest(cell).ljust(rest)}"


def _text(cell: TextCell, layout: _Layout, index: int) -> Text:
    style = "bold" if cell.strong or cell.best else "dim" if cell.faint else ""
    text = f"{_mark(cell)}{_shown(cell, layout.rests[index])}"
    return Text(" " * (layout.columns[index] - cell_len(text)) + text, style=style)

"""A leaderboard for the terminal, in a width and with or without colour as it is told."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich.box import SIMPLE
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from metabench.api.leaderboard import Leaderboard
from metabench.report.escape import visible
from metabench.report.table import TextCell, TextTable, tables

__all__ = ["render_terminal"]

_GAP = 2
_NARROWEST = 40


def render_terminal(leaderboard: Leaderboard, *, width: int = 100, color: bool = False) -> str:
    """Return the leaderboard as text; columns that do not fit go below.

    Args:
        leaderboard: what to show.
        width: columns of the terminal.
        color: whether control codes for bold and faint may be used.
    """
    width = max(width, _NARROWEST)
    console = Console(
        file=io.StringIO(),
        width=width,
        height=100,
        force_terminal=color,
        color_system="standard" if color else None,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
        _environ={},
    )
    with console.capture() as capture:
        for table in tables(leaderboard):
            console.print(Text(visible(table.title), style="bold"))
            for part in _parts(table, width):
                console.print(_table(table, part))
                console.print()
        captions = Table.grid(padding=(0, 1, 0, 0))
        for caption in leaderboard.captions:
            captions.add_row("-", Text(visible(caption)))
        console.print(captions)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def _parts(table: TextTable, width: int) -> Iterator[Sequence[int]]:
    first = max((cell_len(visible(name)) for name, _ in table.rows), default=0)
    room = width - min(first, width // 3) - 2 * _GAP
    part: list[int] = []
    used = 0
    for index, wide in enumerate(_widths(table)):
        if part and used + wide + _GAP > room:
            yield part
            part, used = [], 0
        part.append(index)
        used += wide + _GAP
    if part:
        yield part


def _widths(table: TextTable) -> Iterator[int]:
    for index, header in enumerate(table.headers):
        texts = [*header, *(cells[index].text for _, cells in table.rows)]
        yield max(cell_len(visible(text)) for text in texts)


def _table(table: TextTable, part: Sequence[int]) -> Table:
    shown = Table(box=SIMPLE, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    shown.add_column("method", overflow="fold")
    for index in part:
        header = "\n".join(visible(line) for line in table.headers[index])
        shown.add_column(Text(header), justify="right", no_wrap=True)
    for method, cells in table.rows:
        shown.add_row(Text(visible(method)), *(_text(cells[index]) for index in part))
    return shown


def _text(cell: TextCell) -> Text:
    return Text(visible(cell.text), style="bold" if cell.strong else "dim" if cell.faint else "")

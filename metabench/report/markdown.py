"""A leaderboard as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterator

from metabench.api.leaderboard import Leaderboard
from metabench.report.escape import markdown_text
from metabench.report.table import TextCell, TextTable, tables

__all__ = ["render_markdown"]


def render_markdown(leaderboard: Leaderboard) -> str:
    """Return the leaderboard as Markdown: a table of scores, one per baseline, the captions."""
    lines: list[str] = []
    for table in tables(leaderboard):
        lines += [f"### {markdown_text(table.title)}", "", *_table(table), ""]
    lines += [f"- {markdown_text(caption)}" for caption in leaderboard.captions]
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(table: TextTable) -> Iterator[str]:
    headers = ["method", *(markdown_text(" ".join(header)) for header in table.headers)]
    yield _line(headers)
    yield _line(["---", *("---:" for _ in table.headers)])
    for method, cells in table.rows:
        yield _line([markdown_text(method), *(_cell(cell) for cell in cells)])


def _cell(cell: TextCell) -> str:
    text = cell.text.replace("*", r"\*")  # the text of a cell is ours; this is its only sign
    return f"**{text}**" if cell.strong else text


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"

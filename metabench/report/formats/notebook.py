"""A leaderboard as a fragment of HTML, as notebooks show it: no style sheet, no script."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from metabench.escape import visible
from metabench.report.tables.page import Page
from metabench.report.tables.table import TextCell, TextRow, TextTable

__all__ = ["notebook_html"]


def notebook_html(page: Page) -> str:
    """Return a page as HTML: its conclusion, tables and captions."""
    parts = list(_list(page.conclusion))
    for part in page.parts:
        for table in part.tables:
            parts += _table(table)
        parts += _list(part.notes)
    return "\n".join(parts)


def _list(sentences: tuple[str, ...]) -> Iterator[str]:
    if sentences:
        yield f"<ul>{''.join(f'<li>{_text(sentence)}</li>' for sentence in sentences)}</ul>"


def _table(table: TextTable) -> Iterator[str]:
    yield f"<table><caption>{_text(table.title)}</caption>"
    headers = ["method", *(" ".join(header) for header in table.headers)]
    yield f"<thead><tr>{''.join(f'<th>{_text(header)}</th>' for header in headers)}</tr></thead>"
    yield "<tbody>"
    for row in table.rows:
        yield f"<tr>{''.join(_row(row, columns=len(table.headers)))}</tr>"
    yield "</tbody></table>"


def _row(row: TextRow, *, columns: int) -> Iterator[str]:
    if row.kind == "heading":
        yield f'<th colspan="{columns + 1}"><em>{_text(row.name)}</em></th>'
        return
    yield f"<th>{_text(row.name)}</th>"
    yield from (f"<td>{_cell(cell)}</td>" for cell in row.cells)


def _cell(cell: TextCell) -> str:
    text = _text(cell.text)
    return f"<b>{text}</b>" if text and (cell.strong or cell.best) else text


def _text(text: str) -> str:
    return escape(visible(text))

"""A leaderboard as Markdown tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metabench.escape import markdown_code, markdown_text
from metabench.report.tables.page import Page
from metabench.report.tables.table import TextCell, TextRow, TextTable

__all__ = ["markdown_page"]

_NUMBERS = re.compile(r"(?!.*\]\()[-+\d.,/ ()\[\]±†*▲▼≈<cpP]+|\d[\d.]*( [A-Za-z]+( \d\d [a-z]+)?)?")
"""Text without a meaning in Markdown, apart from escaped characters; and quantities."""


def markdown_page(page: Page) -> str:
    """Return a page as Markdown: its conclusion, tables, captions, signature."""
    lines = [f"- {markdown_text(sentence)}" for sentence in page.conclusion]
    lines = ["**Conclusion**", "", *lines, ""] if lines else []
    for part in page.parts:
        for table in part.tables:
            lines += [f"### {markdown_text(table.title)}", "", *_table(table), ""]
        lines += [f"- {markdown_text(note)}" for note in part.notes]
        lines += [""] * bool(part.notes)
    lines += [markdown_text(page.explanation), ""] * bool(page.explanation)
    lines += [markdown_code(page.signature)] * bool(page.signature)
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(table: TextTable) -> Iterator[str]:
    headers = ["method", *(markdown_text(" ".join(header)) for header in table.headers)]
    yield _line(headers)
    yield _line(["---", *("---:" for _ in table.headers)])
    for row in table.rows:
        yield _line(list(_row(row, columns=len(table.headers))))


def _row(row: TextRow, *, columns: int) -> Iterator[str]:
    name = markdown_text(row.name)
    yield f"*{name}*" if row.kind == "heading" else name
    yield from (_cell(cell) for cell in row.cells)
    yield from [""] * (columns - len(row.cells))


def _cell(cell: TextCell) -> str:
    if not _NUMBERS.fullmatch(cell.text):
        text = markdown_text(cell.text)
    else:
        text = cell.text.replace("*", r"\*").replace("<", r"\<")
    return f"**{text}**" if text and (cell.strong or cell.best) else text


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"

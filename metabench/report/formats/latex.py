"""A leaderboard as LaTeX tables with the rules of booktabs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from metabench.report.formats.latex_escape import latex_text
from metabench.report.tables.page import Page
from metabench.report.tables.table import TextCell, TextRow, TextTable

__all__ = ["latex_page"]

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_BREAK = r" \\ "
_SIGNS = {"*": "*", "≈": r"\approx", "▲": r"\uparrow", "▼": r"\downarrow"}


def latex_page(page: Page) -> str:
    r"""Return a page as LaTeX: a float for the scores, one for each baseline.

    The preamble has to load ``booktabs``. Deviations are subscripts, intervals second lines.
    """
    lines = [r"% The preamble needs \usepackage{booktabs}."]
    last = tuple(text for text in (page.explanation, page.signature) if text)
    number = 0
    for part in page.parts:
        notes = (*part.notes, *(last if part is page.parts[0] else ()))
        for table in part.tables:
            number += 1
            lines += _float(table, number, notes if table is part.tables[0] else ())
    return "\n".join(lines) + "\n"


def _float(table: TextTable, number: int, notes: Sequence[str]) -> Iterator[str]:
    yield r"\begin{table}"
    yield r"  \centering"
    yield f"  \\caption{{{latex_text(table.title)}}}"
    yield f"  \\label{{tab:metabench-{number}}}"
    yield r"  \par\medskip\small"
    yield f"  \\begin{{tabular}}{{l{'r' * len(table.headers)}}}"
    yield r"    \toprule"
    yield f"    {_line(['method', *map(_header, table.headers)])}"
    yield r"    \midrule"
    for row in table.rows:
        yield from _row(row, columns=len(table.headers))
    yield r"    \bottomrule"
    yield r"  \end{tabular}"
    if notes:
        yield from _notes(notes)
    yield r"\end{table}"


def _notes(notes: Sequence[str]) -> Iterator[str]:
    yield r"  \par\medskip"
    yield r"  \begin{minipage}{\linewidth}"
    yield r"    \footnotesize\raggedright"
    for note in notes:
        yield f"    {_breakable(latex_text(note))}\\par"
    yield r"  \end{minipage}"


def _breakable(text: str) -> str:
    return text.replace(r"\textbar{}", r"\textbar{}\allowbreak{}")  # a signature has no blanks


def _header(lines: Sequence[str]) -> str:
    texts = [latex_text(line) for line in lines if line.strip()]  # TeX takes no blank line here
    return f"\\shortstack[r]{{{_BREAK.join(texts)}}}" if len(texts) > 1 else "".join(texts)


def _row(row: TextRow, *, columns: int) -> Iterator[str]:
    name = latex_text(row.name)
    if row.kind == "heading":
        yield r"    \midrule"
        yield f"    \\multicolumn{{{columns + 1}}}{{l}}{{\\emph{{{name}}}}} \\\\"
        return
    yield f"    {_line([name, *map(_cell, row.cells)])}"
    if any(map(_has_interval, row.cells)):
        yield f"    {_line(['', *map(_interval, row.cells)])}"
        yield r"    \addlinespace[2pt]"


def _cell(cell: TextCell) -> str:
    is_bold = cell.strong or cell.best
    if not _NUMBER.fullmatch(cell.main):
        text = latex_text(cell.text)
        return f"\\textbf{{{text}}}" if is_bold else text
    main = f"\\mathbf{{{cell.main}}}" if is_bold else cell.main
    small = cell.small.replace("± ", r"\pm ") if cell.small and not _has_interval(cell) else ""
    signs = "".join(_SIGNS[sign] for sign in cell.signs)
    below = f"_{{{small}}}" if small else ""
    above = f"^{{{signs}}}" if signs else ""
    more = "".join(f" {{\\scriptsize {latex_text(word)}}}" for word in cell.more)
    return f"${main}{below}{above}${more}"


def _has_interval(cell: TextCell) -> bool:
    return cell.small.startswith("[")


def _interval(cell: TextCell) -> str:
    """Return the second line of a cell; an interval next to its number would be too wide."""
    if not _has_interval(cell):
        return ""
    return f"{{\\scriptsize ${cell.small.replace(', ', ',')}$}}"


def _line(cells: Sequence[str]) -> str:
    return rf"{' & '.join(cells)} \\"

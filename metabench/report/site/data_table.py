"""A table as data, which the page's script shows, filters and sorts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, final

from metabench.escape import json_safe, visible

__all__ = ["Column", "DataTable", "Value"]

Value: TypeAlias = str | tuple[str, float | None]
"""A text, or a text with the number that it is sorted by; None is sorted last."""
_IN_A_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


@final
@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Args:
        name: unique in the table, of letters; links name it.
        title: its heading.
        first: the direction of the first sort by it.
        filtered: whether lines can be filtered by its texts.
        links: the page of a text.
    """

    name: str
    title: str
    first: Literal["ascending", "descending"] = "ascending"
    filtered: bool = False
    links: Mapping[str, str] = field(default_factory=dict)


@final
@dataclass(frozen=True, slots=True)
class DataTable:
    """A table of many lines.

    Args:
        name: unique in the page, of letters; links name it.
        title: its heading.
        columns: its columns.
        rows: the lines, one value a column.
        note: what the lines are, in a sentence.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Value]]
    note: str = ""

    def json(self) -> str:
        """Return the table as JSON that can stand in a script element, whatever its texts hold.

        Each text of a column is there once; the lines are numbers of texts.
        """
        columns = [
            _column(column, [row[at] for row in self.rows])
            for at, column in enumerate(self.columns)
        ]
        text = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
        safe = json_safe(text)
        for character, escaped in _IN_A_SCRIPT.items():
            safe = safe.replace(character, escaped)
        return safe


def _column(column: Column, values: Sequence[Value]) -> Mapping[str, Any]:
    known: dict[Value, int] = {}
    rows = [known.setdefault(value, len(known)) for value in values]
    texts = [value if isinstance(value, str) else value[0] for value in known]
    made: dict[str, Any] = {
        "name": column.name,
        "title": column.title,
        "first": column.first,
        "filtered": column.filtered,
        "texts": list(map(visible, texts)),
        "rows": rows,
    }
    if any(not isinstance(value, str) for value in known):
        made["numbers"] = [None if isinstance(value, str) else value[1] for value in known]
    if column.links:
        made["links"] = [column.links.get(text) for text in texts]
    return made

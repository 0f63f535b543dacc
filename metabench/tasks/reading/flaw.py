"""A row as read, or its problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias, final

__all__ = ["Flaw", "Record", "at_path"]


@final
@dataclass(frozen=True, slots=True)
class Flaw:
    """The problem of a row, and its values if only its label is missing."""

    what: str
    values: tuple[Any, ...] | None = None


Record: TypeAlias = tuple[int, "tuple[Any, ...] | Flaw"]
"""A line, counted from 1 (Parquet, Arrow: a row), and its values in the requested order."""


def at_path(value: Any, path: str) -> Any:
    """Return the value at a dotted name in nested objects and lists; None where there is none.

    >>> at_path({"data": {"text": "a"}, "marks": [{"choice": "yes"}]}, "marks.0.choice")
    'yes'
    """
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value

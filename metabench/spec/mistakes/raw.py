"""Tables and arrays of a file that may be invalid."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["array", "table", "words"]

_MOST = 1000
"""Entries that are looked at; the model refuses more."""


def table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the table under a key, an empty one where there is no table."""
    value = data.get(key)
    return dict(islice(value.items(), _MOST)) if isinstance(value, dict) else {}


def array(data: Mapping[str, Any], key: str) -> Sequence[Any]:
    """Return the array under a key, an empty one where there is no array."""
    value = data.get(key)
    return value[:_MOST] if isinstance(value, list) else []


def words(data: Mapping[str, Any], key: str) -> Sequence[tuple[int, str]]:
    """Return the strings of the array under a key, each with its index."""
    return [(index, item) for index, item in enumerate(array(data, key)) if isinstance(item, str)]

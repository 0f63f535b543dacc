"""JSON from outside: every key of an object once, finite numbers, a bounded depth."""

from __future__ import annotations

import json
from typing import Any, NoReturn

__all__ = ["parse_json"]


def parse_json(data: bytes | str) -> Any:
    """Return the value that a JSON text holds.

    Raises:
        ValueError: it is not JSON, an object has a key twice, a number is not finite or too long,
            or it is nested too deeply.
    """
    try:
        return json.loads(data, object_pairs_hook=_once, parse_constant=_not_finite)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:100]!r} occurs twice in one object")
    return found


def _not_finite(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a finite number")

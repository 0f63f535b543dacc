"""From pydantic's errors to located problems."""

from __future__ import annotations

import datetime as dt
import json
import math
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from metabench.spec.mistakes.document import at
from metabench.spec.mistakes.places import known_keys
from metabench.spec.mistakes.wording import expected, instead, reword, shown
from metabench.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic_core import ErrorDetails

    from metabench.spec.mistakes.locate import KeyPath

__all__ = ["Finding", "check"]

ModelT = TypeVar("ModelT", bound=BaseModel)

Finding = tuple["KeyPath", str]
"""A key path below the checked table, and its problem."""

_MOST = 200
"""The largest number of errors that are reported."""


def check(model: type[ModelT], data: Any) -> tuple[ModelT | None, list[Finding]]:
    """Return the table as a value of its model, or None and all that is wrong with it.

    TOML has words that JSON lacks (dates, nan, inf): each is a finding, and is left out of the
    rest of the check.
    """
    foreign = list(_foreign(data, ()))
    try:
        value = model.model_validate_json(json.dumps(_plain(data)))
    except ValidationError as error:
        found = _findings(error.errors(include_url=False), model, data)
        spoilt = [path for path, _ in foreign]
        others = [(path, what) for path, what in found if not _below(path, spoilt)]
        return None, foreign + others
    return (None if foreign else value), foreign


def _findings(errors: Sequence[ErrorDetails], model: type[BaseModel], data: Any) -> list[Finding]:
    by_path: dict[KeyPath, list[ErrorDetails]] = {}
    for error in errors:
        by_path.setdefault(_clean(error, data), []).append(error)
    above = {path[:length] for path in by_path for length in range(len(path))}
    first_hand = {
        path: found
        for path, found in by_path.items()
        if not (path in above and _derived(found, path, data))
    }
    return [
        (path, _worded(found, path, model, data))
        for path, found in islice(first_hand.items(), _MOST)
    ]


def _clean(error: ErrorDetails, data: Any) -> KeyPath:
    """Return the path without the names that pydantic gives to the branches of a union."""
    path: KeyPath = ()
    for position, key in enumerate(error["loc"], start=1):
        place = at(data, path)
        missing = error["type"] == "missing" and position == len(error["loc"])
        in_table = isinstance(place, dict) and (key in place or missing)
        if in_table or isinstance(key, int):
            path = (*path, key)
    if error["type"] == "missing" and path and isinstance(path[-1], int):
        return path[:-1]  # an array of a fixed length
    return path


def _derived(errors: Sequence[ErrorDetails], path: KeyPath, data: Any) -> bool:
    """Return whether a finding only follows from findings below it."""
    if all(error["type"] == "too_short" for error in errors):
        return bool(at(data, path))
    return all(expected(error) for error in errors)


def _worded(
    errors: Sequence[ErrorDetails], path: KeyPath, model: type[BaseModel], data: Any
) -> str:
    value = at(data, path)
    others = [error for error in errors if not expected(error)]
    if not others:
        words = list(dict.fromkeys(expected(error) for error in errors))
        got = f"expected {_either(words)}, got {shown(value)}"
        return f"{got}{_nearest(errors, value) or instead(words, value)}"
    error = others[0]
    if error["type"] == "missing" and isinstance(value, list):
        return "too few entries"
    if error["type"] == "extra_forbidden":
        known = known_keys(model, path[:-1])
        hint = suggest(str(path[-1]), known) if known else "; there are none here"
        return reword(error, value) + hint
    return reword(error, value)


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _nearest(errors: Sequence[ErrorDetails], value: Any) -> str:
    if not isinstance(value, str):
        return ""
    words = [str(error["ctx"]["expected"]) for error in errors if error["type"] == "literal_error"]
    choices = [word for text in words for word in text.split("'")[1::2]]
    hint = suggest(value, choices)
    return hint if "did you mean" in hint else ""


def _below(path: KeyPath, places: Sequence[KeyPath]) -> bool:
    return any(path[: len(place)] == place for place in places)


def _foreign(value: Any, path: KeyPath) -> Iterator[Finding]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _foreign(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _foreign(item, (*path, index))
    elif isinstance(value, dt.date | dt.time):
        yield path, f"is a date or a time ({value.isoformat()}), which no setting takes; quote it"
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, f"expected a finite number, got {value!r}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    strange = isinstance(value, dt.date | dt.time)
    strange = strange or (isinstance(value, float) and not math.isfinite(value))
    return None if strange else value

"""Pydantic's errors in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from metabench.spec.model.values import FILE_NAME, PLAIN_TEXT

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["expected", "instead", "reword", "shown"]

_EXPECTED = {
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "int_parsing_size": "a smaller integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "an array",
    "list_type": "an array",
    "set_type": "an array",
    "frozen_set_type": "an array",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}

_BOUNDS = {
    "greater_than": ("must be more than", "gt"),
    "greater_than_equal": ("must be at least", "ge"),
    "less_than": ("must be less than", "lt"),
    "less_than_equal": ("must be at most", "le"),
    "multiple_of": ("must be a multiple of", "multiple_of"),
}

_PATTERNS = {
    FILE_NAME: "may hold letters, digits, '.', '_' and '-', and begins with a letter or a digit",
    PLAIN_TEXT: "must not hold control characters",
}

_LONGEST = 60
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)

_Context = Mapping[str, Any]

_SIZES: Mapping[str, Callable[[_Context], str]] = {
    "too_short": lambda context: f"needs at least {_entries(context['min_length'])}",
    "too_long": lambda context: f"has more than {_entries(context['max_length'])}",
    "string_too_short": lambda context: (
        "is empty" if context["min_length"] == 1 else f"is shorter than {context['min_length']}"
    ),
    "string_too_long": lambda context: f"is longer than {context['max_length']} characters",
    "string_pattern_mismatch": lambda context: _PATTERNS.get(
        context["pattern"], f"must match {context['pattern']}"
    ),
    "missing": lambda _: "missing",
    "extra_forbidden": lambda _: "unknown key",
}


def expected(error: ErrorDetails) -> str:
    """Return the expected type or word of a type or choice error; empty for other errors."""
    if error["type"] in {"literal_error", "enum"}:
        return str(error["ctx"]["expected"])
    return _EXPECTED.get(error["type"], "")


def instead(words: Sequence[str], value: Any) -> str:
    """Return how a single value is written where an array, or a number, was expected.

    >>> instead(["an array"], 3), instead(["an array"], "text"), instead(["a number"], "1e-3")
    ('; write [3]', '; write ["text"]', '; write 1e-3, without quotation marks')
    """
    if "an array" in words and isinstance(value, int | float | str) and "," not in str(value):
        written = json.dumps(value, ensure_ascii=False)
        return f"; write [{written}]" if len(written) <= _LONGEST else ""
    numeric = {"a number", "an integer"} & set(words)
    if numeric and isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return f"; write {value.strip()}, without quotation marks"
    return ""


def reword(error: ErrorDetails, value: Any) -> str:
    """Return a problem other than a wrong type in plain words; ``value`` is the file's value."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"{words} {_number(context[bound])}, got {shown(value)}"
    if kind in _SIZES:
        return _SIZES[kind](context)
    message = error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return f"{message[:1].lower()}{message[1:]}"


def shown(value: Any) -> str:
    """Return a value as the file spells it, cut to a few words.

    >>> shown("five"), shown(True), shown([1, 2])
    ("'five'", 'true', 'an array')
    """
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "an array"
    if isinstance(value, bool):
        return json.dumps(value)
    words = repr(value)
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"

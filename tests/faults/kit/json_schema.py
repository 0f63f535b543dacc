"""Whether a value fits a JSON schema that is written in the words that ours are written in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["fits"]

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def is_of_type(value: Any, name: str) -> bool:
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


# What each word of JSON schema asks of a value; ours is written in these and no others.
WORDS = {
    "$ref": lambda value, name, root: fits(value, root["$defs"][name.rpartition("/")[2]], root),
    "type": lambda value, name, _: is_of_type(value, name),
    "enum": lambda value, choices, _: value in choices,
    "const": lambda value, only, _: value == only,
    "anyOf": lambda value, forms, root: any(fits(value, form, root) for form in forms),
    "allOf": lambda value, forms, root: all(fits(value, form, root) for form in forms),
    "pattern": lambda value, pattern, _: not isinstance(value, str) or re.search(pattern, value),
    "minimum": lambda value, bound, _: not isinstance(value, int | float) or value >= bound,
    "maximum": lambda value, bound, _: not isinstance(value, int | float) or value <= bound,
    "exclusiveMinimum": lambda value, bound, _: not isinstance(value, int | float) or value > bound,
    "exclusiveMaximum": lambda value, bound, _: not isinstance(value, int | float) or value < bound,
    "minLength": lambda value, bound, _: not isinstance(value, str) or len(value) >= bound,
    "maxLength": lambda value, bound, _: not isinstance(value, str) or len(value) <= bound,
    "minItems": lambda value, bound, _: not isinstance(value, list) or len(value) >= bound,
    "maxItems": lambda value, bound, _: not isinstance(value, list) or len(value) <= bound,
    "maxProperties": lambda value, bound, _: not isinstance(value, dict) or len(value) <= bound,
    "propertyNames": lambda value, form, root: (
        not isinstance(value, dict) or all(fits(name, form, root) for name in value)
    ),
    "required": lambda value, names, _: not isinstance(value, dict) or set(names) <= set(value),
}
SHAPES = {
    "patternProperties",
    "properties",
    "additionalProperties",
    "prefixItems",
    "items",
    "if",
    "then",
}
NOTES = {"title", "description", "default", "$schema", "$defs"}


def fits(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Return whether a value fits a schema."""
    assert set(schema) <= set(WORDS) | SHAPES | NOTES, "a word that the test does not know"
    if not all(WORDS[word](value, schema[word], root) for word in schema if word in WORDS):
        return False
    if "if" in schema and fits(value, schema["if"], root) and not fits(value, schema["then"], root):
        return False
    return all(fits(item, part, root) for item, part in parts(value, schema))


def parts(value: Any, schema: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield each item of a table or list, with the schema of it."""
    if isinstance(value, dict):
        further = schema.get("additionalProperties", True)
        known = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        for name, item in value.items():
            named = [form for pattern, form in patterns.items() if re.search(pattern, name)]
            part = known.get(name, (named or [further])[0])
            yield item, {True: {}, False: {"enum": []}}[part] if isinstance(part, bool) else part
    elif isinstance(value, list):
        first = schema.get("prefixItems", [])
        yield from zip(value, first, strict=False)
        yield from ((item, schema.get("items", {})) for item in value[len(first) :])

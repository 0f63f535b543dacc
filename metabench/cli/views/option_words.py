"""Options of plugins in words, from the JSON schema of their model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

__all__ = ["option_entries", "option_rows"]

_TYPES = {
    "integer": "integer",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
    "null": "none",
    "array": "list",
    "object": "table",
}
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
    "minLength": "at least this long:",
    "maxLength": "at most this long:",
    "minItems": "at least this many:",
    "maxItems": "at most this many:",
    "pattern": "of the form",
}


def option_entries(
    options: type[BaseModel], preset: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield name, type, default, range and help of each option; ``fixed`` marks a preset one."""
    schema = options.model_json_schema()
    for name, field in schema.get("properties", {}).items():
        yield {
            "name": name,
            "type": _type(field, schema),
            "default": preset.get(name, field.get("default")),
            "range": _range(field),
            "help": " ".join(field.get("description", "").split()),
            "fixed": name in preset,
        }


def option_rows(entries: Iterator[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield two columns for each option: its name, and its type, range, default and help."""
    for entry in entries:
        default = json.dumps(entry["default"], ensure_ascii=False)
        facts = [entry["type"], entry["range"]]
        facts.append(f"fixed to {default}" if entry["fixed"] else f"default {default}")
        yield entry["name"], ", ".join(fact for fact in facts if fact)
        if entry["help"]:
            yield "", entry["help"]


def _type(field: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "$ref" in field:
        return _type(schema["$defs"][field["$ref"].rpartition("/")[2]], schema)
    if "enum" in field or "const" in field:
        choices = field.get("enum", [field.get("const")])
        return " or ".join(json.dumps(choice, ensure_ascii=False) for choice in choices)
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(part, schema) for part in field["anyOf"]))
    return _TYPES.get(field.get("type", ""), "value")


def _range(field: Mapping[str, Any]) -> str:
    parts = [field, *field.get("anyOf", ())]
    said = [
        f"{words} {part[bound]}"
        for part in parts
        for bound, words in _BOUNDS.items()
        if bound in part
    ]
    return ", ".join(said)

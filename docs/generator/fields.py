"""The fields of a settings model as a Markdown table: type, default, help from the docstrings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel

from metabench.cli.views.option_words import option_entries
from metabench.spec.model.values import FILE_NAME

__all__ = ["field_table", "models_below"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def field_table(model: type[BaseModel], preset: Mapping[str, Any] = _NOTHING) -> str:
    """Return one row per field; a preset option is fixed and cannot be given."""
    required = {
        field.alias or name for name, field in model.model_fields.items() if field.is_required()
    }
    lines = ["| field | type | default | |", "|---|---|---|---|"]
    lines += [
        _row(entry, required=entry["name"] in required) for entry in option_entries(model, preset)
    ]
    return "\n".join(lines)


def models_below(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield each table of a file with the key path that it stands at, the file itself first."""
    yield from _below(model, "", set())


def _below(
    model: type[BaseModel], path: str, seen: set[type[BaseModel]]
) -> Iterator[tuple[str, type[BaseModel]]]:
    if model in seen:
        return
    seen.add(model)
    yield path, model
    for name, field in model.model_fields.items():
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                key = field.alias or name
                yield from _below(part, f"{path}.{key}".lstrip("."), seen)


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _row(entry: Mapping[str, Any], *, required: bool) -> str:
    kind = ", ".join(text for text in (entry["type"], _range(entry)) if text)
    default = "required" if required else _value(entry["default"])
    if entry["fixed"]:
        default = f"fixed to {default}"
    cells = (f"`{entry['name']}`", kind, default, entry["help"].replace("``", "`"))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _range(entry: Mapping[str, Any]) -> str:
    """Return the range in words; of a text, only whether it names a file."""
    if entry["type"].startswith("text"):
        return "letters, digits, . _ -" if FILE_NAME in entry["range"] else ""
    return str(entry["range"])


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if value in ({}, []):
        return "empty"
    if isinstance(value, dict):
        return "its fields' own"
    return f"`{json.dumps(value, ensure_ascii=False)}`"

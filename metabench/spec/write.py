"""From a spec back to TOML, with every default filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomli_w

from metabench.errors import UsageError

if TYPE_CHECKING:
    from metabench.spec.model.sections import BenchmarkSpec

__all__ = ["to_toml", "toml_value"]


def to_toml(spec: BenchmarkSpec) -> str:
    """Return the text of a benchmark file that gives the same spec.

    None is omitted, since TOML has no null and every such setting has None as its default.
    """
    data = spec.model_dump(mode="json", by_alias=True)
    for method in data["methods"]:
        if not method["grid"]:
            del method["grid"]
    if not data["smoke"]:
        del data["smoke"]
    return tomli_w.dumps(_without_none(data))


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value


def toml_value(value: object) -> str:
    """Return a value as TOML on one line.

    >>> toml_value({"id": "Plain", "steps": [1, 2.5, True]})
    '{id = "Plain", steps = [1, 2.5, true]}'

    Raises:
        UsageError: TOML has no such value.
    """
    match value:
        case bool():
            text = str(value).lower()
        case int() | float():
            text = repr(value)
        case str():
            text = tomli_w.dumps({"value": value}).removeprefix("value = ").rstrip("\n")
        case dict():
            items = (f"{_key(key)} = {toml_value(item)}" for key, item in value.items())
            text = f"{{{', '.join(items)}}}"
        case list() | tuple():
            text = f"[{', '.join(map(toml_value, value))}]"
        case _:
            raise UsageError(
                f"{value!r} is not a value that a benchmark file can hold",
                hint="use bool, int, float, str, list and dict",
            )
    return text


def _key(key: str) -> str:
    return tomli_w.dumps({key: 0}).removesuffix(" = 0\n")

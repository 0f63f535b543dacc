"""From a spec back to TOML, with every default filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomli_w

if TYPE_CHECKING:
    from metabench.spec.model.sections import BenchmarkSpec

__all__ = ["to_toml"]


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

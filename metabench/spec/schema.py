"""The JSON schema of a benchmark file with the options of installed plugins, for editors."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from metabench.spec.model.sections import (
    AdaptationSpec,
    BenchmarkSpec,
    MethodSpec,
    SamplerSpec,
)
from metabench.spec.reading.methods import DEFAULT_ADAPTATION, DEFAULT_SAMPLER

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from metabench.api.options import Options
    from metabench.plugin.catalog import Catalog
    from metabench.plugin.status import Offer

__all__ = ["benchmark_schema"]

Schema = dict[str, Any]


def benchmark_schema(catalog: Catalog) -> Schema:
    """Return the schema (draft 2020-12): shapes, names and options, without cross-references.

    A file that `validate` accepts fits it; one that fits may still name a missing task.
    """
    algorithms = {name: offer.value for name, offer in catalog.algorithms.items()}
    parts: Mapping[type[Options], Mapping[str, Offer[Any]]] = {
        SamplerSpec: catalog.samplers,
        AdaptationSpec: catalog.adaptations,
    }
    models: list[type[Options]] = [BenchmarkSpec, MethodSpec, *parts]
    models += [info.options for info in algorithms.values()]
    models += [offer.value.options for offers in parts.values() for offer in offers.values()]
    asked: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "validation") for model in dict.fromkeys(models)
    ]
    found, shared = models_json_schema(asked, by_alias=True)
    definitions: dict[str, Schema] = shared["$defs"]

    def of(model: type[Options]) -> Schema:
        return _definition(found[model, "validation"], definitions)

    method, root = of(MethodSpec), of(BenchmarkSpec)
    method["properties"]["algorithm"] = {
        **method["properties"]["algorithm"], "enum": sorted(algorithms),
    }  # fmt: skip
    method["allOf"] = [
        _when(name, of(info.options), fixed=info.preset, meta_trains=info.meta_trains)
        for name, info in algorithms.items()
    ]
    for part, offers in parts.items():
        forms = [
            form for name, offer in offers.items() for form in _forms(name, of(offer.value.options))
        ]
        _replace(of(part), {"anyOf": [{"enum": sorted(offers)}, *forms]})
    root["properties"].pop("smoke", None)  # only the command line sets it
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **root,
        "title": "Benchmark file of metabench",
        "$defs": _referenced(root, definitions),
    }


def _definition(reference: Mapping[str, Any], definitions: Mapping[str, Schema]) -> Schema:
    name: str = reference["$ref"].rpartition("/")[2]
    return definitions[name]


def _referenced(root: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Return the definitions that something refers to, beginning at the root."""
    found: Schema = {}
    waiting = [root]
    while waiting:
        text = json.dumps(waiting.pop())
        for name in definitions:
            if name not in found and json.dumps(f"#/$defs/{name}") in text:
                found[name] = definitions[name]
                waiting.append(definitions[name])
    return dict(sorted(found.items()))


def _when(name: str, options: Schema, *, fixed: Collection[str], meta_trains: bool) -> Schema:
    """Return the schema that an algorithm's name implies for the rest of its table."""
    fields = {
        field: what for field, what in options.get("properties", {}).items() if field not in fixed
    }
    then: Schema = {
        "options": {**_closed(fields), "description": options.get("description", "")},
        "grid": _closed({field: _axis(what) for field, what in fields.items()}),
    }
    if not meta_trains:
        then["sampler"] = {"type": "null"}  # TOML has no null: it takes none
    return {
        "if": {"properties": {"algorithm": {"const": name}}, "required": ["algorithm"]},
        "then": {"properties": then},
    }


def _axis(field: Schema) -> Schema:
    values = {key: item for key, item in field.items() if key not in {"default", "description"}}
    return {"type": "array", "minItems": 1, "items": values}


def _forms(name: str, options: Schema) -> list[Schema]:
    """Return the two ways to write a part with options: flat, or in a separate table."""
    fields = options.get("properties", {})
    named: Schema = {"const": name}
    if name in {DEFAULT_SAMPLER, DEFAULT_ADAPTATION}:
        named["description"] = "the default"
    flat = _closed({"name": named, **fields})
    nested = _closed({"name": named, "options": _closed(fields)})
    return [{**form, "required": ["name"]} for form in (flat, nested)]


def _closed(fields: Mapping[str, Any]) -> Schema:
    return {
        "type": "object",
        "properties": copy.deepcopy(dict(fields)),
        "additionalProperties": False,
    }


def _replace(schema: Schema, other: Schema) -> None:
    schema.clear()
    schema.update(other)

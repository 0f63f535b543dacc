"""docs/reference/records.md: every file of a run folder, and every field of its records."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import cast

from pydantic import BaseModel

from generator.fields import field_table, models_below
from metabench.store.checkpoint import CheckpointNote
from metabench.store.records.cell import CellNote, Failure, Result
from metabench.store.records.provenance import Record
from metabench.store.records.run import RunNote

__all__ = ["RECORDS", "record_schema", "records"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

RECORDS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "run.json": RunNote,
        "cell.json": CellNote,
        "result.json": Result,
        "failure.json": Failure,
        "checkpoint.json": CheckpointNote,
    }
)
"""The record that each file holds."""


def _describe(model: type[BaseModel]) -> None:
    """Make each field's docstring its description."""
    for base in reversed(model.__mro__[: model.__mro__.index(Record)]):
        for name, text in _docstrings(base):
            model.model_fields[name].description = text
    model.model_rebuild(force=True)


def _docstrings(model: type) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    for field, below in pairwise(cast("ast.ClassDef", definition).body):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
            yield ast.unparse(field.target), inspect.cleandoc(ast.literal_eval(below.value))


for _record in RECORDS.values():
    for _, _model in reversed([*models_below(_record)]):
        _describe(_model)

_INTRODUCTION = """\
A run folder is `runs/NAME`. Its files are the truth; there is no database. `run.json` says what was
asked, next to `spec.toml` (the file as it was given) and `resolved.toml` (with all defaults). Each
cell has a folder below `cells/`: `cell.json` is written when it begins, `result.json` last, and
only that makes it done; `failure.json` says why it failed; each
folder below its `checkpoints` holds a `checkpoint.json`.

`log.txt` is for people. `metrics.jsonl` holds a JSON object for each step: `stage` (`pretrain`,
`meta` or `adapt`), `step` from 1, `total`, and scalars by name: `loss` or, in meta-training,
`loss_before` and `loss_after` (of the first and the last batch of an episode, mean of the
meta-batch), of the latter `cross_entropy` and `squared_error` apart where tasks have classes and
numbers, `direction_norm`, `curvature_error` where products are differences of gradients, and
what algorithms and observers add. Neither is evidence: a leaderboard takes no number from them."""


def records() -> str:
    """Return the page."""
    parts = ["# The files of a run", _INTRODUCTION]
    for name, record in RECORDS.items():
        for path, model in models_below(record):
            heading = f"### `{name}`: `{path}`" if path else f"## `{name}`"
            schema = f" ([JSON schema](schemas/{name}))" * (not path)
            parts += [heading, f"{_summary(model)}{schema}", field_table(model)]
    return "\n\n".join(parts)


def record_schema(name: str) -> str:
    """Return the JSON schema of a record as it is on disk, with its seal."""
    schema = RECORDS[name].model_json_schema(by_alias=True)
    schema["properties"]["sha256"] = {
        "description": "Hash of the bytes before this field.",
        "pattern": "^[0-9a-f]{64}$",
        "title": "Sha256",
        "type": "string",
    }
    schema["required"] = [*schema.get("required", ()), "schema", "sha256"]
    return json.dumps({"$schema": _DIALECT, **schema}, indent=1, ensure_ascii=False)


def _summary(model: type) -> str:
    return " ".join((model.__doc__ or "").split()).replace("``", "`")

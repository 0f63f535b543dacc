"""Versions of the records' format: an older one is brought up to date in memory, while it is read.

Version 1: records without a hash of themselves.
Version 2: the last field is the sha256 of what stands before it; a result says whether an earlier
one differs, a run what its benchmark files hash to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, final

from metabench.errors import StoreError
from metabench.store.records.seal import is_sealed, unsealed
from metabench.strict_json import parse_json

__all__ = ["MIGRATIONS", "SCHEMA", "NewerRecordError", "current", "schema_of"]

Tree: TypeAlias = Mapping[str, Any]

SCHEMA: Final = 2
"""The version that is written."""

_FIRST_SEALED = 2
_FIRST_FIELD = re.compile(rb'\A\{\s*"schema":\s*([0-9]{1,9})[,\s}]')


@final
class NewerRecordError(StoreError):
    """A record of a format that only a newer metabench knows."""


def current(data: bytes, *, where: str) -> bytes:
    """Return a record's JSON in the format of today, without its hash.

    Raises:
        NewerRecordError: it is of a newer format.
        ValueError: it is damaged.
    """
    whole = unsealed(data) if is_sealed(data) else data
    version = schema_of(whole)
    if version is not None and version > SCHEMA:
        raise NewerRecordError(
            f"is of format {version!r}, and this metabench knows those up to {SCHEMA}",
            where=where,
            hint="upgrade metabench: `pip install --upgrade metabench`",
        )
    if version is None or version < _FIRST_SEALED:
        if whole is not data:
            raise ValueError("schema: is not that of a record with a sha256")
        return _migrated(data, 1)
    if whole is data:
        raise ValueError("its end, with its sha256, is missing")
    return whole if version == SCHEMA else _migrated(whole, version)


def schema_of(data: bytes) -> int | None:
    """Return the version of the format that a record names first of all, None where it does not."""
    found = _FIRST_FIELD.match(data)
    return int(found[1]) if found else None


def _migrated(data: bytes, version: int) -> bytes:
    tree: Any = parse_json(data)
    if not isinstance(tree, dict):
        raise ValueError("is not an object")  # noqa: TRY004  (of JSON)
    for step in range(version, SCHEMA):
        tree = {**MIGRATIONS[step](tree), "schema": step + 1}
    return json.dumps(tree, ensure_ascii=False).encode()


def _from_1(tree: Tree) -> Tree:
    """Version 2 added a hash of the record itself and fields that have defaults."""
    return tree


MIGRATIONS: Mapping[int, Callable[[Tree], Tree]] = {1: _from_1}
"""What brings a record from each version to the next; ``schema`` is set by whoever calls it."""

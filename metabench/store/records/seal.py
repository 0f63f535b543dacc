"""A record starts with the version of its format and ends with the sha256 of all before it."""

from __future__ import annotations

import hashlib
import re
from typing import Final, final

from metabench.errors import StoreError

__all__ = ["SCHEMA", "NewerRecordError", "content", "is_sealed", "sealed", "unsealed"]

SCHEMA: Final = 2
"""The version that is written, and the only one that was released."""

_FIRST_FIELD = re.compile(rb'\A\{\s*"schema":\s*([0-9]{1,9})[,\s}]')
_BEFORE, _AFTER = b',\n  "sha256": "', b'"\n}\n'
_LENGTH = len(_BEFORE) + 64 + len(_AFTER)


@final
class NewerRecordError(StoreError):
    """A record of a format that only a newer metabench knows."""


def sealed(text: bytes) -> bytes:
    """Return a JSON object, indented by two and ended by a newline, with its hash as last field."""
    body = text.removesuffix(b"\n}\n")
    return body + _BEFORE + hashlib.sha256(body).hexdigest().encode() + _AFTER


def is_sealed(data: bytes) -> bool:
    """Return whether the bytes end like a sealed object; the hash itself is not checked."""
    tail = data[-_LENGTH:]
    return tail.startswith(_BEFORE) and tail.endswith(_AFTER) and len(tail) == _LENGTH


def unsealed(data: bytes) -> bytes:
    """Return a sealed object without its hash.

    Raises:
        ValueError: the hash is missing, or is not that of the bytes before it.
    """
    if not is_sealed(data):
        raise ValueError("its end, with its sha256, is missing")
    body, recorded = data[:-_LENGTH], data[-_LENGTH + len(_BEFORE) : -len(_AFTER)]
    if hashlib.sha256(body).hexdigest().encode() != recorded:
        raise ValueError("its sha256 is not the recorded one")
    return body + b"\n}\n"


def content(data: bytes, *, where: str) -> bytes:
    """Return a record's JSON without its hash.

    Raises:
        NewerRecordError: it is of a newer format.
        ValueError: it is damaged.
    """
    whole = unsealed(data) if is_sealed(data) else data
    found = _FIRST_FIELD.match(whole)
    if found is not None and int(found[1]) > SCHEMA:
        raise NewerRecordError(
            f"is of format {int(found[1])}, and this metabench knows those up to {SCHEMA}",
            where=where,
            hint="upgrade metabench: `pip install --upgrade metabench`",
        )
    if whole is data:
        raise ValueError("its end, with its sha256, is missing")
    if found is None or int(found[1]) != SCHEMA:
        raise ValueError(f"schema: is not {SCHEMA}")
    return whole

"""The files of an encoder as a stranger may have made them, looked at before they are loaded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

from metabench.errors import DataError
from metabench.strict_json import parse_json

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LARGEST_TOKENIZER", "check_weights", "read_object", "refuse_large"]

LARGEST_JSON = 16 * 1024**2
"""Bytes of a configuration, or of an index of weights, at most."""
LARGEST_TOKENIZER = 256 * 1024**2
"""Bytes of one file of a tokenizer at most; the largest in use have 35 million."""
LARGEST_HEADER = 10 * 1024**2
"""Bytes of the header of a file of tensors at most."""

_LENGTH_BYTES = 8
_ITEM_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F16": 16, "BF16": 16, "I16": 16,
    "U16": 16, "F32": 32, "I32": 32, "U32": 32, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip
_REAL = {"F8_E4M3", "F8_E5M2", "F16", "BF16", "F32", "F64"}
_ANOTHER = "copy the file again, or choose another encoder"


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object that a file holds.

    Raises:
        DataError: it cannot be read, is too large, or holds anything else.
    """
    refuse_large(path, LARGEST_JSON)
    try:
        found = parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read: {error}", where=str(path), hint=_ANOTHER) from error
    if not isinstance(found, dict):
        raise DataError("holds no JSON object", where=str(path), hint=_ANOTHER)
    return found


def refuse_large(path: Path, most: int) -> None:
    """Refuse a file of more than ``most`` bytes, or no regular file.

    Raises:
        DataError: it is too large or not regular.
    """
    if path.exists() and not path.is_file():
        raise DataError("is not a regular file", where=str(path), hint=_ANOTHER)
    if path.is_file() and path.stat().st_size > most:
        limit = f"{most / 1024**2:g} MiB"
        raise DataError(f"is larger than {limit}", where=str(path), hint=_ANOTHER)


def check_weights(path: Path) -> frozenset[str]:
    """Check that a file is safetensors with contiguous tensors, each name once.

    Only the header is read. Returns the names of the tensors that hold no real numbers.

    Raises:
        DataError: it is not; a pickle of any name is refused as well.

    Source: the format of safetensors: 8 bytes of length, a JSON header, the tensors' bytes.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if size < _LENGTH_BYTES or length > min(LARGEST_HEADER, size - _LENGTH_BYTES):
            _refuse(path, "is no safetensors file")
        header = file.read(length)
    try:
        entries = parse_json(header)
        entries.pop("__metadata__", None)
        spans = sorted(_span(entry) for entry in entries.values())
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        _refuse(path, f"has a header that cannot be used: {error!r}", error)
    begins = [0, *(end for _, end in spans)]
    if begins != [*(start for start, _ in spans), size - _LENGTH_BYTES - length]:
        _refuse(path, "has tensors that overlap or leave gaps, or was cut")
    return frozenset(name for name, entry in entries.items() if entry["dtype"] not in _REAL)


def _span(entry: dict[str, Any]) -> tuple[int, int]:
    start, end = entry["data_offsets"]
    shape, bits = entry["shape"], _ITEM_BITS[entry["dtype"]]
    whole = [start, end, *shape]
    if not all(type(number) is int and number >= 0 for number in whole):
        raise ValueError("a shape or an offset is no integer")
    if math.prod(shape) * bits != (end - start) * 8:
        raise ValueError("a shape does not fit the bytes")
    return start, end


def _refuse(path: Path, what: str, cause: Exception | None = None) -> NoReturn:
    raise DataError(what, where=str(path), hint=_ANOTHER) from cause

"""The records of a ``.wandb`` file, read by its format: a log in blocks of 32 KiB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["history", "records"]

_BLOCK, _HEADER, _FILE_HEADER = 32768, 7, 7
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


def records(path: Path) -> Iterator[Any]:
    """Yield every record that is whole, as wandb's own message."""
    from wandb.proto.wandb_internal_pb2 import Record

    for data in _chunks(path.read_bytes()):
        yield Record.FromString(data)


def history(path: Path, name: str) -> list[tuple[int, float]]:
    """Return (step, value) of each time that a metric was logged."""
    found = []
    for record in records(path):
        if record.WhichOneof("record_type") == "history":
            items = {
                item.key or ".".join(item.nested_key): item.value_json
                for item in record.history.item
            }
            if name in items:
                found.append((int(items["_step"]), float(items[name])))
    return found


def _chunks(data: bytes) -> Iterator[bytes]:
    at, joined = _FILE_HEADER, b""
    while at + _HEADER <= len(data):
        if _BLOCK - at % _BLOCK < _HEADER:  # the rest of a block is padding
            at += _BLOCK - at % _BLOCK
            continue
        length = int.from_bytes(data[at + 4 : at + 6], "little")
        kind, start = data[at + 6], at + _HEADER
        at = start + length
        joined += data[start:at]
        if kind in {_FULL, _LAST}:
            yield joined
            joined = b""

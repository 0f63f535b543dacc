"""The ledger of a tracker in a run folder: its identity there, and the cells that it has whole."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import final

from metabench_trackers.place import Place

__all__ = ["Ledger", "identity"]

_LEDGER, _IDENTITY = "ledger.jsonl", "id"


@final
class Ledger:
    """The records that a tracker has whole; each line is written after the tracker confirmed it.

    Args:
        place: the tracker's folder in the run folder.
        to: where the tracker writes: a server or a folder; only its hash is stored.
    """

    def __init__(self, place: Place, to: str) -> None:
        self._place = place
        self._to = hashlib.sha256(to.encode()).hexdigest()[:16]
        self._known = set(self._entries())

    def has(self, cell: str, record: str) -> bool:
        """Return whether the tracker has this record of a cell."""
        return (cell, record) in self._known

    def add(self, cell: str, record: str) -> None:
        """Note that the tracker has it."""
        self._place.append(_LEDGER, json.dumps({"to": self._to, "cell": cell, "record": record}))
        self._known.add((cell, record))

    def _entries(self) -> Iterator[tuple[str, str]]:
        for text in self._place.read(_LEDGER).splitlines():
            try:
                line = json.loads(text)
                if line["to"] == self._to:
                    yield line["cell"], line["record"]
            except (ValueError, TypeError, KeyError):  # cut by a kill
                continue


def identity(place: Place) -> str:
    """Return what tells this run folder from others with the same cells; drawn once."""
    found = place.read(_IDENTITY).strip()
    if not found:
        found = uuid.uuid4().hex[:16]
        place.write(_IDENTITY, found)
    return found

"""A cell as it lies in a run folder, whatever state it is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from pydantic import JsonValue

from metabench.store.records.cell import CellNote, Failure, Kind, Result

__all__ = ["StoredCell"]


@final
@dataclass(frozen=True, slots=True)
class StoredCell:
    """A cell as it lies in a run folder.

    Args:
        folder: name of its folder.
        note: what it is; None where ``cell.json`` is missing or damaged.
        result: what came out, only where it is whole and belongs to this cell.
        failure: what went wrong at the last attempt.
        damage: what cannot be used and why, one sentence each; such a cell is not done.
    """

    folder: str
    note: CellNote | None
    result: Result | None
    failure: Failure | None
    damage: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Key of the cell, "" where no record tells it."""
        known = self._known
        return known.key if known is not None else ""

    @property
    def name(self) -> str:
        """Readable name of the cell; that of the folder where no record tells it."""
        known = self._known
        return known.name if known is not None else self.folder

    @property
    def kind(self) -> Kind | None:
        """Stage of the cell."""
        known = self._known
        return known.kind if known is not None else None

    @property
    def method(self) -> str:
        """Method that the cell was planned for first."""
        known = self._known
        return known.method if known is not None else ""

    @property
    def inputs(self) -> Mapping[str, JsonValue]:
        """All that the cell's numbers depend on; empty where ``cell.json`` is missing."""
        return self.note.inputs if self.note is not None else {}

    @property
    def _known(self) -> CellNote | Result | Failure | None:
        return self.note or self.result or self.failure

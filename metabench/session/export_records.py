"""The records of a run as a folder of their own, which is there in full or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from metabench.errors import UsageError
from metabench.results.commit import commit_folder
from metabench.results.record_copy import copy_records
from metabench.results.store import Store
from metabench.session.export_folder import beside

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CopiedRecords", "check_records_target", "export_records"]

_TOP = {"run.json", "spec.toml", "resolved.toml", "cells"}


@final
@dataclass(frozen=True, slots=True)
class CopiedRecords:
    """How much was copied: cells with a record, and bytes in all."""

    cells: int
    size: int


def check_records_target(folder: Path, *, force: bool) -> Path:
    """Return the folder of a copy, resolved.

    Raises:
        UsageError: it cannot be made, or it holds something other than an earlier copy.
    """
    target = folder.resolve()
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {str(folder.parent)!r}", hint="make it first")
    if not target.exists():
        return target
    if not target.is_dir():
        raise UsageError(f"{str(folder)!r} is a file", hint="name a folder")
    held = [path for path in target.rglob("*") if not path.is_dir()]
    foreign = [path for path in held if not _is_record(path, target)]
    if foreign:
        raise UsageError(
            f"{str(folder)!r} holds {foreign[0].name!r}, which no copy of records has",
            hint="name another folder; --force replaces an earlier copy and nothing else",
        )
    if held and not force:
        raise UsageError(
            f"{str(folder)!r} is not empty",
            hint="name another folder, or replace an earlier copy with --force",
        )
    return target


def export_records(source: Store, target: Path) -> CopiedRecords:
    """Write the records of a run alone to a folder; an earlier copy there is replaced.

    Raises:
        StoreError: the folder is not that of a run, a file of it is damaged, or the new one cannot
            be written.
    """
    with beside(target) as folder:
        cells = copy_records(source, Store(folder))
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        commit_folder(folder, target)
    return CopiedRecords(cells, size)


def _is_record(path: Path, target: Path) -> bool:
    parts = path.relative_to(target).parts
    return parts[0] in _TOP and path.suffix == (".toml" if parts[0].endswith(".toml") else ".json")

"""The records of a run as a separate folder, complete or absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.session.export.folder import beside
from metabench.store.atomic import commit_folder
from metabench.store.file_names import CELLS, RESOLVED, RUN, SPEC
from metabench.store.record_copy import copy_records
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["export_records", "is_record"]

_TOP = {RUN, SPEC, RESOLVED, CELLS}


def export_records(source: Store, target: Path) -> tuple[int, int]:
    """Write the records of a run alone to a folder; an earlier copy there is replaced.

    Returned are the cells with a record, and the bytes in all.

    Raises:
        StoreError: the folder is not that of a run, a file of it is damaged, or the new one cannot
            be written.
    """
    with beside(target) as folder:
        cells = copy_records(source, Store(folder))
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        commit_folder(folder, target)
    return cells, size


def is_record(path: Path) -> bool:
    """Return whether a copy of records may hold a file, named from the copy's folder."""
    top = path.parts[0]
    return top in _TOP and path.suffix == (".toml" if top.endswith(".toml") else ".json")

"""What processes that died have left in a run folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from metabench.store.atomic import settle_folders
from metabench.store.file_names import AGAIN, CELLS, CHECKPOINTS, PROCESSES, TEMPORARY
from metabench.store.folder import Folder
from metabench.store.problems import explained
from metabench.store.processes import is_lock_file

if TYPE_CHECKING:
    from metabench.store.run_folder import Store

__all__ = ["leftovers", "sweep"]


def leftovers(store: Store) -> Iterator[tuple[Folder, str]]:
    """Yield what is of no use to anybody, by folder and name, while nobody works on the run.

    Raises:
        StoreError: a folder of the run is a link, or cannot be read.
    """
    root = store.root
    yield from _temporary(root)
    yield from ((root / PROCESSES, name) for name in _names(root / PROCESSES) if is_lock_file(name))
    yield from _of_cells(store, root / CELLS)


def sweep(store: Store) -> None:
    """Take away what is of no use, once folders that were only set aside have their names again.

    Raises:
        StoreError: a folder of the run is a link, or cannot be read or written.
    """
    settle_folders(store.root / CELLS)
    for folder, name in list(leftovers(store)):
        with suppress(OSError), folder.opened() as here:
            if here.is_folder(name):
                here.remove_tree(name)
            else:
                here.remove(name)


def _of_cells(store: Store, cells: Folder) -> Iterator[tuple[Folder, str]]:
    with explained(cells.path), suppress(FileNotFoundError), cells.opened() as here:
        for name in here.names():
            if name.startswith(AGAIN) or TEMPORARY.fullmatch(name):
                yield cells, name
            elif here.is_folder(name):
                with here.enter(name) as inner:
                    yield from _of_cell(store, cells / name, inner.names())


def _of_cell(store: Store, folder: Folder, names: list[str]) -> Iterator[tuple[Folder, str]]:
    yield from ((folder, name) for name in names if TEMPORARY.fullmatch(name))
    if CHECKPOINTS not in names:
        return
    if store.cell(folder.path.name, noted=False).result is not None:
        yield folder, CHECKPOINTS
    else:
        yield from _temporary(folder / CHECKPOINTS)


def _temporary(folder: Folder) -> Iterator[tuple[Folder, str]]:
    return ((folder, name) for name in _names(folder) if TEMPORARY.fullmatch(name))


def _names(folder: Folder) -> list[str]:
    with explained(folder.path), suppress(FileNotFoundError), folder.opened() as here:
        return here.names()
    return []

"""Files that dead processes left in a run folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from metabench.store.atomic import settle_folders
from metabench.store.file_names import AGAIN, CELLS, CHECKPOINTS, PROCESSES, TEMPORARY
from metabench.store.folder import Folder
from metabench.store.problems import explained
from metabench.store.processes import is_lock_file

__all__ = ["leftovers", "sweep"]


def leftovers(root: Folder, is_done: Callable[[str], bool]) -> Iterator[tuple[Folder, str]]:
    """Yield unused entries, by folder and name, while no process works on the run.

    Args:
        root: the run folder.
        is_done: returns whether the cell of that folder has a result.

    Raises:
        StoreError: a folder of the run is a link, or cannot be read.
    """
    yield from _temporary(root)
    yield from ((root / PROCESSES, name) for name in _names(root / PROCESSES) if is_lock_file(name))
    yield from _of_cells(root / CELLS, is_done)


def sweep(root: Folder, is_done: Callable[[str], bool]) -> None:
    """Delete leftovers, after restoring folders that were only set aside.

    Raises:
        StoreError: a folder of the run is a link, or cannot be read or written.
    """
    settle_folders(root / CELLS)
    for folder, name in list(leftovers(root, is_done)):
        with suppress(OSError), folder.opened() as here:
            if here.is_folder(name):
                here.remove_tree(name)
            else:
                here.remove(name)


def _of_cells(cells: Folder, is_done: Callable[[str], bool]) -> Iterator[tuple[Folder, str]]:
    with explained(cells.path), suppress(FileNotFoundError), cells.opened() as here:
        folders = set(here.folders())
        for name in here.names():
            if name.startswith(AGAIN) or TEMPORARY.fullmatch(name):
                yield cells, name
            elif name in folders:
                with here.enter(name) as inner:
                    yield from _of_cell(cells / name, inner.names(), is_done)


def _of_cell(
    folder: Folder, names: list[str], is_done: Callable[[str], bool]
) -> Iterator[tuple[Folder, str]]:
    yield from ((folder, name) for name in names if TEMPORARY.fullmatch(name))
    if CHECKPOINTS not in names:
        return
    if is_done(folder.path.name):
        yield folder, CHECKPOINTS
    else:
        yield from _temporary(folder / CHECKPOINTS)


def _temporary(folder: Folder) -> Iterator[tuple[Folder, str]]:
    return ((folder, name) for name in _names(folder) if TEMPORARY.fullmatch(name))


def _names(folder: Folder) -> list[str]:
    with explained(folder.path), suppress(FileNotFoundError), folder.opened() as here:
        return here.names()
    return []

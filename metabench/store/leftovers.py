"""What processes that died have left in a run folder."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from metabench.store.atomic import settle_folders
from metabench.store.processes import PROCESSES
from metabench.store.regular_files import is_folder

if TYPE_CHECKING:
    from metabench.store.run_folder import Store

__all__ = ["AGAIN", "leftovers", "sweep"]

AGAIN = ".again-"
"""What the folder of a cell is called, before its name, while a cell that is done is run again."""

_TEMPORARY = re.compile(r"\..+\.[0-9]+-[0-9]+\.(tmp|old)|\.step-[0-9]+\.[0-9]+\.tmp")


def leftovers(store: Store) -> Iterator[Path]:
    """Yield what is of no use to anybody, while nobody works on the run folder."""
    yield from _temporary(store.folder)
    yield from _inside(store.folder / PROCESSES)
    for path in _inside(store.folder / "cells"):
        if path.name.startswith(AGAIN) or _TEMPORARY.fullmatch(path.name):
            yield path
        elif is_folder(path):
            yield from _of_cell(store, path)


def sweep(store: Store) -> None:
    """Take away what is of no use, once folders that were only set aside have their names again.

    Raises:
        StoreError: the folder cannot be written.
    """
    settle_folders(store.folder / "cells")
    for path in list(leftovers(store)):
        if is_folder(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()


def _of_cell(store: Store, folder: Path) -> Iterator[Path]:
    yield from _temporary(folder)
    checkpoints = folder / "checkpoints"
    if not is_folder(checkpoints):
        return
    if store.cell(folder.name).result is not None:
        yield checkpoints
    else:
        yield from _temporary(checkpoints)


def _temporary(folder: Path) -> Iterator[Path]:
    return (path for path in _inside(folder) if _TEMPORARY.fullmatch(path.name))


def _inside(folder: Path) -> Iterator[Path]:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  (many folders: no path objects in vain)
    except OSError:
        return
    yield from (folder / name for name in names)

"""``metabench logs``: a cell's log or scalars, followed to the end if it runs."""

from __future__ import annotations

import errno
import os
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import click

from metabench.cli.help import Command
from metabench.cli.inputs.options import runs_option, traceback_option
from metabench.cli.views.text import echo_text
from metabench.errors import NothingMatchedError
from metabench.limits import LOG_BYTES
from metabench.store.file_names import CELL, CELLS, LOG, METRICS, SMOKE_SUFFIX
from metabench.store.folder import Folder
from metabench.store.problems import NotOwnError, explained
from metabench.suggest import did_you_mean

__all__ = ["command", "find_cell", "opened_from", "without_smoke"]

_Found = TypeVar("_Found")

_PAUSE_SECONDS = 0.2
_MOST = 12
_PART_BYTES = 1 << 20


@click.command("logs", cls=Command)
@click.argument("cell", metavar="CELL")
@click.option("--scalars", is_flag=True, help="Print the scalars of each step as JSON lines.")
@click.option("-f", "--follow", is_flag=True, help="Follow the log until the cell ends.")
@runs_option
@traceback_option
def command(cell: str, scalars: bool, follow: bool, runs: Path) -> int:
    """Print a cell's log.

    CELL is the name of a cell, or how its name or its key begins; RUN/CELL where several runs have
    it. `metabench status` lists the cells that run.
    """
    folder, name = opened_from(find_cell(cell, runs=runs)), METRICS if scalars else LOG
    decoder = getincrementaldecoder("utf-8")("backslashreplace")
    with explained(folder.path / name):
        for data in _follow(folder, name) if follow else _read(folder, name, 0):
            echo_text(decoder.decode(data))
    echo_text(decoder.decode(b"", final=True))
    return 0


def opened_from(cell: Path) -> Folder:
    """Return the folder of a cell, to be opened from that of its run where it is in one."""
    if cell.parent.name == CELLS:
        return Folder(cell.parent.parent) / CELLS / cell.name
    return Folder(cell)


def find_cell(name: str, *, runs: Path) -> Path:
    """Return the folder of a cell below the folder of runs.

    Raises:
        NothingMatchedError: no cell is called so, or several are.
    """
    if (Path(name) / CELL).is_file():
        return Path(name)
    run, _, cell = name.rpartition("/")
    folders = [
        folder
        for folder in sorted(runs.glob(f"{run or '*'}/{CELLS}/*"))
        if not folder.name.startswith(".") and folder.is_dir()
    ]
    named = [folder for folder in folders if cell in {folder.name, folder.name[:-9]}]
    begun = [folder for folder in folders if cell and folder.name.startswith(cell)]
    found = named or [folder for folder in folders if _has_key(folder, cell)] or begun
    found = without_smoke(found, run=lambda folder: folder.parent.parent.name)
    if len(found) == 1:
        return found[0]
    if found:
        raise NothingMatchedError(
            f"{name!r} is {len(found)} cells", hint=f"name one of {_listed(found)}"
        )
    other = "see `metabench status`, or name the folder of runs with --runs DIR"
    hint = did_you_mean(cell, [folder.name[:-9] for folder in folders], otherwise=other)
    raise NothingMatchedError(f"there is no cell {name!r} in {str(runs)!r}", hint=hint)


def without_smoke(found: list[_Found], *, run: Callable[[_Found], str]) -> list[_Found]:
    """Return the cells that match a name, without smoke cells whose full run matches too."""
    runs = set(map(run, found))
    return [
        one
        for one in found
        if not (run(one).endswith(SMOKE_SUFFIX) and run(one).removesuffix(SMOKE_SUFFIX) in runs)
    ]


def _has_key(folder: Path, prefix: str) -> bool:
    short = folder.name[-8:]
    if not prefix or not (short.startswith(prefix) or prefix.startswith(short)):
        return False
    if len(prefix) <= len(short):
        return True
    from metabench.store.run_folder import Store

    return Store(folder.parent.parent).cell(folder.name).key.startswith(prefix)


def _listed(folders: list[Path]) -> str:
    names = [repr(f"{folder.parent.parent.name}/{folder.name}") for folder in folders]
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _follow(folder: Folder, name: str) -> Iterator[bytes]:
    """Yield lines appended to the file until the cell has ended or no process runs it."""
    from metabench.results.run_status import is_running

    place = 0
    while True:
        goes_on = is_running(folder)  # checked first, so that the last lines are read
        for data in _read(folder, name, place):
            place += len(data)
            yield data
        if not goes_on:
            return
        time.sleep(_PAUSE_SECONDS)


def _read(folder: Folder, name: str, place: int) -> Iterator[bytes]:
    """Yield the content of a file from an offset, part by part; nothing where there is no file.

    Raises:
        OSError: it is no regular file, or larger than any cell writes.
    """
    with suppress(FileNotFoundError), folder.opened() as here, here.stream(name) as file:
        size = os.fstat(file.fileno()).st_size
        if size > LOG_BYTES:
            raise NotOwnError(errno.EFBIG, f"is larger than {LOG_BYTES // 1024**2} MiB")
        file.seek(place)
        while data := file.read(_PART_BYTES):
            yield data

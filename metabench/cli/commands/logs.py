"""``metabench logs``: what a cell wrote, its log or its scalars, to its end if it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import click

from metabench.cli.inputs.options import runs_option, traceback_option
from metabench.cli.views.text import echo_text
from metabench.errors import NothingMatchedError
from metabench.suggest import did_you_mean

__all__ = ["command"]

_PAUSE_SECONDS = 0.2
_MOST = 12


@click.command("logs")
@click.argument("cell", metavar="CELL")
@click.option("--scalars", is_flag=True, help="Print the scalars of its steps, a JSON object each.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the cell has ended.")
@runs_option
@traceback_option
def command(cell: str, scalars: bool, follow: bool, runs: Path) -> int:
    """Print a cell's log.

    CELL is the name of a cell, or how its name or its key begins; RUN/CELL where several runs have
    it. `metabench status` lists the cells that run.
    """
    folder = find_cell(cell, runs=runs)
    file = folder / ("metrics.jsonl" if scalars else "log.txt")
    for text in _follow(file) if follow else iter([_read(file, 0)]):
        echo_text(text.decode("utf-8", "backslashreplace"))
    return 0


def find_cell(name: str, *, runs: Path) -> Path:
    """Return the folder of a cell below the folder of runs.

    Raises:
        NothingMatchedError: no cell is called so, or several are.
    """
    if (Path(name) / "cell.json").is_file():
        return Path(name)
    run, _, cell = name.rpartition("/")
    folders = [
        folder
        for folder in sorted(runs.glob(f"{run or '*'}/cells/*"))
        if not folder.name.startswith(".") and folder.is_dir()
    ]
    named = [folder for folder in folders if cell in {folder.name, folder.name[:-9]}]
    begun = [folder for folder in folders if cell and folder.name.startswith(cell)]
    found = named or [folder for folder in folders if _has_key(folder, cell)] or begun
    if len(found) == 1:
        return found[0]
    if found:
        raise NothingMatchedError(
            f"{name!r} is {len(found)} cells", hint=f"name one of {_listed(found)}"
        )
    other = "see `metabench status`, or name the folder of runs with --runs DIR"
    hint = did_you_mean(cell, [folder.name[:-9] for folder in folders], otherwise=other)
    raise NothingMatchedError(f"there is no cell {name!r} in {str(runs)!r}", hint=hint)


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


def _follow(file: Path) -> Iterator[bytes]:
    """Yield what is appended to the file until the cell has ended or nobody runs it any more."""
    from metabench.results.run_status import is_running

    place = 0
    while True:
        goes_on = is_running(file.parent)  # asked first, so that what was written last is read
        text = _read(file, place)
        place += len(text)
        yield text
        if not goes_on:
            return
        time.sleep(_PAUSE_SECONDS)


def _read(path: Path, place: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(place)
            return file.read()
    except FileNotFoundError:
        return b""

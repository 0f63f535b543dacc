"""``metabench verify``: whether a run folder is unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_run
from metabench.cli.inputs.options import json_option, runs_option, traceback_option
from metabench.cli.views.text import aligned, echo, echo_json, note
from metabench.errors import StoreError
from metabench.frontend.places import find_run
from metabench.quantities import cells as count
from metabench.store.file_names import CELLS

if TYPE_CHECKING:
    from metabench.store.verification import Verification

__all__ = ["command"]

_MOST = 3


@click.command("verify", cls=Command)
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@click.option(
    "--strict",
    is_flag=True,
    help="List files that no checksum covers; exit with 4 if there are any.",
)
@json_option
@runs_option
@traceback_option
def command(run: str, strict: bool, as_json: bool, runs: Path) -> int:
    """Verify the checksums of a run.

    RUN is a run folder or its name. Nothing is written. Damaged or missing files give exit code 4;
    foreign files and leftovers are only listed: the next `run` removes leftovers. A checksum shows
    that a file has not changed, not who wrote it.
    """
    from metabench.store.run_folder import Store, reading_many
    from metabench.store.unproven import unproven
    from metabench.store.verification import verify

    store = Store(find_run(run, runs=runs))
    with reading_many():
        found = verify(store)
    unknown = unproven(store) if strict and not found.costly else {}
    if as_json:
        tree = {"schema": 1, "folder": str(store.folder), **asdict(found)}
        tree |= {"unproven": unknown} if strict else {}
        echo_json(tree)
    else:
        echo(*_lines(found))
        echo(*_unknown_lines(unknown) if strict else ())
    if found.processes:
        note("another process is working on it: leftovers can't be distinguished from files in use")
    _judge(found, store.folder)
    if strict:
        _judge_strictly(found, unknown, store.folder)
    return 0


def _lines(found: Verification) -> Iterator[str]:
    records = ", ".join(
        f"{count} of format {version}" for version, count in sorted(found.formats.items())
    )
    yield f"records: {records}"
    yield f"files hashed: {found.files}; checkpoints: {found.checkpoints}"
    if not found.findings:
        yield "OK: all checksums match"
        return
    yield ""
    yield from aligned(
        [("what", "file", "why"), *((one.what, one.path, one.problem) for one in found.findings)]
    )


def _unknown_lines(unknown: Mapping[str, int]) -> Iterator[str]:
    """Yield the limits of checksums, for this folder and in general."""
    yield ""
    yield "not verified:"
    yield from (f"  {number} {kind}" for kind, number in unknown.items())
    yield "  who wrote the records: if you change one, you can recompute its checksum"


def _judge_strictly(found: Verification, unknown: Mapping[str, int], folder: Path) -> None:
    """Refuse files that runs of this version do not write.

    Raises:
        StoreError: there are files that no record names, or benchmark files whose hash none holds.
    """
    from metabench.store.unproven import TEXTS

    strange = len(found.findings) + unknown.get(TEXTS, 0)
    if strange:
        raise StoreError(
            f"{strange} of its files cannot be verified",
            where=str(folder),
            hint="run the benchmark again with this version, or leave --strict out",
        )


def _judge(found: Verification, folder: Path) -> None:
    """Print the hint.

    Raises:
        StoreError: a file is damaged or missing.
    """
    costly = found.costly
    if not costly:
        return
    cells = list(dict.fromkeys(one.cell for one in costly if one.cell))
    checkpoints = [one.path for one in costly if "/checkpoints/" in one.path]
    named = [str(folder / CELLS / cell) for cell in cells]
    named += [str(folder / path) for path in checkpoints]
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    delete = f"delete {', '.join(named[:_MOST])}{more}, then " if named else ""
    raise StoreError(
        f"{len(costly)} of its files {'is' if len(costly) == 1 else 'are'} damaged or missing;"
        f" {count(len(cells))} to be run again",
        where=str(folder),
        hint=f"{delete}run the benchmark again: undamaged cells stay",
    )

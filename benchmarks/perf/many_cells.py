"""How long commands take over a finished run of 10,000 cells: ``python -m perf.many_cells``.

The run folder is made from one of the quickstart: its records under the keys and names of a plan
with more meta seeds. Parameters stay behind; nothing that is timed reads them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metabench.plan.build import build_plan
from metabench.plugin.catalog import load_catalog
from metabench.session.runner.record import run_note
from metabench.spec.reading.load import load_benchmark
from metabench.spec.write import to_toml
from metabench.store.records.cell import CellNote
from metabench.store.run_folder import Store
from metabench.tasks.hub import Hub

if TYPE_CHECKING:
    from metabench.plan.cell import Cell

__all__ = ["COMMANDS", "make_run", "timed"]

_SEED = re.compile(r"-s[0-9]+(?=-|$)")
_KEPT = ("log.txt", "metrics.jsonl", "predictions.parquet")
COMMANDS = ("run", "compare", "status", "verify")
"""What is timed."""


def make_run(source: Path, runs: Path, *, seeds: int) -> Path:
    """Make a benchmark file and its finished run below ``runs``; return the file.

    Args:
        source: the run folder of the quickstart.
        runs: where both are put.
        seeds: meta seeds; 34 cells each, and one for all.
    """
    file = runs / "many-cells.toml"
    runs.mkdir(parents=True, exist_ok=True)
    text = (source / "spec.toml").read_text(encoding="utf-8")
    text = text.replace('name = "quickstart"', 'name = "many-cells"')
    file.write_text(
        re.sub(r"(?m)^meta = \[.*?\]", f"meta = {list(range(seeds))}", text), encoding="utf-8"
    )
    catalog = load_catalog()
    benchmark = load_benchmark(file, catalog=catalog)
    plan = build_plan(benchmark, catalog=catalog, hub=Hub())
    given, made = Store(source), Store(runs / "many-cells")
    examples = {_SEED.sub("", cell.name): cell.folder for cell in given.cells()}
    for cell in plan.cells:
        _copy(cell, given, made, folder=examples[_SEED.sub("", cell.name)])
    made.commit_run(benchmark.text, to_toml(benchmark.spec), run_note(plan, catalog))
    return file


def _copy(cell: Cell, given: Store, made: Store, *, folder: str) -> None:
    """Write an example's records as those of a cell, and its small files."""
    result = given.cell(folder).result
    if result is None:
        raise SystemExit(f"{folder} is not done")
    target = made.cell_folder(cell.folder)
    target.mkdir(parents=True)
    for name in _KEPT:
        if (given.cell_folder(folder) / name).is_file():
            shutil.copyfile(given.cell_folder(folder) / name, target / name)
    kept = tuple(file for file in result.files if file.path in _KEPT)
    left = tuple(file for file in result.files if file.path not in _KEPT)
    note = CellNote(
        kind=cell.kind, name=cell.name, key=cell.key, method=cell.method,
        inputs=cell.inputs, needs=cell.needs,
    )  # fmt: skip
    made.commit_note(cell.folder, note)
    own = {"name": cell.name, "key": cell.key, "files": kept, "left_out": left}
    made.commit_result(cell.folder, result.model_copy(update=own))


@dataclass(frozen=True)
class Timing:
    """Seconds of a command, wall clock and processor, and its largest memory in MiB."""

    wall: float
    cpu: float
    memory: float


def timed(command: str, file: Path) -> Timing:
    """Return how long a command takes over the run of a file."""
    named = str(file) if command == "run" else file.stem
    words = [command, named, "--runs", str(file.parent)]
    began = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  (no file)
        process = subprocess.Popen(  # noqa: S603  (ourselves)
            [sys.executable, "-P", "-m", "metabench", *words], stdout=nowhere, stderr=nowhere
        )
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} ended with {status}")
    cpu = used.ru_utime + used.ru_stime
    return Timing(time.perf_counter() - began, cpu, used.ru_maxrss / 1024)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("runs", type=Path)
@click.option("--source", type=Path, help="Run folder of the quickstart; RUNS is made from it.")
@click.option("--seeds", default=285, show_default=True, help="Meta seeds: 34 cells each.")
@click.option("--repeats", default=3, show_default=True)
@click.option("--command", "commands", multiple=True, default=COMMANDS)
def measure(
    runs: Path, source: Path | None, *, seeds: int, repeats: int, commands: tuple[str, ...]
) -> None:
    """Time the commands, the quickest of each; RUNS is where the run is or is made."""
    file = make_run(source, runs, seeds=seeds) if source else runs / "many-cells.toml"
    for command in commands:
        found = [timed(command, file) for _ in range(repeats)]
        wall, cpu = min(one.wall for one in found), min(one.cpu for one in found)
        memory = max(one.memory for one in found)
        click.echo(f"{command}: {wall:.2f} s, {cpu:.2f} CPU-s, {memory:.0f} MiB")


if __name__ == "__main__":
    measure()

"""How long it takes to plan and to hand out N cells: ``python -m perf.hand_out``.

The benchmark is the quickstart with more meta seeds; nothing is trained.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from metabench.plan.build import build_plan
from metabench.plan.states import cell_states
from metabench.plugin.catalog import load_catalog
from metabench.session.runner.policy import RunPolicy, to_do
from metabench.session.runner.queue import CellQueue
from metabench.session.runner.record import run_note
from metabench.spec.reading.load import load_benchmark
from metabench.store.records.cell import to_json
from metabench.store.run_folder import Store
from metabench.tasks.hub import Hub

__all__ = ["hand_out", "measured"]

_FILE = Path(__file__).parents[1] / "quickstart.toml"
_PER_SEED = 34
ValueT = TypeVar("ValueT")


def measured(cells: int, *, folder: Path) -> dict[str, float]:
    """Return the CPU seconds of each part for about so many cells.

    Args:
        cells: how many cells.
        folder: where the benchmark file is put; its run folder stays empty.
    """
    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], ValueT]) -> ValueT:
        started = time.process_time()
        value = work()
        seconds[name] = time.process_time() - started
        return value

    seeds = ",\n".join(map(str, range(cells // _PER_SEED)))  # a line has a longest length
    text = _FILE.read_text(encoding="utf-8")
    file = folder / f"cells-{cells}.toml"
    file.write_text(re.sub(r"(?m)^meta = \[.*?\]", f"meta = [\n{seeds}]", text), encoding="utf-8")
    catalog = load_catalog()
    benchmark = timed("load", lambda: load_benchmark(file, catalog=catalog))
    plan = timed("plan", lambda: build_plan(benchmark, catalog=catalog, hub=Hub()))
    note = timed("note", lambda: run_note(plan, catalog))
    timed("run.json", lambda: to_json(note))
    states = timed("states", lambda: cell_states(plan, Store(folder / "empty")))
    todo = timed("to do", lambda: to_do(plan, states, RunPolicy()))
    queue = timed("queue", lambda: CellQueue(todo.cells, ()))
    timed("hand out", lambda: hand_out(queue))
    return {"cells": float(len(plan.cells)), **seconds}


def hand_out(queue: CellQueue) -> int:
    """Return how many cells a queue gives if each is done at once."""
    given = 0
    while (cell := queue.take()) is not None:
        queue.finish(cell.key)
        given += 1
    return given


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--cells", "counts", multiple=True, type=int, default=(1000, 10_000))
def main(folder: Path, counts: tuple[int, ...]) -> None:
    """Print the CPU seconds of each part."""
    for number in counts:
        found = measured(number, folder=folder)
        click.echo(", ".join(f"{name} {value:.2f}" for name, value in found.items()))


if __name__ == "__main__":
    main()

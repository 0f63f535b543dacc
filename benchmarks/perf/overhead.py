"""What a cell costs on top of its work, by a launcher: ``python -m perf.overhead FOLDER``.

The coordinator, the launcher and the messages are the real ones; the agents wait instead of
training, so that the length of a cell is known. The overhead is the time from the end of a cell to
the moment when the same agent has unpacked its next one.
"""

from __future__ import annotations

import re
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from metabench.api import AgentCommand, Launcher, LauncherInfo
from metabench.plan.build import build_plan
from metabench.plugin.catalog import load_catalog
from metabench.plugin.target import load_target
from metabench.session.runner.launch import launch
from metabench.session.runner.queue import CellQueue
from metabench.session.runner.signals import Stopping
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.reading.load import load_benchmark
from metabench.tasks.hub import Hub

__all__ = ["measured"]

_FILE = Path(__file__).parents[1] / "quickstart.toml"
_PER_SEED = 34
_FIRST = -1.0  # an agent's first cell follows none
_AGENT = """\
import json, os, sys; sys.path[:] = json.loads(sys.argv[1])
import time
from metabench.session.runner.wire import cell_of
def say(kind, **values): os.write(1, json.dumps({"kind": kind, **values}).encode() + b"\\n")
ended = None
say("ready", host="node", pid=os.getpid())
for line in sys.stdin.buffer:
    heard = json.loads(line)
    if heard["kind"] == "begin":
        say("opened", hardware={})
    elif heard["kind"] == "cell":
        cell = [cell_of(one) for one in heard["cells"]][0]
        gap = -1.0 if ended is None else time.perf_counter() - ended
        time.sleep(SECONDS)
        ended = time.perf_counter()
        values = {"key": cell.key, "name": cell.name, "status": "ok", "wall_seconds": gap}
        say("event", spent=False, event="CellEnded", values=values)
    else:
        break
"""


def measured(
    folder: Path, runtime: Runtime, *, cells: int, seconds: float
) -> tuple[list[float], list[int]]:
    """Return the seconds between cells, and this process's memory in bytes as cells end.

    Args:
        folder: where the benchmark file is put.
        runtime: the launcher with its settings, and the number of agents.
        cells: about how many cells.
        seconds: the length of each.
    """
    seeds = ",\n".join(map(str, range(cells // _PER_SEED)))  # a line has a longest length
    text = _FILE.read_text(encoding="utf-8")
    file = folder / f"overhead-{cells}.toml"
    file.write_text(re.sub(r"(?m)^meta = \[.*?\]", f"meta = [\n{seeds}]", text), encoding="utf-8")
    catalog = load_catalog()
    benchmark = load_benchmark(file, catalog=catalog)
    plan = build_plan(benchmark, catalog=catalog, hub=Hub())
    offer = catalog.launcher(runtime.launcher)
    real = offer.value.target

    def waiting(options: Any, command: AgentCommand) -> Launcher[Any]:
        program = _AGENT.replace("SECONDS", str(seconds))
        arguments = (*command.arguments[:-2], program, command.arguments[-1])
        opened: Launcher[Any] = load_target(real)(options, replace(command, arguments=arguments))
        return opened

    global opener  # noqa: PLW0603  (a launcher's target is a name)
    opener = waiting
    info = LauncherInfo(runtime.launcher, f"{__name__}:opener", offer.value.options, "waits")
    catalog = replace(catalog, launchers={runtime.launcher: replace(offer, value=info)})
    assignment = Assignment(
        folder / "run", "overhead", "", plan.by_key, runtime, benchmark.spec.compute
    )
    gaps, memory = [], []
    with Stopping() as stopping:
        queue = CellQueue(plan.cells, ())
        for ended in launch(queue, assignment, catalog, emit=lambda _: None, stopping=stopping):
            if ended.wall_seconds != _FIRST:
                gaps.append(ended.wall_seconds)
            memory.append(_memory())
    return gaps, memory


opener: Any = None


def _memory() -> int:
    """Return the resident memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--launcher", default="local", show_default=True)
@click.option("--launcher-set", "settings", multiple=True)
@click.option("--cells", default=1000, show_default=True)
@click.option("--seconds", default=0.1, show_default=True, help="The length of a cell.")
@click.option("--agents", type=click.IntRange(2), default=4, show_default=True)
def main(
    folder: Path,
    *,
    launcher: str,
    settings: tuple[str, ...],
    cells: int,
    seconds: float,
    agents: int,
) -> None:
    """Print the overhead of a cell, and the memory of the coordinator."""
    runtime = Runtime(
        Hub(), "cpu", agents, None, launcher=launcher, launcher_settings=tuple(settings)
    )
    gaps, memory = measured(folder, runtime, cells=cells, seconds=seconds)
    tenths = [round(1e3 * one, 1) for one in statistics.quantiles(gaps, n=10)]
    at = [memory[(len(memory) - 1) * tenth // 10] // 2**20 for tenth in range(11)]
    click.echo(f"{launcher}: {len(memory)} cells of {seconds:g} s, {agents} agents")
    click.echo(f"overhead of a cell: median {1e3 * statistics.median(gaps):.1f} ms; {tenths}")
    click.echo(f"memory of the coordinator, MiB, at each tenth of the cells: {at}")


if __name__ == "__main__":
    main()

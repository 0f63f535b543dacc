"""What checkpoints and records cost beside training on real rows: ``python -m perf.durability``.

A step and a save are timed apart and put together at the default interval: runs with and without
checkpoints differ by less than a machine differs from one minute to the next.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import click
import torch

from metabench.seeding import Stream
from metabench.spec.model.sections import ComputeSpec
from metabench.store.atomic import commit_bytes
from metabench.store.checkpoint import Checkpoints
from metabench.store.folder import Folder
from metabench_algorithms.options import ReptileOptions
from metabench_algorithms.reptile import Reptile
from perf.job import Job, Shape
from perf.real import Real

__all__ = ["measure"]

_RECORDS = 6  # durable files of a cell: cell.json, parameters or predictions, result.json, …


def measure(real: Real, folder: Path, *, steps: int) -> dict[str, float]:
    """Return the median seconds of a meta-step, a checkpoint and a record, and their sizes.

    Every step is followed by a checkpoint, so that each is timed among the other's traces.
    """
    torch.set_num_threads(real.job.threads)
    checkpoints = Checkpoints(
        Folder(folder) / "checkpoints", key="0" * 64, profile={}, interval=0.0
    )
    learner = real.learner()
    rule = Reptile(ReptileOptions(inner_steps=5, inner_lr=1e-3))
    training = real.training(learner, rule, steps=steps).run(learner.theta(Stream.root(0)))
    times: dict[str, list[float]] = {"step": [], "checkpoint": [], "record": []}
    for _ in range(steps):
        began = time.perf_counter()
        done = next(training)
        stepped = time.perf_counter()
        if done.snapshot is None:
            raise RuntimeError("a step of meta-training has a snapshot")
        made = done.snapshot()
        checkpoints.save(
            made.packed(), step=made.step, facts=made.facts,
            losses={}, wall_seconds=0.0, cpu_seconds=0.0,
        )  # fmt: skip
        saved = time.perf_counter()
        commit_bytes(folder / "record.json", b"{}" * 2000)
        times["step"].append(stepped - began)
        times["checkpoint"].append(saved - stepped)
        times["record"].append(time.perf_counter() - saved)
    size = sum(path.stat().st_size for path in folder.rglob("state.safetensors"))
    found = {name: statistics.median(values) for name, values in times.items()}
    return {**found, "megabytes": size / 2e6}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--steps", default=5, show_default=True, help="Meta-steps to time.")
@click.option("--hub", type=Path, envvar="METABENCH_HUB", required=True, help="Mirror of the hub.")
@click.option("--model", default="sentence-transformers/all-MiniLM-L6-v2", show_default=True)
@click.option("--folder", type=Path, help="Where to write, as the disk matters.")
def main(steps: int, hub: Path, model: str, folder: Path | None) -> None:
    """Print what durability costs at the default interval."""
    shape = Shape(tasks=2)
    job = Job(part="durability", variant="", threads=1, hub=hub, model=model, shape=shape)
    interval = ComputeSpec().checkpoint_seconds
    with tempfile.TemporaryDirectory(dir=folder) as place:
        found = measure(Real.load(job), Path(place), steps=steps)
    share = found["checkpoint"] / (interval + found["checkpoint"])
    whole = (found["checkpoint"] + _RECORDS * found["record"]) / interval
    click.echo(f"a meta-step     {found['step']:.3f} s")
    click.echo(f"a checkpoint    {found['checkpoint']:.3f} s, {found['megabytes']:.0f} MB")
    click.echo(f"a record        {found['record']:.4f} s")
    click.echo(f"at {interval:.0f} s       {100 * share:.2f} % of the time for checkpoints")
    click.echo(f"cells of {interval:.0f} s {100 * whole:.2f} % with all their records")


if __name__ == "__main__":
    main()

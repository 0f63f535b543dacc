"""The study: fine-tuning with dropout on, several seeds, metabench beside Trainer.

``tox -e parity -- --seeds 5`` runs what is not yet in the output file and prints the table.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import click
import torch

from metabench.metrics.compute import score
from metabench.plugin.catalog import load_catalog
from metabench.spec.model.sections import FineTuneOptimizer, FineTuneSpec, ModelSpec
from metabench.tasks.hub import Hub
from parity import ours, theirs
from parity.difference import by_task, difference, table
from parity.record import Finished, Side, append, read, settings_hash
from parity.setting import Setting, Trained

_SIDES: Mapping[Side, Callable[..., Trained]] = MappingProxyType(
    {"metabench": ours.fine_tune, "Trainer": theirs.fine_tune}
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seeds", default=5, show_default=True, help="Seeds, counted from 0.")
@click.option("--tasks", default="glue/rte,glue/mrpc", show_default=True, help="By commas.")
@click.option("--epochs", default=3.0, show_default=True, help="Passes over the training rows.")
@click.option("--lr", default=2e-5, show_default=True, help="Peak learning rate.")
@click.option("--batch-size", default=32, show_default=True, help="Rows an update.")
@click.option("--model", default="sentence-transformers/all-MiniLM-L6-v2", show_default=True)
@click.option("--random", is_flag=True, help="Random weights, to try the study out.")
@click.option("--max-length", default=128, show_default=True, help="Tokens of a row.")
@click.option("--steps", type=int, help="At most so many updates, to try the study out.")
@click.option("--hub", type=Path, envvar="METABENCH_HUB", help="Offline mirror of the hub.")
@click.option("--output", type=Path, default=Path("runs/parity.jsonl"), show_default=True)
def study(  # noqa: PLR0913, PLR0917  (one parameter per option)
    seeds: int,
    tasks: str,
    epochs: float,
    lr: float,
    batch_size: int,
    model: str,
    *,
    random: bool,
    max_length: int,
    steps: int | None,
    hub: Path | None,
    output: Path,
) -> None:
    """Fine-tune with metabench and with Trainer; run again to go on."""
    torch.set_num_threads(1)
    encoder = ModelSpec(
        id=model, weights="random" if random else "pretrained", max_length=max_length
    )
    settings = [
        Setting(
            card=load_catalog().task(task).value,
            model=encoder,
            finetune=FineTuneSpec(
                epochs=epochs, batch_size=batch_size, optimizer=FineTuneOptimizer(lr=lr)
            ),
            hub=Hub(hub, offline=hub is not None),
            seed=seed,
            limit=steps,
        )
        for seed in range(seeds)  # seeds outside, so that an early look sees all tasks
        for task in tasks.split(",")
    ]
    asked = {(each.card.name, each.seed): settings_hash(each) for each in settings}
    for each in settings:
        for side in _SIDES:
            _run_once(each, side, output)
    runs = [run for run in read(output) if asked.get((run.task, run.seed)) == run.settings]
    found = [difference(task, group) for task, group in by_task(runs).items()]
    click.echo(table([entry for entry in found if entry is not None]))


def _run_once(setting: Setting, side: Side, output: Path) -> None:
    key = (setting.card.name, setting.seed, side, settings_hash(setting))
    if key in {(run.task, run.seed, run.side, run.settings) for run in read(output)}:
        return
    begun = time.monotonic()
    trained = _SIDES[side](setting, scored=True)
    name = setting.card.primary
    target = load_catalog().metric(name).value.target
    labels = setting.rows("scored").labels
    run = Finished(
        task=setting.card.name,
        seed=setting.seed,
        side=side,
        settings=settings_hash(setting),
        metric=name,
        score=score({name: target}, labels, trained.scored_outputs())[name],
        steps=setting.steps,
        first_loss=trained.losses[0],
        last_loss=trained.losses[-1],
        wall_seconds=round(time.monotonic() - begun, 1),
    )
    append(output, run)
    said = f"{name} {100 * run.score:.2f}, {run.wall_seconds:.0f} s"
    click.echo(f"{run.task} seed {run.seed} {side}: {said}", err=True)


if __name__ == "__main__":
    study()

"""What training a part of the parameters saves: ``python -m perf.parts`` prints a table.

Every line is measured in this process: CPU time and the peak of bytes in tensors of a MAML
meta-gradient (through the engine's view of an episode) and a fine-tuning gradient, and the bytes of
a checkpoint of meta-training.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import click
import torch

from metabench.engine.outer import OuterOptimizer
from metabench.engine.snapshot import Snapshot
from metabench.nn.curvature import Curvature
from metabench.nn.episode_view import view
from metabench.nn.learner import TransformerLearner
from metabench.nn.trained import frozen_names
from metabench.spec.model.sections import MetaOptimizer
from perf import ours
from perf.clock import peak_bytes, time_spent
from perf.job import Shape
from perf.problem import episode, learner, theta

_CPU = torch.device("cpu")
_MIB = 2**20
_INNER_LR = 1e-2


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--layers", default=4, show_default=True)
@click.option("--width", default=256, show_default=True)
@click.option("--words", default=250_000, show_default=True, help="Rows of the embeddings.")
@click.option("--steps", default=3, show_default=True, help="k, of the inner loop.")
@click.option("--batch", default=16, show_default=True, help="Rows.")
@click.option("--length", default=64, show_default=True, help="Tokens of a row.")
@click.option("--threads", default=1, show_default=True)
def study(**settings: int) -> None:
    """Measure a meta-gradient with all parameters trained, and with parts of them."""
    torch.set_num_threads(settings.pop("threads"))
    shape = Shape(vocabulary=settings.pop("words"), **settings, pooling="mean")
    click.echo(
        "| `train` | parameters | MAML, CPU-s | MiB | `lean`, CPU-s | MiB | gradient, CPU-s | MiB"
        " | checkpoint, MiB |"
    )
    click.echo("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for train in (
        ("encoder",),
        (f"encoder.layers.0-{shape.layers - 1}",),
        (f"encoder.layers.{shape.layers // 2}-{shape.layers - 1}",),
        ("bias",),
    ):
        click.echo(" | ".join([f"| `{json.dumps(train)}`", *_line(shape, train)]) + " |")


def _line(shape: Shape, train: tuple[str, ...]) -> Iterator[str]:
    yield f"{_learner(shape, train, None).layout.trained:,}"
    for keep in ("auto", "lean"):
        own = _learner(shape, train, Curvature(keep=keep, memory=3 * 2**29))
        yield from _measured(partial(_maml, own, shape))
    own = _learner(shape, train, None)
    batch, start = episode(shape, _CPU).query[0], theta(own)
    yield from _measured(partial(own.gradient, start, batch))
    blocks = {"theta": start}
    adam = OuterOptimizer(MetaOptimizer(), {})
    adam.step(blocks, {"theta": torch.zeros_like(start)}, {})
    yield f"{len(Snapshot(1, {**blocks, **adam.tensors()}).packed()) / _MIB:,.0f}"


def _learner(
    shape: Shape, train: tuple[str, ...], curvature: Curvature | None
) -> TransformerLearner:
    whole = learner(shape, _CPU, curvature=curvature)
    own = dict(whole.encoder.module.named_parameters())
    return replace(whole, frozen={name: own[name] for name in frozen_names([*own], train)})


def _maml(own: TransformerLearner, shape: Shape) -> object:
    rule = ours.algorithm("exact/auto", steps=shape.steps, inner_lr=_INNER_LR)
    part = view(own, episode(shape, _CPU), sparse=rule.follows_gradients)
    blocks = {"theta": part.take(theta(own))}
    return rule.meta_gradient(part.learner, blocks, part.episode)


def _measured(work: Callable[[], object]) -> Iterator[str]:
    """Yield the CPU seconds of a piece of work, after one to warm up, and its memory."""
    work()
    yield f"{time_spent(work, device=_CPU)['cpu_seconds']:.2f}"
    yield f"{peak_bytes(work, device=_CPU) / _MIB:,.0f}"


if __name__ == "__main__":
    study()

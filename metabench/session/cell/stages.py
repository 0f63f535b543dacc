"""The three kinds of work, each from its inputs in the worker context to its outcome."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np
import torch

from metabench.data.counts import split_note
from metabench.data.episodes import EpisodeSource
from metabench.data.order import epoch_batches
from metabench.engine.evaluate import evaluate, in_order_of_length
from metabench.engine.finetune import FineTuning
from metabench.engine.meta import MetaTraining
from metabench.engine.parameters import named, named_blocks, pack_parameters, vector
from metabench.engine.pretrain import Pretraining
from metabench.engine.prototypes import with_prototypes
from metabench.learning import SampledTask, Schedule
from metabench.metrics.compute import clipped, collapsed, score
from metabench.metrics.reference import reference_scores
from metabench.nn.trained import frozen_names
from metabench.plan.cell import Cell, FineTuneWork, MetaWork, PretrainWork
from metabench.seeding import Stream
from metabench.session.cell.adaptation import adapted_theta
from metabench.session.cell.context import WorkerContext
from metabench.session.cell.outcome import Outcome, leave, work_note
from metabench.session.cell.predictions import parquet
from metabench.session.cell.provided import made, provider
from metabench.spec.model.sections import EVERYTHING
from metabench.store.file_names import PARAMETERS, PREDICTIONS
from metabench.store.records.cell import BEYOND
from metabench.tasks.overlap import count_overlap

if TYPE_CHECKING:
    import numpy.typing as npt

    from metabench.data.tokens import TokenTable
    from metabench.engine.snapshot import Snapshot
    from metabench.engine.step import StepDone
    from metabench.learning import Batch
    from metabench.nn.learner import TransformerLearner

__all__ = ["FineTuned", "fine_tune", "work_on"]

Steps = Generator["StepDone", None, Outcome]


def work_on(cell: Cell, context: WorkerContext, *, start: Snapshot | None = None) -> Steps:
    """Do a cell's work, yielding each step; return the outcome.

    With ``start``, resume after its step.

    Raises:
        MetabenchError: any error that ends the cell; its status is the record's.
    """
    if isinstance(cell.work, PretrainWork):
        return _pretrain(cell, cell.work, context, start)
    if isinstance(cell.work, MetaWork):
        return _meta(cell, cell.work, context, start)
    return _adapt(cell, cell.work, context, start)


def _pretrain(
    cell: Cell, work: PretrainWork, context: WorkerContext, start: Snapshot | None
) -> Steps:
    stream = Stream.root(work.settings.seed).child("pretrain")
    encoder = context.encoder(work.model, None)
    training = Pretraining(
        encoder=encoder.module,
        tokenizer=context.tokenizer(work.model),
        tables=[context.training_table(use, work.model, stream=stream) for use in work.tasks],
        settings=work.settings,
        stream=stream,
        device=context.device.device,
        autocast=context.device.autocasts(None),
        token_types=encoder.takes_token_types,
    )
    values = yield from training.run(start=start)
    left = leave(context.store.place(cell.folder), PARAMETERS, pack_parameters(values))
    return Outcome(
        steps=work.settings.steps,
        files=(left,),
        work=work_note(training.counter()),
    )


def _meta(cell: Cell, work: MetaWork, context: WorkerContext, start: Snapshot | None) -> Steps:
    stream = Stream.root(work.seed).child("meta")
    uses = {use.card.name: use for use in sorted(work.tasks, key=lambda use: use.card.name)}
    options: Any = work.algorithm.options
    learner = context.learner(
        work.model,
        work.encoder,
        uses,
        curvature=context.device.curvature(cell.curvature),
        train=work.settings.train,
    )
    shape = options.episode_shape()
    tables = {
        name: context.training_table(use, work.model, stream=stream) for name, use in uses.items()
    }
    schedule = Schedule(work.steps, work.epoch_steps, work.settings.tasks_per_step, work.target)
    training = MetaTraining(
        algorithm=made(work.algorithm, options),
        sampler=made(work.sampler, work.sampler.options, schedule),
        learner=learner,
        source=EpisodeSource(
            tables, shape=shape, batch_size=work.settings.batch_size, stream=stream
        ),
        tasks=[SampledTask(name, use.size, use.role) for name, use in uses.items()],
        settings=work.settings,
        steps=work.steps,
        stream=stream,
        provider=provider(work.algorithm),
        sampler_provider=provider(work.sampler),
        draws=work.settings.tasks_per_step,
    )
    found = yield from training.run(learner.theta(_heads(work.seed, 0)), start=start)
    values = named(found.theta, learner.layout) | named_blocks(found.blocks, learner.layout)
    left = leave(context.store.place(cell.folder), PARAMETERS, pack_parameters(values))
    return Outcome(
        steps=work.steps,
        files=(left,),
        draws=found.draws,
        notes=_beyond(found.beyond, options.tolerances, steps=work.steps),
        work=work_note(learner.counter),
        trained=learner.layout.trained,
        train_rows=sum(len(table) for table in tables.values()),
        splits=tuple(split_note(use, "train", tables[name]) for name, use in uses.items()),
    )


def _beyond(
    counts: Mapping[str, int], tolerances: Mapping[str, float], *, steps: int
) -> tuple[str, ...]:
    return tuple(
        f"{BEYOND}: {name} was above {tolerances[name]:g} in {count} of {steps} meta-steps"
        for name, count in counts.items()
        if count
    )


def _adapt(cell: Cell, work: FineTuneWork, context: WorkerContext, start: Snapshot | None) -> Steps:
    tuned = yield from fine_tune(work, context, start=start)
    train, scored = tuned.train, context.scored_table(work.task, work.model)
    raw = evaluate(tuned.learner, tuned.theta, scored, task=work.task.card.name)
    outputs = tuned.in_unit(raw)
    labels = scored.labels.cpu().numpy()
    data = parquet(work.task.card, labels, outputs)
    left = leave(context.store.place(cell.folder), PREDICTIONS, data)
    return Outcome(
        steps=work.steps,
        files=(left,),
        scores=score(
            work.metrics,
            labels,
            clipped(outputs, work.task.card.bounds),
            origins=work.origins,
            ranges=work.ranges,
        ),
        primary=work.task.card.primary,
        collapsed=collapsed(raw),
        standardised=train.scale.facts() if train.scale else {},
        references=reference_scores(
            work.metrics, tuned.train_labels(), labels, classes=outputs.shape[1]
        ),
        train_rows=len(train),
        scored_rows=len(scored),
        overlap=_overlap(train, scored),
        splits=(split_note(work.task, "train", train), split_note(work.task, "scored", scored)),
        work=work_note(tuned.learner.counter),
        trained=tuned.learner.layout.trained if work.adaptation is None else None,
    )


@final
@dataclass(frozen=True, slots=True)
class FineTuned:
    """A fine-tuned or adapted model: the learner, theta [P], and its training examples."""

    learner: TransformerLearner
    theta: torch.Tensor
    train: TokenTable

    def in_unit(self, outputs: npt.NDArray[np.float32]) -> npt.NDArray[np.floating]:
        """Return outputs [examples, outputs] in the task's unit, undoing standardization."""
        return outputs if self.train.scale is None else self.train.scale.in_unit(outputs)

    def train_labels(self) -> npt.NDArray[Any]:
        """Return the training labels [examples], numbers in the task's unit."""
        labels = self.train.labels.cpu().numpy()
        return labels if self.train.scale is None else self.train.scale.in_unit(labels)


def fine_tune(
    work: FineTuneWork, context: WorkerContext, *, start: Snapshot | None = None
) -> Generator[StepDone, None, FineTuned]:
    """Run the fine-tuning of a fine-tune cell, or the adaptation in its place.

    Its data and draws depend only on ``work``. An adaptation is one step, which yields nothing.
    """
    task = work.task.card.name
    stream = Stream.root(work.meta_seed).child("adapt", work.finetune_seed)
    if work.task.draw is not None:
        stream = stream.child("draw", work.task.draw)
    partial = work.settings.train != EVERYTHING
    learner = context.learner(
        work.model,
        work.encoder,
        {task: work.task},
        train=work.settings.train,
        start=_starting_values(work, context) if partial else None,
    )
    train = context.training_table(work.task, work.model, stream=stream)
    first = _start(work, learner, context)
    if work.prototypes and start is None:
        first = with_prototypes(learner, first, in_order_of_length(train, task=task), task=task)
    if work.adaptation is not None:
        theta = adapted_theta(
            work, learner, first, train, context=context, stream=stream.child(task, "adaptation")
        )
        return FineTuned(learner, theta, train)
    training = FineTuning(learner, task, work.settings.optimizer, work.steps)
    batches = _batches(work, train, stream.child(task))
    theta = yield from training.run(first, batches, start=start)
    return FineTuned(learner, theta, train)


def _overlap(train: TokenTable, scored: TokenTable) -> Mapping[str, int]:
    if train.digests is None or scored.digests is None:
        return {}
    return count_overlap(train.digests.tolist(), scored.digests.tolist()).as_mapping()


def _heads(meta_seed: int, finetune_seed: int) -> Stream:
    """Return the stream of fresh heads: meta-training begins with those of the first nested seed.

    Plain fine-tuning and every meta-learner of one meta seed thus begin with equal heads.
    """
    return Stream.root(meta_seed).child("heads", finetune_seed)


def _starting_values(work: FineTuneWork, context: WorkerContext) -> Mapping[str, torch.Tensor]:
    """Return the encoder that fine-tuning starts from, and the heads of the initialisation."""
    own = dict(context.encoder(work.model, work.encoder).module.named_parameters())
    if work.initialisation is None:
        return own
    meta: Any = context.assignment.cells[work.initialisation].work
    kept = frozen_names([*own], meta.settings.train)
    return {**{name: own[name] for name in kept}, **context.parameters(work.initialisation)}


def _start(work: FineTuneWork, learner: TransformerLearner, context: WorkerContext) -> torch.Tensor:
    """Return theta: the initialisation's encoder, and its head for this task or a fresh one."""
    task = work.task.card.name
    heads = _heads(work.meta_seed, work.finetune_seed)
    if work.initialisation is None:
        return learner.theta(heads)
    values = _starting_values(work, context)
    cell = context.assignment.cells[work.initialisation]
    path = context.store.cell_folder(cell.folder) / PARAMETERS
    layout = learner.layout
    encoder = vector(values, layout.encoder, path=path).to(learner.device)
    if work.settings.head != "fresh" and f"{task}.weight" in values:
        head = vector(values, layout.heads[task], path=path).to(learner.device)
    else:
        head = learner.fresh_head(task, heads)
    return torch.cat([encoder, head])


def _batches(work: FineTuneWork, table: TokenTable, stream: Stream) -> Iterator[Batch]:
    order = epoch_batches(
        len(table),
        batch_size=work.settings.batch_size,
        steps=work.steps,
        stream=stream.child("order"),
    )
    for step, rows in enumerate(order):
        seed = stream.child("dropout", step).seed
        yield table.batch(np.asarray(rows), task=work.task.card.name, dropout_seed=seed)

"""Real rows of RTE and MRPC, the encoder and the episodes that a run would have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import torch

from metabench.data.episodes import EpisodeSource
from metabench.data.tokens import TokenTable, load_tokens
from metabench.engine.meta import MetaTraining
from metabench.learning import Algorithm, SampledTask, Schedule
from metabench.nn.encoder import load_encoder, load_tokenizer
from metabench.nn.learner import HeadShape, TransformerLearner
from metabench.plan.cell import TaskUse
from metabench.plugin.catalog import load_catalog
from metabench.seeding import Stream
from metabench.spec.model.sections import MetaSpec, ModelSpec
from metabench.tasks.hub import Hub
from metabench_samplers.options import UniformOptions
from metabench_samplers.uniform import Uniform

if TYPE_CHECKING:
    from metabench.learning import Episode
    from metabench.nn.encoder import Encoder
    from perf.job import Job

__all__ = ["TASKS", "Real"]

TASKS = ("glue/mrpc", "glue/rte")
_STREAM = Stream.root(0).child("meta")


@final
@dataclass(frozen=True)
class Real:
    """What meta-training on real rows needs.

    Args:
        job: says which encoder, where rows lie, and how many steps.
        tables: the training rows of each task.
    """

    job: Job
    tables: dict[str, TokenTable]

    @classmethod
    def load(cls, job: Job) -> Real:
        """Read and encode the rows."""
        tables = {}
        for name in TASKS:
            card = load_catalog().task(name).value
            tables[name] = load_tokens(
                TaskUse(card, "auxiliary", card.train, card.scored, "", 0, 0),
                "train",
                tokenizer=load_tokenizer(_model(job), hub=_hub(job)),
                max_length=128,
                hub=_hub(job),
                device=job.device,
                cache=None,
            )
        return cls(job, tables)

    def encoder(self) -> Encoder:
        """Return the encoder, loaded anew."""
        return load_encoder(_model(self.job), hub=_hub(self.job), stream=Stream.root(0))

    def learner(self) -> TransformerLearner:
        """Return our learner for first-order methods."""
        heads = {name: HeadShape(2, regression=False) for name in TASKS}
        return TransformerLearner(
            self.encoder(), heads, torch.device(self.job.device), autocast=self.job.bf16
        )

    def training(
        self, learner: TransformerLearner, rule: Algorithm[Any], *, steps: int
    ) -> MetaTraining:
        """Return meta-training as a cell does it: sampler, episodes, outer optimizer."""
        settings = MetaSpec(
            steps=steps, tasks_per_step=self.job.shape.tasks, batch_size=self.job.shape.batch
        )
        schedule = Schedule(steps, steps, settings.tasks_per_step)
        return MetaTraining(
            algorithm=rule,
            sampler=Uniform(UniformOptions(), schedule),
            learner=learner,
            source=self.source(rule),
            tasks=[
                SampledTask(name, len(table), "auxiliary") for name, table in self.tables.items()
            ],
            settings=settings,
            steps=steps,
            stream=_STREAM,
            provider="perf",
        )

    def source(self, rule: Algorithm[Any]) -> EpisodeSource:
        """Return what makes episodes of an algorithm's shape."""
        return EpisodeSource(
            self.tables,
            shape=rule.options.episode_shape(),
            batch_size=self.job.shape.batch,
            stream=_STREAM,
        )

    def episodes(self, training: MetaTraining) -> list[list[Episode]]:
        """Return the episodes of each meta-step: those that the engine will draw."""
        visits: Counter[str] = Counter()
        found: list[list[Episode]] = []
        for step in range(training.steps):
            stream = training.stream.child("tasks", step)
            found.append([])
            for name in training.sampler.draw(step, training.tasks, {}, stream):
                found[-1].append(
                    training.source.episode(
                        name, visit=visits[name], step=step, total_steps=training.steps
                    )
                )
                visits[name] += 1
        return found


def _hub(job: Job) -> Hub:
    return Hub(job.hub, offline=job.hub is not None)


def _model(job: Job) -> ModelSpec:
    return ModelSpec(id=job.model, pooling="mean", max_length=128)

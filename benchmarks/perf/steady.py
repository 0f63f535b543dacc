"""Whether memory stays where it is over many meta-steps of the engine, on a tiny encoder."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import numpy as np
import torch

from metabench.data.encoding import Encoding
from metabench.data.episodes import EpisodeSource
from metabench.data.tokens import TokenTable
from metabench.engine.meta import MetaTraining
from metabench.learning import SampledTask, Schedule
from metabench.seeding import Stream
from metabench.spec.model.sections import MetaSpec
from metabench_samplers.options import UniformOptions
from metabench_samplers.uniform import Uniform
from perf import ours
from perf.clock import resident_bytes
from perf.lengths import row_lengths
from perf.problem import CLASSES, TASK, learner

if TYPE_CHECKING:
    from perf.job import Job

__all__ = ["measure"]

_STREAM = Stream.root(0).child("steady")
_ROWS = 500


def measure(job: Job) -> dict[str, float]:
    """Return resident bytes, and bytes in living tensors, a tenth of the way and at the end."""
    training = _training(job)
    early = max(job.rounds // 10, 1)
    numbers: dict[str, float] = {"steps": float(job.rounds)}
    for done in training.run(training.learner.theta(_STREAM)):
        if done.step in {early, job.rounds}:
            place = "early" if done.step == early else "late"
            numbers[f"{place}_tensor_bytes"] = _tensor_bytes()
            numbers[f"{place}_resident_bytes"] = resident_bytes()
    return numbers


def _training(job: Job) -> MetaTraining:
    shape, method = job.shape, job.variant
    own = learner(shape, torch.device("cpu"), curvature=ours.curvature(job, method))
    rule = ours.algorithm(method, steps=shape.steps, inner_lr=shape.inner_lr)
    settings = MetaSpec(steps=job.rounds, tasks_per_step=2, batch_size=shape.batch)
    schedule = Schedule(job.rounds, job.rounds, settings.tasks_per_step)
    return MetaTraining(
        algorithm=rule,
        sampler=Uniform(UniformOptions(), schedule),
        learner=own,
        source=EpisodeSource(
            {TASK: _table(job)},
            shape=rule.options.episode_shape(),
            batch_size=shape.batch,
            stream=_STREAM,
        ),
        tasks=[SampledTask(TASK, _ROWS, "auxiliary")],
        settings=settings,
        steps=job.rounds,
        stream=_STREAM,
    )


def _table(job: Job) -> TokenTable:
    draw = _STREAM.child("rows").numpy()
    lengths = row_lengths(_ROWS, longest=job.shape.length, stream=_STREAM.child("lengths"))
    ids = draw.integers(1, job.shape.vocabulary, size=int(lengths.sum()), dtype=np.int32)
    labels = draw.integers(0, CLASSES, size=_ROWS)
    encoded = Encoding(ids, lengths.astype(np.int32), lengths.astype(np.int32), 0)
    return TokenTable.build(encoded, labels, max_length=job.shape.length, device="cpu")


def _tensor_bytes() -> float:
    """Return the bytes of all storages that a living tensor has."""
    gc.collect()
    sizes = {}
    for found in gc.get_objects():
        if issubclass(type(found), torch.Tensor):  # isinstance would touch deprecated objects
            storage = found.untyped_storage()
            sizes[storage.data_ptr()] = storage.nbytes()
    return float(sum(sizes.values()))

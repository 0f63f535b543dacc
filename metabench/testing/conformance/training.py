"""Checks of an algorithm in the engine: training, resuming, memory, the device."""

from __future__ import annotations

import gc
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import safetensors.torch
import torch
from torch import Tensor
from typing_extensions import override

from metabench.api import Options
from metabench.engine.meta import Initialisation, MetaTraining
from metabench.engine.snapshot import Snapshot
from metabench.learning import Batch, SampledTask, Schedule, State, TaskSampler
from metabench.spec.model.sections import MetaOptimizer, MetaSpec
from metabench.testing.conformance.ambient import same_ambient
from metabench.testing.conformance.check import law, require
from metabench.testing.conformance.laboratory import (
    STREAM,
    Trial,
    learner_for,
    require_usual,
    same_bits,
    trial,
)
from metabench.testing.conformance.verdict import NotApplicableError, NotConformingError
from metabench.testing.tiny import TINY_HEADS, TinyEpisodes

if TYPE_CHECKING:
    from metabench.testing.conformance.subject import Subject

__all__ = ["device", "memory_flat", "resumes", "trains"]

_STEPS = 4
_STOP = 2
_WARM, _MORE = 3, 6
_TASKS = tuple(SampledTask(name, 30, "target") for name in TINY_HEADS)


@final
class _InTurn(TaskSampler[Options]):
    """Draws two tasks a step, in turn."""

    @override
    def probabilities(
        self, step: int, tasks: Sequence[SampledTask], state: State
    ) -> Mapping[str, float]:
        return {task.name: 1.0 / len(tasks) for task in tasks}

    @override
    def draw(
        self, step: int, tasks: Sequence[SampledTask], state: State, stream: object
    ) -> Sequence[str]:
        return [tasks[(step + place) % len(tasks)].name for place in range(2)]


@law("algorithm")
def trains(subject: Subject) -> None:
    """The engine takes four meta-steps with it, over three tasks.

    Follow the message: this is the engine itself, with your ``combine``.
    """
    require_usual(subject)
    _train(subject)


@law("algorithm")
def resumes(subject: Subject) -> None:
    """A new object that resumes after step 2 from a checkpoint ends bit-identical.

    Keep nothing in the object: blocks and ``combine``'s state are in the checkpoint.
    """
    try:
        whole, snapshot = _train(subject)
    except Exception as error:
        raise NotApplicableError(f"it does not train: {type(error).__name__}") from error
    tensors = safetensors.torch.load(
        safetensors.torch.save(
            {name: value.contiguous() for name, value in snapshot.tensors.items()}
        )
    )
    facts = json.loads(json.dumps(snapshot.facts))
    resumed, _ = _train(subject, start=Snapshot(snapshot.step, tensors, facts))
    if same_bits(whole.theta, resumed.theta):
        return
    if not same_bits(whole.theta, _train(subject)[0].theta):
        raise NotApplicableError("two runs that nothing stops differ already")
    distance = float((whole.theta - resumed.theta).abs().max())
    raise NotConformingError(
        f"stopped after step {_STOP} of {_STEPS} it ends elsewhere, off by {distance:.1e}: keep"
        " memory between steps in a block or in combine's state"
    )


@law("algorithm")
def memory_flat(subject: Subject) -> None:
    """No more tensors are alive after nine episodes than after three.

    Keep no tensor of an episode; drop graphs with ``detach()``.
    """
    one = trial(subject)
    _repeat(subject, one, range(1))
    gc.collect()
    gc.freeze()  # existing objects are skipped later
    try:
        _repeat(subject, one, range(1, _WARM))
        before = _alive()
        _repeat(subject, one, range(_WARM, _WARM + _MORE))
        growth = _alive() - before
    finally:
        gc.unfreeze()
    require(growth <= 0, f"{growth:,} more bytes are alive after {_MORE} more episodes")


@law("algorithm")
def device(subject: Subject) -> None:
    """Everything is computed on the device of the arguments.

    Make tensors with ``torch.zeros_like(theta)`` or ``device=theta.device``. This uses torch's
    device without numbers, and is skipped for an algorithm that reads numbers back.
    """
    usual = trial(subject)
    if "theta" not in usual.meta:
        raise NotApplicableError("has no block 'theta'")
    one = _on_meta(usual)
    try:
        found = one.run()
    except (RuntimeError, NotImplementedError, TypeError) as error:
        said = " ".join(str(error).split())
        if "meta tensor" in said or "convert meta" in said or "register_meta" in said:
            raise NotApplicableError(
                "reads numbers back, which a device without numbers cannot give"
            ) from error
        raise
    for name, value in found.directions.items():
        require(value.device.type == "meta", f"the direction for {name!r} is on {value.device}")


@final
@dataclass(frozen=True)
class _ElsewhereLearner:
    """Implements `metabench.learning.Learner` on any device, with a loss that is half a square."""

    layout: Any
    width: int

    def loss(self, theta: Tensor, batch: Batch) -> Tensor:
        """Return half the square of theta."""
        del batch
        return 0.5 * (theta * theta).sum()

    def features(self, theta: Tensor, batch: Batch) -> Tensor:
        """Return the first numbers of theta for every example."""
        return theta[: self.width].expand(len(batch), -1)

    def gradient(self, theta: Tensor, batch: Batch, span: slice | None = None) -> Tensor:
        """Return theta, zero outside ``span``."""
        del batch
        kept = torch.zeros_like(theta)
        kept[span or slice(None)] = theta[span or slice(None)]
        return kept

    def hvp(self, theta: Tensor, batch: Batch, vector: Tensor) -> Tensor:
        """Return the vector, for the Hessian is one."""
        del theta, batch
        return vector.clone()

    def spans(self, task: str | None = None) -> Mapping[str, slice]:
        """Return the spans of the tiny model."""
        found: Mapping[str, slice] = self.layout.spans(task)
        return found


def _on_meta(one: Trial) -> Trial:
    """Return the trial on torch's device without numbers, where a mixture of devices fails."""

    def moved(batch: Batch) -> Batch:
        parts = ("input_ids", "attention_mask", "token_type_ids", "labels")
        return replace(batch, **{part: getattr(batch, part).to("meta") for part in parts})

    episode = replace(
        one.episode,
        support=tuple(map(moved, one.episode.support)),
        query=tuple(map(moved, one.episode.query)),
    )
    learner = _ElsewhereLearner(one.learner.layout, one.learner.encoder.width)
    theta = one.meta["theta"].to("meta")
    meta = {name: block.to("meta") for name, block in one.algorithm.init(learner, theta).items()}
    return Trial(one.algorithm, learner, meta, episode)


def _train(subject: Subject, *, start: Snapshot | None = None) -> tuple[Initialisation, Snapshot]:
    """Return the result of four meta-steps, and copies of the state after two."""
    algorithm = subject.algorithm()
    learner = learner_for(algorithm.options, torch.float64)
    source: Any = TinyEpisodes(algorithm.options.episode_shape(), STREAM)
    run = MetaTraining(
        algorithm=algorithm,
        sampler=_InTurn(Options(), Schedule(_STEPS, _STEPS, 2)),
        learner=learner,
        source=source,
        tasks=_TASKS,
        settings=MetaSpec(optimizer=MetaOptimizer(lr=0.01)),
        steps=_STEPS,
        stream=STREAM,
        provider=subject.plugin.origin,
    )
    steps = run.run(learner.theta(STREAM), start=start)
    kept = start
    while True:
        try:
            with same_ambient():  # another check reports draws from there
                done = next(steps)
        except StopIteration as stop:
            if kept is None:
                raise NotApplicableError("trains no step") from None
            return stop.value, kept
        if done.step == _STOP and done.snapshot is not None:
            now = done.snapshot()
            tensors = {name: value.clone() for name, value in now.tensors.items()}
            kept = Snapshot(now.step, tensors, json.loads(json.dumps(now.facts)))


def _repeat(subject: Subject, one: Trial, visits: range) -> None:
    for visit in visits:
        Trial(one.algorithm, one.learner, one.meta, trial(subject, visit=visit).episode).run()
        one.learner.drain_losses()


def _alive() -> int:
    """Return the bytes of all tensors that are alive, each storage counted once."""
    gc.collect()
    storages = {}
    for value in gc.get_objects():
        if issubclass(type(value), Tensor) and value.device.type != "meta":
            storage = value.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())

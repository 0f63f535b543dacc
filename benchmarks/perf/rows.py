"""First-order meta-training on real rows: the whole engine, bare passes, learn2learn."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, final

import torch
from torch import Tensor, nn
from typing_extensions import override

from metabench.learning import Batch, Episode
from metabench.nn.episode_view import view
from metabench.seeding import Stream
from perf import ours, theirs
from perf.clock import time_spent
from perf.peers import load
from perf.real import TASKS, Real

if TYPE_CHECKING:
    from metabench.engine.meta import MetaTraining
    from metabench.learning import Algorithm, MetaGradient
    from metabench.nn.encoder import Encoder
    from metabench.nn.learner import TransformerLearner
    from perf.job import Job

__all__ = ["SIDES", "Clocked", "measure"]

Drawn: TypeAlias = list[list[Episode]]
"""The episodes of each meta-step."""

SIDES = (
    "engine",  # sampling, batches, inner and outer steps, logging
    "passes",  # our learner's gradients of the same batches and nothing else
    "transformers passes",  # forward and backward of the module on the same batches
    "learn2learn",  # first order, Adam, batches padded to their longest row
    "learn2learn 128",  # the same, padded to 128 tokens
    "engine and its passes",  # how much of the engine's time its gradients are
)
"""Who does it; a variant is a method and a side, as in ``FOMAML, engine``."""


def measure(job: Job) -> dict[str, float]:
    """Return what ``rounds`` meta-steps cost, after one to warm up."""
    method, side = job.variant.split(", ")
    real = Real.load(job)
    rule = ours.algorithm(method, steps=job.shape.steps, inner_lr=job.shape.inner_lr)
    clocked = Clocked(rule)
    own: Any = clocked if side == "engine and its passes" else rule
    training = real.training(real.learner(), own, steps=1 + job.rounds)
    work = _side(job, real, training, side)
    next(work)
    clocked.spent = 0.0
    numbers = time_spent(lambda: list(work), device=torch.device(job.device))
    inside = {"passes_cpu_seconds": clocked.spent} if own is clocked else {}
    return {**numbers, **inside, "steps": float(job.rounds)}


def _side(job: Job, real: Real, training: MetaTraining, side: str) -> Iterator[None]:
    """Return what yields after each meta-step, the first being ready for the second."""
    if side.startswith("engine"):
        return _engine(training)
    drawn = real.episodes(training)
    if side == "passes":
        return _passes(training.learner, drawn)
    model = _Heads(real.encoder()).train().to(job.device)
    if side == "transformers passes":
        return _module_passes(model, drawn)
    library = load("learn2learn", job.peers)
    of = theirs.learn2learn(library, first_order=True)
    if not drawn[0][0].query:
        of = theirs.learn2learn_reptile(library)
    return _meta_steps(
        model,
        lambda episode: of(model, episode, job.shape.inner_lr),
        drawn,
        width=128 if side.endswith("128") else None,
    )


@final
class Clocked:
    """An algorithm whose gradients are timed; the engine takes it for the algorithm itself."""

    def __init__(self, rule: Algorithm[Any]) -> None:
        self.rule = rule
        self.spent = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rule, name)

    def meta_gradient(self, learner: TransformerLearner, *others: Any) -> MetaGradient:
        """Return the rule's, and note what its gradients took."""
        return self.rule.meta_gradient(_ClockedLearner(learner, self), *others)


@final
@dataclass(frozen=True)
class _ClockedLearner:
    learner: TransformerLearner
    clock: Clocked

    def __getattr__(self, name: str) -> Any:
        return getattr(self.learner, name)

    def gradient(self, *of: Any) -> Tensor:
        found: list[Tensor] = []
        spent = time_spent(
            lambda: found.append(self.learner.gradient(*of)), device=self.learner.device
        )
        self.clock.spent += spent["cpu_seconds"]
        return found[0]


def _engine(training: MetaTraining) -> Iterator[None]:
    log = io.StringIO()
    for done in training.run(training.learner.theta(training.stream)):
        log.write(json.dumps({"step": done.step, **done.scalars}) + "\n")
        yield


def _passes(own: TransformerLearner, drawn: Drawn) -> Iterator[None]:
    """Go through our gradients of each batch, over what the batch's episode touches."""
    start = own.theta(Stream.root(0))
    parts = [[view(own, episode, sparse=True) for episode in episodes] for episodes in drawn]
    thetas = [[part.take(start) for part in step] for step in parts]
    for step, starts in zip(parts, thetas, strict=True):
        for part, theta in zip(step, starts, strict=True):
            for batch in (*part.episode.support, *part.episode.query):
                part.learner.gradient(theta, batch)
            own.drain_losses()
        yield


def _module_passes(model: _Heads, drawn: Drawn) -> Iterator[None]:
    for episodes in drawn:
        for episode in episodes:
            model.task = episode.task
            for batch in (*episode.support, *episode.query):
                model.zero_grad()
                loss: Any = theirs.loss_of(model, _padded(batch, None))
                loss.backward()
        yield


def _meta_steps(
    model: _Heads,
    rule: Callable[[Episode], Sequence[Tensor]],
    drawn: Drawn,
    *,
    width: int | None,
) -> Iterator[None]:
    """Average the directions of a meta-batch and take a step of Adam, as its users do."""
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-5)
    for episodes in drawn:
        total: Sequence[Tensor] = ()
        for episode in episodes:
            model.task = episode.task
            found = rule(_padded_episode(episode, width))
            total = [a.add_(b) for a, b in zip(total, found, strict=True)] if total else found
        for parameter, part in zip(model.parameters(), total, strict=True):
            parameter.grad = part.div_(len(episodes))
        optimizer.step()
        yield


def _padded_episode(episode: Episode, width: int | None) -> Episode:
    return replace(
        episode,
        support=tuple(_padded(batch, width) for batch in episode.support),
        query=tuple(_padded(batch, width) for batch in episode.query),
    )


def _padded(batch: Batch, width: int | None) -> Batch:
    """Return the rows padded to their longest one, or to ``width``."""
    longest = int(batch.attention_mask.sum(1).max())
    more = 0 if width is None else width - longest

    def to(values: Tensor) -> Tensor:
        return nn.functional.pad(values[:, :longest], (0, more))

    return replace(
        batch,
        input_ids=to(batch.input_ids),
        attention_mask=to(batch.attention_mask),
        token_type_ids=to(batch.token_type_ids),
    )


@final
class _Heads(nn.Module):
    """One encoder and a head for each task, of which one is in use."""

    def __init__(self, body: Encoder) -> None:
        super().__init__()
        self.encoder: Any = body.module
        self.encoder.pooler = nn.Identity()  # learn2learn cannot do with None
        self.dropout = nn.Dropout(body.head_dropout)
        self.heads = nn.ModuleList(nn.Linear(body.width, 2) for _ in TASKS)
        self.task = TASKS[0]

    @override
    def forward(self, input_ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        states = self.encoder(
            input_ids=input_ids, attention_mask=mask, token_type_ids=types
        ).last_hidden_state
        weight = mask.unsqueeze(-1).to(states.dtype)
        pooled = self.dropout((states * weight).sum(1) / weight.sum(1))
        result: Tensor = self.heads[TASKS.index(self.task)](pooled)
        return result

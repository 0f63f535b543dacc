"""Stage 2, meta-training: the paper's algorithm 1 for any algorithm and any sampler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, final

import torch
from torch import Tensor

from metabench.ambient import Ambient
from metabench.engine.boundary import Boundary, require_unmodified, writes
from metabench.engine.exactness import Exactness
from metabench.engine.outer import OuterOptimizer
from metabench.engine.snapshot import Snapshot, counter_facts, restore_counter, under
from metabench.engine.step import StepDone, require_finite
from metabench.nn.episode_view import view

if TYPE_CHECKING:
    from metabench.data.episodes import EpisodeSource
    from metabench.learning import Algorithm, Blocks, Episode, SampledTask, State, TaskSampler
    from metabench.nn.learner import TransformerLearner
    from metabench.seeding import Stream
    from metabench.spec.model.sections import MetaSpec

__all__ = ["Initialisation", "MetaTraining"]


@final
@dataclass(frozen=True)
class Initialisation:
    """The result of meta-training.

    Args:
        theta: [P], to fine-tune from.
        draws: how often each task was drawn.
        beyond: meta-steps in which a scalar was above its tolerance, by the scalar's name.
        blocks: what was learned besides theta, by name.
    """

    theta: Tensor
    draws: Mapping[str, int]
    beyond: Mapping[str, int] = field(default_factory=dict)
    blocks: Blocks = field(default_factory=dict)


@final
@dataclass
class MetaTraining:
    """One meta-training run, step by step.

    Args:
        algorithm: returns a direction for each episode.
        sampler: returns the tasks of each meta-batch.
        learner: the model.
        source: returns the examples of each episode.
        tasks: the tasks to draw from.
        settings: the budget and the outer optimizer.
        steps: meta-steps.
        stream: names all randomness; two methods with equal streams see equal tasks and examples.
        provider: the algorithm's name in errors.
        sampler_provider: the sampler's name in errors; "" uses the algorithm's.
        draws: tasks of a meta-batch; None leaves the number to the sampler.
    """

    algorithm: Algorithm[Any]
    sampler: TaskSampler[Any]
    learner: TransformerLearner
    source: EpisodeSource
    tasks: Sequence[SampledTask]
    settings: MetaSpec
    steps: int
    stream: Stream
    provider: str = ""
    sampler_provider: str = ""
    draws: int | None = None
    visits: Counter[str] = field(default_factory=Counter)
    beyond: Counter[str] = field(default_factory=Counter)
    state: Blocks = field(default_factory=dict)
    sampler_state: State = field(default_factory=dict)
    theirs: Boundary = field(init=False)
    sampling: Boundary = field(init=False)

    def __post_init__(self) -> None:
        """Draw the lines to the plugins."""
        self.theirs = Boundary(self.provider)
        self.sampling = Boundary(self.sampler_provider or self.provider)

    def run(
        self, theta: Tensor, *, start: Snapshot | None = None
    ) -> Generator[StepDone, None, Initialisation]:
        """Meta-train from ``theta`` [P], which is not modified; yield after every step.

        With ``start``, resume after its step from its blocks and states; ``theta`` is ignored.

        Raises:
            DivergedError: a loss or a direction is not finite; nothing was updated with it.
            PluginError: the algorithm or the sampler raised.
        """
        with self.theirs:
            found = self.algorithm.init(self.learner, theta)
            found_rates = self.algorithm.learning_rates(self.settings.optimizer.lr)
            found_scales = self.algorithm.direction_scales()
            self.state = dict(self.algorithm.initial_state(self.learner))
        meta = self.theirs.blocks(found, theta)
        rates = self.theirs.rates(found_rates, meta)
        scales = self.theirs.scales(found_scales, meta)
        optimizer = OuterOptimizer(self.settings.optimizer, rates, scales)
        self._check_curvature(meta)
        if start is not None:
            self._restore(start, meta, optimizer)
        for step in range(start.step if start else 0, self.steps):
            done = self._step(step, meta, optimizer)
            yield replace(done, snapshot=partial(self._snapshot, done.step, meta, optimizer))
        with self.theirs:
            final = self.algorithm.initialisation(self.learner, meta)
        final = self.theirs.theta(final, meta["theta"])
        norm = final.norm().item()
        what = "the initialisation"
        require_finite(norm, what, stage="meta", step=self.steps, by=self.provider)
        blocks = {name: block for name, block in meta.items() if name != "theta"}
        return Initialisation(final.detach().clone(), dict(self.visits), dict(self.beyond), blocks)

    def _snapshot(self, step: int, meta: Blocks, optimizer: OuterOptimizer) -> Snapshot:
        blocks = {f"meta/{name}": value for name, value in meta.items()}
        state = {f"state/{name}": value for name, value in self.state.items()}
        facts = {
            "counts": dict(optimizer.counts),
            "visits": dict(self.visits),
            "beyond": dict(self.beyond),
            "sampler": dict(self.sampler_state),
            "tally": counter_facts(self.learner.counter),
        }
        return Snapshot(step, {**blocks, **state, **optimizer.tensors()}, facts)

    def _restore(self, start: Snapshot, meta: Blocks, optimizer: OuterOptimizer) -> None:
        for name, value in under("meta", start.tensors).items():
            meta[name].copy_(value)
        self.state = {k: v.clone() for k, v in under("state", start.tensors).items()}
        optimizer.restore(start.tensors, start.facts["counts"])
        self.visits = Counter(start.facts["visits"])
        self.beyond = Counter(start.facts.get("beyond", {}))  # none in checkpoints of before
        self.sampler_state = dict(start.facts["sampler"])
        restore_counter(self.learner.counter, start.facts["tally"])

    def _step(self, step: int, meta: Blocks, optimizer: OuterOptimizer) -> StepDone:
        self.theirs.ambient = self.sampling.ambient = Ambient()
        episodes = [self._episode(task, step) for task in self._draw(step)]
        trace = _Trace()
        with self.theirs:
            combined = self.algorithm.combine(
                self._directions(meta, episodes, trace), episodes, self.state
            )
        directions, self.state = self.theirs.combination(combined, meta)
        directions = self._average_heads(directions, episodes)
        scalars = self._check(step, trace, directions)
        for name, most in self.algorithm.options.tolerances.items():
            self.beyond[name] += scalars.get(name, 0.0) > most
        spans = self._spans(episodes)
        optimizer.step(meta, directions, dict.fromkeys(self._along_theta(directions), spans))
        with self.sampling:
            remembered = self.sampler.update(self.sampler_state, trace.by_task())
        self.sampler_state = self.sampling.sampler_state(remembered)
        return StepDone("meta", step + 1, self.steps, scalars)

    def _check_curvature(self, meta: Blocks) -> None:
        """Compare the learner's second derivatives with others on a task's first examples."""
        if self.learner.curvature is None:
            return
        task = self.tasks[0].name
        episode = self.source.episode(task, visit=0, step=0, total_steps=self.steps)
        part = view(self.learner, episode, sparse=self.algorithm.follows_gradients)
        Exactness(part.learner).check(part.take(meta["theta"]), part.episode)

    def _draw(self, step: int) -> Sequence[str]:
        stream = self.stream.child("tasks", step)
        with self.sampling:
            names = self.sampler.draw(step, self.tasks, self.sampler_state, stream)
        known = {task.name for task in self.tasks}
        return self.sampling.names(names, known=known, count=self.draws)

    def _episode(self, task: str, step: int) -> Episode:
        visit = self.visits[task]
        self.visits[task] += 1
        return self.source.episode(task, visit=visit, step=step, total_steps=self.steps)

    def _directions(
        self, meta: Blocks, episodes: Sequence[Episode], trace: _Trace
    ) -> Iterator[Blocks]:
        for number, episode in enumerate(episodes):
            self.learner.drain_losses()
            part = view(self.learner, episode, sparse=self.algorithm.follows_gradients)
            blocks = {name: part.take(block) for name, block in meta.items()}
            before = writes(blocks, part.episode)
            result = self.algorithm.meta_gradient(part.learner, blocks, part.episode)
            require_unmodified(before, blocks, part.episode, provider=self.provider)
            result = self.theirs.direction(result, blocks)
            trace.add(episode.task, self.learner.drain_losses(), result.scalars)
            if not number:
                scalars = Exactness(part.learner).sample(
                    episode.step, blocks["theta"], part.episode
                )
                trace.add(episode.task, (), scalars)
            yield {name: part.put(value) for name, value in result.directions.items()}

    def _average_heads(self, directions: Blocks, episodes: Sequence[Episode]) -> Blocks:
        """Turn each head's mean over the meta-batch into the mean over its own episodes."""
        along = {name: directions[name].clone() for name in self._along_theta(directions)}
        for task, count in Counter(episode.task for episode in episodes).items():
            for value in along.values():
                value[self.learner.layout.head(task)].mul_(len(episodes) / count)
        return {**directions, **along}

    def _along_theta(self, blocks: Blocks) -> list[str]:
        """Return the names of the blocks that hold a number for each parameter."""
        return [
            name for name, block in blocks.items() if block.shape == (self.learner.layout.size,)
        ]

    def _spans(self, episodes: Sequence[Episode]) -> dict[str, slice]:
        spans = {"encoder": self.learner.layout.spans()["encoder"]}
        for episode in episodes:
            spans[f"head {episode.task}"] = self.learner.layout.head(episode.task)
        return spans

    def _check(self, step: int, trace: _Trace, directions: Blocks) -> dict[str, float]:
        """Read all that is to be checked and logged at once: the one synchronisation of a step."""
        norms = [value.norm() for value in directions.values()]
        *norm_values, losses = trace.read(norms)
        for task, loss in losses:
            require_finite(loss, "a loss", stage="meta", step=step + 1, task=task)
        for name, norm in zip(directions, norm_values, strict=True):
            what = f"the direction for {name}"
            require_finite(norm, what, stage="meta", step=step + 1, by=self.provider)
        kinds = trace.by_kind(self._regressions())
        return {**trace.means(), **kinds, "direction_norm": norm_values[0]}

    def _regressions(self) -> set[str]:
        """Return the tasks with a squared-error loss; the others have cross-entropy."""
        heads = self.learner.layout.heads
        found = {task.name for task in self.tasks if heads[task.name][0].shape[0] == 1}
        return found if len(found) < len(self.tasks) else set()


@final
class _Trace:
    """The losses and scalars of a meta-batch, read from the device at once."""

    def __init__(self) -> None:
        self._entries: list[tuple[str, Tensor, Tensor]] = []
        self._scalars: dict[str, list[float | Tensor]] = {}
        self._before: list[float] = []
        self._after: list[float] = []

    def add(
        self, task: str, losses: Sequence[Tensor], scalars: Mapping[str, float | Tensor]
    ) -> None:
        """Note one episode: the loss of its first gradient and of its last one."""
        if losses:
            self._entries.append((task, losses[0], losses[-1]))
        for name, value in scalars.items():
            self._scalars.setdefault(name, []).append(value)

    def read(self, norms: Sequence[Tensor]) -> list[Any]:
        """Return the norms as numbers and, last, (task, loss) for every loss."""
        count = len(norms)
        tensors = [*norms, *(e[1] for e in self._entries), *(e[2] for e in self._entries)]
        values = torch.stack([value.detach().double() for value in tensors]).tolist()
        middle = count + len(self._entries)
        self._before, self._after = values[count:middle], values[middle:]
        tasks = [entry[0] for entry in self._entries]
        return [*values[:count], list(zip([*tasks, *tasks], values[count:], strict=True))]

    def by_task(self) -> dict[str, float]:
        """Return the mean last loss of each task."""
        sums: dict[str, list[float]] = {}
        for (task, _, _), loss in zip(self._entries, self._after, strict=True):
            sums.setdefault(task, []).append(loss)
        return {task: sum(losses) / len(losses) for task, losses in sums.items()}

    def by_kind(self, regressions: set[str]) -> dict[str, float]:
        """Return the mean last loss of each kind; nothing where all are of one kind."""
        kinds: dict[str, list[float]] = {}
        for (task, _, _), loss in zip(self._entries, self._after, strict=True):
            kind = "squared_error" if task in regressions else "cross_entropy"
            kinds.setdefault(kind, []).append(loss)
        found = {kind: sum(losses) / len(losses) for kind, losses in kinds.items()}
        return found if regressions else {}

    def means(self) -> dict[str, float]:
        """Return the mean of the first losses, of the last losses and of each scalar."""
        means = {name: sum(map(float, v)) / len(v) for name, v in self._scalars.items()}
        if self._entries:
            means["loss_before"] = sum(self._before) / len(self._before)
            means["loss_after"] = sum(self._after) / len(self._after)
        return means

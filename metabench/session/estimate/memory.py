"""The memory of a cell, from its settings and the lengths of its examples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, final

from metabench.plan.cell import FineTuneWork, MetaWork, PretrainWork
from metabench.session.estimate.counts import cell_counts
from metabench.session.estimate.footprint import BatchShape, EpisodeNeeds, Numbers
from metabench.session.estimate.parts import training

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metabench.plan.cell import Cell, TaskUse
    from metabench.session.estimate.footprint import EncoderShape, Footprint
    from metabench.session.estimate.lengths import RowLengths
    from metabench.spec.model.sections import ComputeSpec

__all__ = ["ASSUMED_BASE", "Lengths", "MemoryModel"]

ASSUMED_BASE = 450 * 2**20
"""A process after its imports, where it has not been measured."""

_SLACK = 3.0  # glibc's heap, which batches of many lengths leave in pieces
_SHARE = 0.25  # share of the free memory that exact products may keep on a CPU
_GPU_SHARE = 0.8
_FEATURES = 3 * 8  # bytes of a feature in float64: in batches, in one table, and once in a solver
_GPU_CONTEXT = 600 * 2**20

Lengths: TypeAlias = "Mapping[tuple[str, str], RowLengths]"
"""The known lengths of examples, by task and part (``train``, ``scored``)."""


@final
@dataclass(frozen=True, slots=True)
class MemoryModel:
    """The memory of cells on a device.

    Args:
        shape: the encoder.
        compute: the benchmark file's precision and memory settings.
        free: bytes that are free now.
        gpu: whether the device is a GPU.
        base: bytes of the process before its first cell.
    """

    shape: EncoderShape
    compute: ComputeSpec
    free: int
    gpu: bool = False
    base: int = ASSUMED_BASE

    def needed(self, cell: Cell, lengths: Lengths, *, saves: bool = True) -> float:
        """Return the peak memory of a cell in bytes.

        Args:
            cell: the cell.
            lengths: of examples, by task and part; examples of a missing task count as
                ``max_length`` long, an upper bound.
            saves: whether the cell is long enough for a checkpoint, or may be stopped; a GPU's
                checkpoints are copied to the machine's memory.
        """
        base = _GPU_CONTEXT if self.gpu else self.base
        return base + self._footprint(cell, lengths).total(saves=saves and not self.gpu)

    @property
    def without_batches(self) -> float:
        """The memory of the copies of the parameters that every stage holds."""
        return self.base + 5 * 4 * self.shape.parameters

    def _footprint(self, cell: Cell, lengths: Lengths) -> Footprint:
        work = cell.work
        limit = work.model.max_length
        if isinstance(work, FineTuneWork):
            shape = training(self.shape, work.settings.train)
            use = work.task
            scored = min(64, use.scored_limit or use.scored_rows)
            known = lengths.get((use.card.name, "scored"))
            last = known.scored().longest if known else _full(scored, limit)
            _, batch, _ = _batches(
                [use], work.settings.batch_size, max(1, work.steps), lengths, limit
            )
            heads, numbers = self._heads([use]), self._numbers()
            if not cell_counts(cell).gradients:
                table = _FEATURES * use.size * self.shape.width
                return self.shape.frozen(batch, last, table, heads=heads, numbers=numbers)
            return shape.adapt(batch, last, heads=heads, numbers=numbers)
        if isinstance(work, PretrainWork):
            size, steps = work.settings.batch_size, work.settings.steps
            _, batch, _ = _batches(work.tasks, size, steps, lengths, limit)
            return self.shape.pretrain(batch, numbers=self._numbers())
        return self._meta(work, lengths, limit)

    def _meta(self, work: MetaWork, lengths: Lengths, limit: int) -> Footprint:
        options: Any = work.algorithm.options
        episode, way = options.episode_shape(), options.uses_curvature()
        settings = work.settings
        draws = work.steps * settings.tasks_per_step * episode.batches
        mean, longest, words = _batches(
            work.tasks, settings.batch_size, draws, lengths, limit, episode=episode.batches
        )
        cost = options.episode_cost(work.steps)
        needs = EpisodeNeeds(
            support=episode.support_steps,
            way=way,
            keep=self.compute.curvature,
            room=self._room(),
            words=words,
            vectors=cost.vectors,
            blocks=cost.blocks,
            gathers=cost.gathers,
        )
        numbers = self._numbers()
        if way is not None:
            numbers = replace(numbers, size=4, fused=numbers.fused and way != "exact")
        return training(self.shape, settings.train).meta(
            mean,
            longest,
            needs,
            heads=self._heads(work.tasks),
            tasks=settings.tasks_per_step,
            numbers=numbers,
        )

    def _room(self) -> float:
        if self.compute.memory is not None:
            return self.compute.memory * 2**30
        return self.free * (_GPU_SHARE if self.gpu else _SHARE)

    def _numbers(self) -> Numbers:
        if not self.gpu:
            return Numbers(slack=_SLACK)
        size = 4 if self.compute.precision == "fp32" else 2
        return Numbers(size=size, device="cuda", fused=True)

    def _heads(self, uses: Iterable[TaskUse]) -> int:
        return sum(use.card.outputs * (self.shape.width + 1) for use in uses)


def _full(rows: int, width: int) -> BatchShape:
    return BatchShape(rows, rows * width, width)


def _batches(  # noqa: PLR0917  (whose, how many, how long)
    uses: Iterable[TaskUse],
    size: int,
    number: int,
    lengths: Lengths,
    limit: int,
    episode: int = 1,
) -> tuple[BatchShape, BatchShape, float | None]:
    """Return the mean and the longest batch and the words of an episode, each the most of any task.

    No words are returned where those of a task are not known.
    """
    found: list[tuple[BatchShape, BatchShape, float | None]] = []
    for use in uses:
        known = lengths.get((use.card.name, "train"))
        if known is None:
            batch = _full(min(size, use.size), limit)
            found.append((batch, batch, None))
            continue
        drawn = known.cut(use.rows).batches(size=size, number=number, episode=episode)
        found.append((drawn.mean, drawn.longest, drawn.words))
    means, longest, words = zip(*found, strict=True)
    counted = [count for count in words if count is not None]
    most = max(counted) if len(counted) == len(words) else None
    return _most(means), _most(longest), most


def _most(batches: Iterable[BatchShape]) -> BatchShape:
    rows, tokens, widths = zip(*((b.rows, b.tokens, b.width) for b in batches), strict=True)
    return BatchShape(max(rows), max(tokens), max(widths))

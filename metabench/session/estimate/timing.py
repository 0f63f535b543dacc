"""The time of a cell: its evaluations times the speed of this machine, probed or recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from metabench.learning import SampledTask, Schedule
from metabench.plan.cell import FineTuneWork, MetaWork, PretrainWork
from metabench.plugin.guard import Fault, guarded
from metabench.plugin.target import load_target
from metabench.session.estimate.counts import FORWARD, PRODUCT, cell_counts
from metabench.session.estimate.footprint import BatchShape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from metabench.engine.device import Device
    from metabench.plan.cell import Cell
    from metabench.session.estimate.counts import Counts
    from metabench.session.estimate.footprint import EncoderShape
    from metabench.session.estimate.lengths import RowLengths
    from metabench.session.estimate.memory import Lengths
    from metabench.session.estimate.probe import Operation, Speeds
    from metabench.store.records.cell import Result

__all__ = ["Rates", "TimeModel", "measured_rates", "rate_of"]

Rates = dict[tuple[str, str], float]
"""Seconds for each multiplication, by stage and method; "" stands for any method."""

_UPDATE = 12  # numbers read and written at an update of fine-tuning, by each of the parameters
_OUTER = 20  # the same at an outer step of meta-training
_EPISODE = 6  # the same for each of its episodes, by each of the parameters
_INNER = 6  # and at an inner step or after a product, by each of those that the episode touches
_GRADIENT = 5  # for a gradient, by each parameter of words that the probe had not
_POINTS = 5  # of meta-training, at which the sampler is asked for its distribution


@final
@dataclass(frozen=True, slots=True)
class TimeModel:
    """Work and time of cells.

    Args:
        shape: the encoder.
        lengths: of the examples of every task in use.
        keep: ``compute.curvature``.
    """

    shape: EncoderShape
    lengths: Lengths
    keep: str = "auto"
    _asked: dict[object, dict[str, float]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def work(self, cell: Cell) -> float:
        """Return the multiplications of a cell, those of a forward pass counting a third."""
        counts = cell_counts(cell, keep=self.keep)
        scored = self._scoring(cell.work) if isinstance(cell.work, FineTuneWork) else 0.0
        return counts.cost * self.shape.work(self.mean(cell)) + FORWARD * scored

    def mean(self, cell: Cell) -> BatchShape:
        """Return the mean batch of a cell's training."""
        work = cell.work
        if isinstance(work, FineTuneWork):
            known = self.lengths[work.task.card.name, "train"].cut(work.task.rows)
            return _drawn(known, work.settings.batch_size)
        size = work.settings.batch_size
        shares = self._shares(work) if isinstance(work, MetaWork) else {}
        total = sum(use.size for use in work.tasks)
        batches = {
            use.card.name: _drawn(self.lengths[use.card.name, "train"].cut(use.rows), size)
            for use in work.tasks
        }
        found = shares or {use.card.name: use.size / total for use in work.tasks}
        mean = _mixed(found, batches)
        if isinstance(work, PretrainWork):  # transformers' model computes padding as well
            return BatchShape(mean.rows, mean.rows * mean.width, mean.width)
        return mean

    def seconds(self, cell: Cell, speeds: Speeds) -> float:
        """Return the seconds that a cell takes by itself."""
        work, counts, mean = cell.work, cell_counts(cell, keep=self.keep), self.mean(cell)
        if isinstance(work, MetaWork):
            return self._meta_seconds(work, counts, speeds, self.shape.work(mean))
        one = self.shape.work(mean)
        if isinstance(work, PretrainWork):
            one += mean.tokens * self.shape.words * self.shape.width
        words = _GRADIENT * self.shape.words * self.shape.width
        floats = counts.updates * (_UPDATE * self.shape.parameters + words)
        training = counts.gradients * speeds.operations["gradient"].seconds(one)
        scoring = 0.0
        if isinstance(work, FineTuneWork):
            forward = speeds.operations["forward"]
            scoring = forward.slope * self._scoring(work) + forward.start * counts.scored_rows / 64
            scoring += counts.features / FORWARD * forward.seconds(one)
        return training + scoring + speeds.access * floats

    def _meta_seconds(
        self, work: MetaWork, counts: Counts, speeds: Speeds, batch: float, /
    ) -> float:
        """Return the seconds of meta-training with batches of so many multiplications."""
        exact = work.curvature == "exact"
        kind: Operation = "exact gradient" if exact else "gradient"
        single = speeds.operations[kind].seconds(batch)
        product = counts.product_cost * single
        if exact and counts.products:  # timed by itself, after a gradient
            dearer = counts.product_cost / PRODUCT[self.keep]
            product = dearer * speeds.operations["product"].seconds(batch)
        whole, requested = self.shape.parameters, counts.gradients + counts.features
        part = whole - self.shape.words * self.shape.width
        touched = (requested + counts.products) * _INNER * part
        episodes = work.steps * work.settings.tasks_per_step * _EPISODE * whole
        floats = touched + episodes + _OUTER * whole * counts.updates
        return requested * single + counts.products * product + speeds.access * floats

    def _scoring(self, work: FineTuneWork) -> float:
        """Return the multiplications of a forward pass over the evaluation set."""
        known = self.lengths[work.task.card.name, "scored"].cut(work.task.scored_limit)
        batch = known.scored().mean
        return self.shape.work(batch) * len(known.lengths) / batch.rows

    def _shares(self, work: MetaWork) -> dict[str, float]:
        """Return how often a sampler draws each task, asked once for cells that differ in seeds."""
        schedule = Schedule(work.steps, work.epoch_steps, work.settings.tasks_per_step, work.target)
        tasks = tuple(SampledTask(use.card.name, use.size, use.role) for use in work.tasks)
        place = work.sampler.target, work.sampler.options.model_dump_json(), schedule, tasks
        if place not in self._asked:
            self._asked[place] = _shares(work, schedule, tasks)
        return self._asked[place]


def _drawn(known: RowLengths, size: int) -> BatchShape:
    return known.batches(size=size, number=1).mean


def _mixed(shares: Mapping[str, float], batches: Mapping[str, BatchShape]) -> BatchShape:
    rows = sum(share * batches[name].rows for name, share in shares.items())
    tokens = sum(share * batches[name].tokens for name, share in shares.items())
    square = sum(
        share * batches[name].rows * batches[name].width ** 2 for name, share in shares.items()
    )
    return BatchShape(rows, tokens, (square / rows) ** 0.5)


def _shares(work: MetaWork, schedule: Schedule, tasks: Sequence[SampledTask]) -> dict[str, float]:
    """Return how often a sampler draws each task, asked at some steps; nothing if it fails."""

    def ask() -> dict[str, float]:
        found: dict[str, float] = {}
        sampler = load_target(work.sampler.target)(work.sampler.options, schedule)
        for point in range(_POINTS):
            step = point * (work.steps - 1) // (_POINTS - 1)
            for name, share in sampler.probabilities(step, tasks, {}).items():
                found[name] = found.get(name, 0.0) + share / _POINTS
        return found

    found = guarded(ask)  # a sampler's own affair; the run will name it
    return {} if isinstance(found, Fault) else found


def measured_rates(
    cells: Iterable[Cell],
    results: Mapping[str, Result],
    work: Callable[[Cell], float],
    *,
    device: Device,
) -> Rates:
    """Return the rates of completed cells; results of other devices or threads do not count."""
    sums: dict[tuple[str, str], list[float]] = {}
    for cell in cells:
        result = results.get(cell.key)
        if result is None or not _alike(result, device.precision(cell.curvature), device):
            continue
        for place in ((cell.kind, cell.method), (cell.kind, "")):
            total = sums.setdefault(place, [0.0, 0.0])
            total[0] += result.wall_seconds
            total[1] += work(cell)
    return {place: seconds / done for place, (seconds, done) in sums.items() if done}


def rate_of(cell: Cell, rates: Rates) -> float | None:
    """Return the rate of a cell's own method, else that of its stage; None where nothing is."""
    return rates.get((cell.kind, cell.method), rates.get((cell.kind, "")))


def _alike(result: Result, precision: str, device: Device) -> bool:
    made = result.provenance
    return (made.device, made.precision, made.threads) == (
        device.title,
        precision,
        device.threads,
    )

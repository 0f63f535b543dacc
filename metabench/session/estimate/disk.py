"""A run is refused whose results and checkpoints do not fit on the disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from metabench.errors import StoreError
from metabench.plan.cell import FineTuneWork, MetaWork, PretrainWork
from metabench.session.estimate.encoder import encoder_shape
from metabench.session.estimate.parts import training

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metabench.plan.cell import Cell
    from metabench.session.estimate.footprint import EncoderShape
    from metabench.session.runtime import Runtime

__all__ = ["bytes_needed", "refuse_full_disk"]

_FLOAT = 4
_RECORDS = 32 << 10  # cell.json, result.json and log.txt: more than most are
_STEP = 256  # a line of metrics.jsonl
_ROW = 24  # number, label and prediction of an evaluation example
_STATES = 3  # a checkpoint: the parameters and Adam's two moments
_CHECKPOINTS = 3  # two are kept while the next is written


def refuse_full_disk(cells: Sequence[Cell], *, folder: Path, runtime: Runtime) -> None:
    """Refuse a run that needs more of the disk than is free, before anything is run.

    Args:
        cells: those that are to be run.
        folder: the run folder; it need not exist.
        runtime: how many cells run at a time, and the hub.

    Raises:
        StoreError: there is not enough.
    """
    shape = encoder_shape(cells[0].work.model, hub=runtime.hub) if cells else None
    if shape is None:
        return
    there = next(path for path in folder.absolute().parents if path.exists())
    free = shutil.disk_usage(there).free
    needed = bytes_needed(cells, shape, jobs=runtime.jobs)
    if needed > free:
        raise StoreError(
            f"results and checkpoints need about {needed:,} bytes, and {free:,} are free",
            where=str(folder),
            hint="free some space, name another folder with --runs DIR, or run a part with --only",
        )


def bytes_needed(cells: Sequence[Cell], shape: EncoderShape, *, jobs: int) -> int:
    """Return about how many bytes cells take on the disk, checkpoints while they run included."""
    if not cells:
        return 0
    largest = max(_parameters(cell, shape) for cell in cells)
    at_a_time = min(jobs, len(cells)) * _CHECKPOINTS
    return sum(_left(cell, shape) for cell in cells) + at_a_time * _STATES * _FLOAT * largest


def _left(cell: Cell, shape: EncoderShape) -> int:
    """Return the bytes that a cell leaves when it is done."""
    work = cell.work
    if isinstance(work, FineTuneWork):
        rows = work.task.scored_limit or work.task.scored_rows
        return _RECORDS + _STEP * work.steps + rows * (_ROW + _FLOAT * work.task.card.outputs)
    steps = work.settings.steps if isinstance(work, PretrainWork) else work.steps
    vectors = 1.0 if isinstance(work, PretrainWork) else 1.0 + _blocks(work)
    return _RECORDS + _STEP * steps + round(_FLOAT * vectors * _parameters(cell, shape))


def _blocks(work: MetaWork) -> int:
    """Return how many vectors like theta a meta cell leaves besides theta."""
    options: Any = work.algorithm.options
    blocks: int = options.episode_cost(work.steps).blocks
    return blocks


def _parameters(cell: Cell, shape: EncoderShape) -> int:
    work = cell.work
    part = shape if isinstance(work, PretrainWork) else training(shape, work.settings.train)
    return part.trained + sum(use.card.outputs * (shape.width + 1) for use in cell.uses)

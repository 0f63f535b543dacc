"""Time and memory of every cell of a plan, before it is run; nothing is written. Loads torch."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, final

import transformers

from metabench.api.task import HubSource
from metabench.engine.device import resolve_device
from metabench.errors import MetabenchError
from metabench.plan.cell import FineTuneWork
from metabench.session.estimate.capacity import capacity
from metabench.session.estimate.encoder import encoder_shape
from metabench.session.estimate.lengths import task_lengths
from metabench.session.estimate.memory import MemoryModel
from metabench.session.estimate.probe import probe
from metabench.session.estimate.process import SCORING, process_bytes
from metabench.session.estimate.refusal import device_name
from metabench.session.estimate.timing import TimeModel, measured_rates, rate_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metabench.engine.device import Device
    from metabench.plan.cell import Cell
    from metabench.session.estimate.footprint import EncoderShape
    from metabench.session.estimate.memory import Lengths
    from metabench.session.estimate.probe import Operation, Speeds
    from metabench.session.estimate.timing import Rates
    from metabench.session.runtime import Runtime
    from metabench.spec.model.sections import ComputeSpec
    from metabench.store.records.cell import Result

__all__ = ["CellEstimate", "Estimates", "estimate"]

Basis = Literal["probe", "measured"]


@final
@dataclass(frozen=True, slots=True)
class CellEstimate:
    """The estimate of a cell: seconds when run alone, peak bytes, and the source of the seconds."""

    seconds: float
    memory_bytes: int
    basis: Basis


@final
@dataclass(frozen=True, slots=True)
class Estimates:
    """The estimates of cells by key, with notes.

    Without ``cells``, the one note gives the reason. ``start_seconds`` is the start-up time of each
    process before its first cell: libraries, tokenizer, examples.
    """

    cells: Mapping[str, CellEstimate]
    notes: tuple[str, ...]
    start_seconds: float = 0.0


def estimate(
    cells: Sequence[Cell],
    *,
    compute: ComputeSpec,
    runtime: Runtime,
    results: Mapping[str, Result],
) -> Estimates:
    """Return the estimate of each cell.

    Args:
        cells: the cells, none of which is unavailable.
        compute: precision and threads.
        runtime: device, hub, token cache, which is only read.
        results: of completed cells, by key.
    """
    if not cells:
        return Estimates({}, ())
    try:
        return _estimate(cells, compute, runtime, results)
    except (MetabenchError, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        return Estimates({}, (f"time and memory are not known: {reason}",))


def _estimate(
    cells: Sequence[Cell], compute: ComputeSpec, runtime: Runtime, results: Mapping[str, Result]
) -> Estimates:
    started = time.process_time()
    model = cells[0].work.model
    shape = encoder_shape(model, hub=runtime.hub)
    if shape is None:
        reason = "its configuration does not give its shape"
        return Estimates({}, (f"time and memory are not known: encoder {model.id!r}: {reason}",))
    device = resolve_device(runtime.device, compute)
    memory = _memory(cells, shape, compute, device_name(runtime.device))
    lengths = task_lengths(cells, model, hub=runtime.hub, cache=runtime.cache)
    start = time.process_time() - started
    timing = TimeModel(shape, lengths, compute.curvature)
    rates = measured_rates(cells, results, timing.work, device=device)
    left = [cell for cell in cells if rate_of(cell, rates) is None]
    speeds = _speeds(left, timing, runtime, device) if left else None
    found = {
        cell.key: _cell(cell, timing, memory, lengths, rates=rates, speeds=speeds) for cell in cells
    }
    return Estimates(found, tuple(_notes(rates, left, device)), start)


def _cell(
    cell: Cell,
    timing: TimeModel,
    memory: tuple[MemoryModel, MemoryModel],
    lengths: Lengths,
    *,
    rates: Rates,
    speeds: Speeds | None,
) -> CellEstimate:
    computing, scoring = memory
    model = scoring if isinstance(cell.work, FineTuneWork) else computing
    rate = rate_of(cell, rates)
    basis: Basis = "probe" if rate is None and speeds is not None else "measured"
    if rate is None and speeds is not None:
        seconds = timing.seconds(cell, speeds)
    else:
        seconds = (rate or 0.0) * timing.work(cell)
    saves = seconds > model.compute.checkpoint_seconds
    return CellEstimate(seconds, round(model.needed(cell, lengths, saves=saves)), basis)


def _memory(
    cells: Sequence[Cell], shape: EncoderShape, compute: ComputeSpec, device: str
) -> tuple[MemoryModel, MemoryModel]:
    """Return the model of a process that computes, and of one that scores as well."""
    has = capacity(device)
    model = MemoryModel(shape, compute, has.free if has else 0, gpu=device != "cpu")
    hub = any(isinstance(use.card.source, HubSource) for cell in cells for use in cell.uses)
    base = process_bytes(hub=hub)
    if base is None:
        return model, model
    return replace(model, base=base), replace(model, base=base + SCORING)


def _speeds(cells: Sequence[Cell], timing: TimeModel, runtime: Runtime, device: Device) -> Speeds:
    """Probe at the batch of the cell that takes longest."""
    model = cells[0].work.model
    config: Any = transformers.AutoConfig.from_pretrained(
        runtime.hub.model_folder(model.id) or model.id,
        revision=model.revision,
        local_files_only=runtime.hub.offline,
        trust_remote_code=False,
    )
    longest = max(cells, key=timing.work)
    operations: set[Operation] = set()
    for cell in cells:
        operations |= _operations(cell)
    return probe(
        config, timing.shape, timing.mean(longest), operations=sorted(operations), device=device
    )


def _operations(cell: Cell) -> set[Operation]:
    if isinstance(cell.work, FineTuneWork):
        return {"gradient", "forward"}
    if cell.curvature == "exact":
        return {"exact gradient", "product"}
    return {"gradient"}


def _notes(rates: Rates, left: Sequence[Cell], device: Device) -> list[str]:
    kinds = sorted({kind for kind, _ in rates})
    notes = []
    if kinds:
        notes.append(f"times of {' and '.join(kinds)} cells follow those that are done already")
    if left:
        threads = "1 thread" if device.threads == 1 else f"{device.threads} threads"
        where = device.title if device.device.type == "cuda" else f"a cpu with {threads}"
        notes.append(
            f"times follow a short probe of {where}, by itself; other programs come on top"
        )
    return notes

"""A run is refused if one of its cells does not fit into memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from metabench.errors import DeviceError, MetabenchError
from metabench.plan.cell import MetaWork
from metabench.session.estimate.capacity import capacity
from metabench.session.estimate.encoder import encoder_shape
from metabench.session.estimate.memory import MemoryModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.plan.cell import Cell
    from metabench.session.estimate.capacity import Capacity
    from metabench.session.estimate.lengths import RowLengths
    from metabench.session.runtime import Runtime
    from metabench.spec.model.sections import ComputeSpec, ModelSpec

__all__ = ["device_name", "refuse_missing_device", "refuse_what_cannot_fit"]


def refuse_what_cannot_fit(cells: Sequence[Cell], *, compute: ComputeSpec, runtime: Runtime) -> str:
    """Return a warning where a cell needs more than is free now, else nothing.

    Rows are taken to be as long as they may be; only where that does not fit are they looked at.

    Args:
        cells: those that are to be run.
        compute: precision and memory.
        runtime: device, hub, token cache.

    Raises:
        DeviceError: a cell needs more than the device has in all.
    """
    device = device_name(runtime.device)
    has = capacity(device)
    shape = encoder_shape(cells[0].work.model, hub=runtime.hub) if cells else None
    if has is None or shape is None:
        return ""
    model = MemoryModel(shape, compute, has.free, gpu=device != "cpu")
    return _looked_at(cells, model, has, runtime)


def refuse_missing_device(cells: Sequence[Cell], *, compute: ComputeSpec, runtime: Runtime) -> None:
    """Refuse a device or a precision that is not there, before anything is written.

    Args:
        cells: those that are to be run.
        compute: the precision.
        runtime: the device.

    Raises:
        DeviceError: the device does not exist, or lacks a requested bf16.
    """
    sure = runtime.device in {"auto", "cpu"} and compute.precision != "bf16"
    if sure or not cells:
        return
    from metabench.engine.device import resolve_device  # noqa: PLC0415  (torch loads here)

    resolve_device(runtime.device, compute)


def _looked_at(cells: Sequence[Cell], model: MemoryModel, has: Capacity, runtime: Runtime) -> str:
    """Refuse or warn by the actual lengths of the examples."""
    together = min(runtime.jobs, len(cells))
    doubtful = [cell for cell in cells if model.needed(cell, {}) * together > has.free]
    if not doubtful:
        return ""
    lengths = _lengths(doubtful, runtime)
    cell = max(doubtful, key=lambda cell: model.needed(cell, lengths))
    most = model.needed(cell, lengths)
    if most > has.total:
        raise _refusal(cell, most, has, fits=model.without_batches < has.total)
    if most * together <= has.free:
        return ""
    each = f", and {together} cells run at a time" if together > 1 else ""
    return (
        f"cell {cell.name} needs about {_gib(most)} of memory{each}; of {_gib(has.total)},"
        f" {_gib(has.free)} are free now"
    )


_GPU_FILES = ("nvidia[0-9]*", "dxg", "kfd")
"""The device files in ``/dev`` of the drivers of NVIDIA, WSL and AMD."""


def device_name(name: str) -> str:
    """Return the device of ``auto``; torch is loaded only if there may be a GPU."""
    if name != "auto":
        return name
    if not any(each for name in _GPU_FILES for each in Path("/dev").glob(name)):
        return "cpu"
    import torch  # noqa: PLC0415  (only where there may be a GPU)

    return "cuda" if torch.cuda.is_available() else "cpu"


def _lengths(cells: Sequence[Cell], runtime: Runtime) -> dict[tuple[str, str], RowLengths]:
    """Return the lengths of these cells' examples; empty where they are not available."""
    from metabench.session.estimate.lengths import task_lengths  # noqa: PLC0415  (torch loads here)

    model: ModelSpec = cells[0].work.model
    return task_lengths(cells, model, hub=runtime.hub, cache=runtime.cache)


def _refusal(cell: Cell, needed: float, has: Capacity, *, fits: bool) -> MetabenchError:
    """Return the error; ``fits``: the parameters without batches would fit."""
    stage = {"pretrain": "pretrain", "meta": "meta", "adapt": "finetune"}[cell.kind]
    ways = [f"{stage}.batch_size", *["inner_steps"] * (cell.kind == "meta"), "model.max_length"]
    hint = f"lower {', '.join(ways[:-1])} or {ways[-1]}"
    if isinstance(cell.work, MetaWork) and _is_exact(cell.work):
        hint += ', or set compute.curvature = "lean"'
    return DeviceError(
        f"needs about {_gib(needed)} of memory, and {has.source} has {_gib(has.total)} in all",
        where=f"cell {cell.name}",
        hint=hint if fits else "choose a smaller encoder, or a device with more memory",
    )


def _is_exact(work: MetaWork) -> bool:
    return work.curvature == "exact"


def _gib(count: float) -> str:
    return f"{count / 2**30:,.1f} GiB"

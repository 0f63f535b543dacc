"""A workbench for an assignment: this is where torch is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.engine.device import resolve_device
from metabench.results.store import Store
from metabench.session.workbench import Workbench

if TYPE_CHECKING:
    from metabench.nn.compiled import CompiledLayer
    from metabench.session.assignment import Assignment

__all__ = ["open_bench"]


def open_bench(assignment: Assignment) -> Workbench:
    """Return an empty workbench on the assignment's device.

    Raises:
        DeviceError: the device is not there.
    """
    device = resolve_device(assignment.runtime.device, assignment.compute)
    return Workbench(
        Store(assignment.folder),
        assignment.runtime,
        device,
        assignment.cells,
        assignment.compute.checkpoint_seconds,
        observers=assignment.observers,
        limits=assignment.limits,
        layers=_layers() if device.compiles else None,
    )


def _layers() -> CompiledLayer:
    """Return what compiles layers, or knows that it cannot: a line of code was tried."""
    from metabench.nn.compiled import CompiledLayer  # noqa: PLC0415  (torch's compiler loads here)

    layers = CompiledLayer()
    layers.check()
    return layers

"""A workbench for an assignment: this is where torch is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.engine.device import resolve_device
from metabench.results.store import Store
from metabench.session.workbench import Workbench

if TYPE_CHECKING:
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
    )

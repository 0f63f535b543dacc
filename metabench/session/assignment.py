"""What a process that runs cells is told, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from metabench.plan.cell import Cell
from metabench.plugin.local import LocalFile
from metabench.plugin.observers import Observer
from metabench.results.store import Stamp
from metabench.session.limits import Limits
from metabench.session.runtime import Asked, Runtime
from metabench.spec.model import ComputeSpec

__all__ = ["Assignment"]


@final
@dataclass(frozen=True)
class Assignment:
    """All that a worker has to know.

    ``files`` are plugins that are single files; the cells' options may be of classes in them.
    ``observers`` are those that are told of steps; each process has its own.
    ``seen`` says which records a cell had, by its key, when it was planned to be run.
    """

    folder: Path
    benchmark: Asked
    cells: Mapping[str, Cell]
    runtime: Runtime
    compute: ComputeSpec
    files: tuple[LocalFile, ...] = ()
    observers: tuple[Observer, ...] = ()
    seen: Mapping[str, Stamp] = field(default_factory=dict)

    @property
    def limits(self) -> Limits:
        """How long a cell may take."""
        whole = self.runtime.cell_timeout or self.compute.cell_timeout
        return Limits(whole, self.compute.hang_seconds)

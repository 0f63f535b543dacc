"""An attempt at a cell: its start, its environment, and the records it can end in."""

from __future__ import annotations

import resource
import sys
import time
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import torch

from metabench.api.events import CellEnded
from metabench.engine.memory import is_device_fault, is_out_of_memory
from metabench.errors import DeviceFaultError, MemoryExhaustedError, MetabenchError, SetupError
from metabench.import_path import hidden_module
from metabench.nn.caching import uses_custom_backward
from metabench.plan.cell import PretrainWork
from metabench.results.profile import environment
from metabench.session.cell.outcome import cell_facts, failure_record
from metabench.session.cell.provenance import cell_provenance
from metabench.store.records.cell import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metabench.engine.snapshot import Snapshot
    from metabench.plan.cell import Cell
    from metabench.session.cell.context import WorkerContext
    from metabench.session.cell.outcome import Outcome
    from metabench.store.checkpoint import CheckpointNote, Checkpoints
    from metabench.store.records.cell import Failure
    from metabench.store.records.provenance import Provenance

__all__ = ["Attempt"]


@final
@dataclass(frozen=True)
class Attempt:
    """An attempt at a cell: its start, and the records it can end in.

    ``uses`` is the process's number of compiled layer calls at the start.
    """

    cell: Cell
    context: WorkerContext
    started: str
    wall: float
    cpu: float
    number: int
    uses: int
    drift: tuple[str, ...] = ()

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment that bit-identical results need, if layers compile."""
        expected = self.context.compiles if self._can_compile else None
        return environment(self._provenance(compiled=expected))

    def _uncompiled(self) -> tuple[str, ...]:
        """Return why layers were not compiled, where they could have been."""
        return (self.context.uncompiled,) if self.context.uncompiled and self._can_compile else ()

    def going_on(self, note: CheckpointNote, drift: Sequence[str]) -> Attempt:
        """Return an attempt that began as much earlier as the cell has taken before."""
        return replace(
            self,
            wall=self.wall - note.wall_seconds,
            cpu=self.cpu - note.cpu_seconds,
            drift=tuple(drift),
        )

    def save(
        self, checkpoints: Checkpoints, snapshot: Snapshot, losses: Mapping[str, float]
    ) -> None:
        """Write a checkpoint with the time that the cell has taken."""
        checkpoints.save(
            snapshot.packed(),
            step=snapshot.step,
            facts=snapshot.facts,
            losses=losses,
            wall_seconds=time.monotonic() - self.wall,
            cpu_seconds=time.process_time() - self.cpu,
        )

    def result(self, outcome: Outcome, losses: dict[str, float]) -> Result:
        """Return the record of a cell that is done."""
        return Result(
            **cell_facts(self.cell),
            scores=dict(outcome.scores),
            primary=outcome.primary,
            collapsed=outcome.collapsed,
            train_rows=outcome.train_rows,
            scored_rows=outcome.scored_rows,
            steps=outcome.steps,
            losses=losses,
            draws=dict(outcome.draws),
            overlap=dict(outcome.overlap),
            splits=outcome.splits,
            standardised=dict(outcome.standardised),
            trained=outcome.trained,
            references={name: dict(scores) for name, scores in outcome.references.items()},
            notes=(*self.cell.notes, *self._uncompiled(), *outcome.notes),
            drift=self.drift,
            attempts=self.number,
            wall_seconds=time.monotonic() - self.wall,
            cpu_seconds=time.process_time() - self.cpu,
            peak_memory_bytes=_peak_memory(self.context.device.device),
            work=outcome.work,
            files=outcome.files,
            provenance=self._provenance(compiled=self._compiled),
        )

    def failure(self, error: Exception) -> Failure:
        """Return the record of a cell that failed."""
        known = _hidden(error) or _known(error, where=self.cell.name)
        return failure_record(
            self.cell,
            known,
            self._provenance(compiled=self._compiled),
            traceback="".join(traceback.format_exception(error)),
            attempts=self.number,
            wall_seconds=time.monotonic() - self.wall,
        )

    def ended(
        self, status: str, *, scores: dict[str, float] | None = None, message: str = ""
    ) -> CellEnded:
        """Return the event."""
        return CellEnded(
            self.cell.key,
            self.cell.name,
            status,
            time.monotonic() - self.wall,
            scores or {},
            message,
            str(self.context.store.cell_folder(self.cell.folder)),
        )

    def _provenance(self, *, compiled: bool | None) -> Provenance:
        return cell_provenance(
            self.cell,
            self.context.assignment,
            device=self.context.device,
            started=self.started,
            compiled=compiled,
        )

    @property
    def _compiled(self) -> bool | None:
        """Whether layers were compiled; None where no gradient goes through such layers."""
        layers = self.context.layers
        if not self._can_compile:
            return None
        return layers is not None and not layers.failure and layers.uses > self.uses

    @property
    def _can_compile(self) -> bool:
        """Whether the cell takes gradients by autograd through layers of ours."""
        way, device = self.cell.curvature, self.context.device
        return not isinstance(self.cell.work, PretrainWork) and not uses_custom_backward(
            way, device.device.type, autocast=device.autocasts(way)
        )


def _hidden(error: Exception) -> SetupError | None:
    found = hidden_module(error)
    return None if found is None else SetupError(found[0], where=found[1], hint=found[2])


def _known(error: Exception, *, where: str) -> MetabenchError:
    """Return an exception as a MetabenchError, whose status is the record's."""
    if isinstance(error, MetabenchError):
        return error
    if is_out_of_memory(error):
        return MemoryExhaustedError(
            "there is no memory left",
            hint="lower meta.batch_size, finetune.batch_size or model.max_length",
        )
    if is_device_fault(error):
        return DeviceFaultError(
            f"the GPU reported a fault: {str(error).partition(chr(10))[0]}",
            where=where,
            hint="see the cell's log.txt; CUDA_LAUNCH_BLOCKING=1 names the operation. Other cells"
            " run in a new process",
        )
    return MetabenchError(
        f"a bug: {type(error).__name__}: {error}", hint="report it with the cell's log.txt"
    )


def _peak_memory(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

"""The status of a run, from its folder only, without disturbing a running one."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from metabench.store.file_names import AGAIN, LOCK, METRICS
from metabench.store.folder import Folder
from metabench.store.identity import LockOwner
from metabench.store.lock import lock_owner
from metabench.store.processes import at_work
from metabench.store.records.cell import Failure
from metabench.store.records.run import PlannedCell, RunNote
from metabench.store.run_folder import Store, StoredCell

__all__ = ["CellStatus", "LastStep", "RunStatus", "is_running", "last_step", "run_status"]

StatusName: TypeAlias = Literal[
    "done", "running", "waiting", "interrupted", "failed", "skipped", "unavailable"
]
_TAIL_BYTES = 4096


@final
@dataclass(frozen=True, slots=True)
class LastStep:
    """The last step of a cell that was written down; steps count from 1."""

    stage: str
    step: int
    total: int


@final
@dataclass(frozen=True, slots=True)
class CellStatus:
    """A planned cell: its state, its progress, and its records."""

    plan: PlannedCell
    state: StatusName
    step: LastStep | None = None
    failure: Failure | None = None
    wall_seconds: float | None = None
    drift: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class RunStatus:
    """The status of a run.

    Args:
        note: the request.
        owners: the processes that work on it now.
        cells: every planned cell, needs first.
        seconds_left: until the last request is done; None where unknown.
        damage: the unusable files with reasons, one sentence each; such a cell is not done.
    """

    note: RunNote
    owners: tuple[LockOwner, ...]
    cells: tuple[CellStatus, ...]
    seconds_left: float | None
    damage: tuple[str, ...] = ()

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return the number of cells by (stage, state)."""
        return Counter((cell.plan.kind, cell.state) for cell in self.cells)

    def failures(self) -> Mapping[str, Sequence[CellStatus]]:
        """Return the failed cells by kind of failure."""
        kinds: dict[str, list[CellStatus]] = defaultdict(list)
        for cell in self.cells:
            if cell.state == "failed" and cell.failure is not None:
                kinds[cell.failure.status].append(cell)
        return kinds


def run_status(store: Store) -> RunStatus:
    """Return the status of a run.

    Raises:
        StoreError: the folder is not that of a run.
    """
    owners = at_work(store.folder)
    note = store.run()
    cells: dict[str, CellStatus] = {}
    damage: list[str] = []
    plans = note.cells or tuple(_from_uses(note))
    found_cells = store.cells((planned.cell for planned in plans), noted=False)
    for planned, known in zip(plans, found_cells, strict=True):
        # A note distinguishes a started cell from a new one.
        stored = store.cell(planned.cell) if known.result is None else known
        damage += [f"{planned.cell}: {what}" for what in stored.damage]
        found = _cell(planned, stored, store)
        blocked = found.state == "waiting" and any(
            need in cells and cells[need].state in {"failed", "skipped"} for need in planned.needs
        )
        cells[planned.key] = CellStatus(planned, "skipped") if blocked else found
    every = tuple(cells.values())
    left = _seconds_left(every) if owners else None
    return RunStatus(note, owners, every, left, tuple(damage))


def last_step(folder: Folder) -> LastStep | None:
    """Return the last whole line of a cell's ``metrics.jsonl``, None where there is none."""
    try:
        with folder.opened() as here, here.stream(METRICS) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read()
    except OSError:
        return None
    for line in reversed(tail.rpartition(b"\n")[0].splitlines()):
        try:
            record = json.loads(line)
            return LastStep(str(record["stage"]), int(record["step"]), int(record["total"]))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            continue  # the line was cut where we began to read
    return None


def _from_uses(note: RunNote) -> Iterator[PlannedCell]:
    """Yield the cells of scores in a run folder of an earlier version."""
    for use in note.uses:
        yield PlannedCell(
            cell=use.cell,
            key=use.key,
            kind="adapt",
            method=use.method,
            unavailable=use.unavailable,
        )


def _cell(planned: PlannedCell, stored: StoredCell, store: Store) -> CellStatus:
    folder = store.place(planned.cell)
    failure = stored.failure
    if stored.lock and is_running(folder):
        step = last_step(store.place(f"{AGAIN}{planned.cell}")) or last_step(folder)
        found = CellStatus(planned, "running", step)
    elif stored.result is not None and stored.result.key == planned.key:
        found = CellStatus(
            planned, "done", wall_seconds=stored.result.wall_seconds, drift=stored.result.drift
        )
    elif planned.unavailable:
        found = CellStatus(planned, "unavailable")
    elif failure is not None and failure.status not in {"interrupted", "unavailable"}:
        found = CellStatus(planned, "failed", failure=failure)
    elif stored.note is not None:
        found = CellStatus(planned, "interrupted", last_step(folder), failure)
    else:
        found = CellStatus(planned, "waiting")
    return found


def is_running(folder: Folder) -> bool:
    """Return whether a process runs the cell of a folder now: whether it holds its lock."""
    return lock_owner(folder, LOCK) is not None


def _seconds_left(cells: Sequence[CellStatus]) -> float | None:
    """Return the time until the request is done, at the pace of completed cells.

    Each stage has a separate pace; a stage without completed cells uses that of all others.
    """
    work: dict[str, float] = defaultdict(float)
    spent: dict[str, float] = defaultdict(float)
    for cell in cells:
        if cell.state == "done" and cell.wall_seconds is not None:
            for kind in (cell.plan.kind, ""):
                work[kind] += cell.plan.cost
                spent[kind] += cell.wall_seconds
    if not work[""]:
        return None
    pace = {kind: spent[kind] / work[kind] for kind in work if work[kind]}
    left = sum(_rest(cell) * pace.get(cell.plan.kind, pace[""]) for cell in cells)
    return left / max(1, sum(cell.state == "running" for cell in cells))


def _rest(cell: CellStatus) -> float:
    """Return how much of a cell's cost is still before it in this run."""
    if not cell.plan.selected or cell.state not in {"running", "waiting", "interrupted"}:
        return 0.0
    done = cell.step.step / max(cell.step.total, 1) if cell.state == "running" and cell.step else 0
    return cell.plan.cost * (1 - done)

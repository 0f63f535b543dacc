"""One result run again from its record, with all that it needs, and held against the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from metabench.errors import NothingMatchedError, SetupError
from metabench.plan.selection import part_of
from metabench.plan.states import PlanState
from metabench.results.profile import changed
from metabench.results.repeats import same_numbers
from metabench.session.replay.replan import key_change
from metabench.session.runner.policy import RunPolicy
from metabench.session.runner.run import run_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metabench.api.events import Event
    from metabench.plan.cell import Cell
    from metabench.plan.plan import Plan
    from metabench.plugin.catalog import Catalog
    from metabench.session.runtime import RunSummary, Runtime
    from metabench.store.records.cell import Result
    from metabench.store.run_folder import Store

__all__ = ["Reproduced", "cells_behind", "recorded_cell", "reproduce"]


@final
@dataclass(frozen=True, slots=True)
class Reproduced:
    """A recorded result and a new one, both of one key.

    Args:
        then: the recorded result; None where it is missing, such as a meta cell's that was removed.
        now: the new record.
    """

    then: Result | None
    now: Result

    @property
    def exact(self) -> bool:
        """Whether every score, loss, draw and byte of a file is the same."""
        return self.then is not None and same_numbers(self.then, self.now)

    @property
    def same_scores(self) -> bool:
        """Whether every score is the same; of a cell that has none, whether all is."""
        if self.then is None or not self.then.scores:
            return self.exact
        return dict(self.then.scores) == dict(self.now.scores)

    @property
    def changed(self) -> tuple[str, ...]:
        """Differences between the environments, such as ``torch 2.12 → 2.13``."""
        return changed(self.then.provenance, self.now.provenance) if self.then else ()


def recorded_cell(plan: Plan, store: Store, folder: str) -> tuple[Cell, Result]:
    """Return a cell of a plan, of any kind, and its record, by the name of its folder.

    Raises:
        NothingMatchedError: it has no result.
        SetupError: an input of its numbers has changed, and so has its key.
    """
    stored = store.cell(folder)
    if stored.result is None:
        why = f": {stored.damage[0]}" if stored.damage else ""
        raise NothingMatchedError(
            f"{folder!r} has no result{why}",
            hint="name the result.json of a cell that is done; `metabench status RUN` lists them",
        )
    cell = plan.by_key.get(stored.result.key)
    if cell is not None:
        return cell, stored.result
    raise SetupError(
        f"{stored.result.key[:8]!r} is not its key here: {key_change(plan, store, folder)}",
        where=f"cell {folder}",
        hint="bring that back: the same data, encoder, plugins and version of metabench",
    )


def cells_behind(plan: Plan, cell: Cell) -> tuple[Cell, ...]:
    """Return a cell with all that it needs, needs first."""
    keys = part_of(plan, cell.key).keys
    return tuple(each for each in plan.cells if each.key in keys)


def reproduce(
    plan: Plan,
    cell: Cell,
    *,
    catalog: Catalog,
    stores: tuple[Store, Store],
    runtime: Runtime,
    emit: Callable[[Event], None],
) -> tuple[RunSummary, Sequence[Reproduced]]:
    """Run a cell and all cells that it needs in a second store; compare them with the first.

    Cells that are already in the second store are not run again, so a stopped run resumes.

    Raises:
        SetupError: the second folder cannot be written, or the device does not exist.
        StoppedError: a stop was requested.
    """
    recorded, fresh = stores
    selection = part_of(plan, cell.key)
    summary = run_plan(
        PlanState.of(plan, fresh),
        catalog=catalog,
        runtime=runtime,
        emit=emit,
        policy=RunPolicy(selection=selection, retry_failed=True),
    )
    found = []
    for each in cells_behind(plan, cell):
        now = fresh.result(each.folder, key=each.key)
        if now is not None:
            found.append(Reproduced(recorded.result(each.folder, key=each.key), now))
    return summary, found

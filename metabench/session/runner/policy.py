"""The cells of a plan that run, those that do not, and when a run gives up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.plan.cell import Cell
    from metabench.plan.plan import Plan
    from metabench.plan.selection import Selection
    from metabench.plan.states import CellState

__all__ = ["RunPolicy", "Todo", "to_do"]


@final
@dataclass(frozen=True, slots=True)
class RunPolicy:
    """A run's treatment of existing results.

    Args:
        selection: the selected part; None is all.
        force: run selected cells although they are done; an old result stays until there is a new
            one. Cells that they need are not run again.
        retry_failed: run failed cells again.
        max_failures: failed cells after which the run stops; None: never.
    """

    selection: Selection | None = None
    force: bool = False
    retry_failed: bool = False
    max_failures: int | None = None


@final
@dataclass(frozen=True, slots=True)
class Todo:
    """The work of a run.

    Args:
        cells: the cells to run, needs first.
        blocked: cells that do not run, because a cell that they need has failed before.
        unscored: cells scored from existing predictions, without training.
        done: keys of the cells that others can build on.
    """

    cells: tuple[Cell, ...]
    blocked: tuple[Cell, ...]
    unscored: tuple[Cell, ...]
    done: frozenset[str]


def to_do(plan: Plan, states: Mapping[str, CellState], policy: RunPolicy) -> Todo:
    """Return the work of a run by its policy, plan and existing records."""
    selection = policy.selection
    chosen: dict[str, Cell] = {}
    blocked: dict[str, Cell] = {}
    unscored: list[Cell] = []
    failed: set[str] = set()
    for cell in plan.cells:
        if selection is not None and cell.key not in selection.keys:
            continue
        state = states[cell.key].state
        if state == "unscored" and not _is_forced(cell, policy):
            unscored.append(cell)
        elif not _is_due(cell, state, policy):
            failed.update([cell.key] * (state in {"failed", "unavailable"}))
        elif any(need in failed or need in blocked for need in cell.needs):
            blocked[cell.key] = cell
        else:
            chosen[cell.key] = cell
    done = {key for key, state in states.items() if state.state == "done" and key not in chosen}
    return Todo(tuple(chosen.values()), tuple(blocked.values()), tuple(unscored), frozenset(done))


def _is_forced(cell: Cell, policy: RunPolicy) -> bool:
    return policy.force and (policy.selection is None or cell.key in policy.selection.matched)


def _is_due(cell: Cell, state: str, policy: RunPolicy) -> bool:
    if state == "done":
        return _is_forced(cell, policy)
    if state == "failed":
        return policy.retry_failed or policy.force
    return state != "unavailable"

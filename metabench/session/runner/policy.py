"""What of a plan is run, what is left as it is, and when a run gives up."""

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
    """How a run treats what is there.

    Args:
        selection: the part that is asked for; None is all.
        force: run what is selected although it is done; its old result stays until there is a new
            one. What it merely needs is not run again.
        retry_failed: run again what failed before.
        max_failures: stop after so many failed cells; None is never.
    """

    selection: Selection | None = None
    force: bool = False
    retry_failed: bool = False
    max_failures: int | None = None


@final
@dataclass(frozen=True, slots=True)
class Todo:
    """What a run has before it.

    Args:
        cells: what is run, needs first.
        blocked: what is not, because a cell that it needs has failed before.
        unscored: what gets its scores from predictions that are there, without training.
        done: keys of the cells that others can build on.
    """

    cells: tuple[Cell, ...]
    blocked: tuple[Cell, ...]
    unscored: tuple[Cell, ...]
    done: frozenset[str]


def to_do(plan: Plan, states: Mapping[str, CellState], policy: RunPolicy) -> Todo:
    """Return what a policy makes of a plan and what is there of it."""
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

"""What of a plan is done, and why the rest is not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, final

from metabench.plan.difference import differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metabench.plan.cell import Cell
    from metabench.plan.plan import Plan
    from metabench.store.run_folder import Store, StoredCell

__all__ = ["CellState", "StateName", "cell_states", "with_stored_names"]

StateName: TypeAlias = Literal["done", "new", "stale", "failed", "unavailable"]

_MOST = 3
_TO_BE_RUN_AGAIN = {"interrupted", "unavailable"}
"""A record of these says nothing of what will happen now."""


@final
@dataclass(frozen=True, slots=True)
class CellState:
    """Where a cell stands.

    Args:
        state: ``done``: there is a valid result under its key; ``failed``: the last attempt left a
            failure; ``stale``: there is another cell of that name, with other inputs;
            ``unavailable``: there are not enough rows; ``new``: none of these.
        reason: why, in a few words; empty for what is done or new.
    """

    state: StateName
    reason: str = ""


def with_stored_names(plan: Plan, store: Store) -> Plan:
    """Return the plan with each cell under the name that a store knows it by.

    A cell's key outlives its readable name: a method was renamed, or the order of two methods that
    share the cell has changed. Under the stored name its folder is found again.
    """
    known = {cell.key: cell.name for cell in store.cells() if cell.key and cell.result is not None}
    cells = tuple(
        replace(cell, name=known[cell.key]) if known.get(cell.key, cell.name) != cell.name else cell
        for cell in plan.cells
    )
    return replace(plan, cells=cells)


def cell_states(plan: Plan, store: Store) -> Mapping[str, CellState]:
    """Return the state of every cell of a plan by key; each folder of the store is read once.

    Raises:
        StoreError: the store cannot be read.
    """
    stored = list(store.cells())
    by_folder = {cell.folder: cell for cell in stored}
    by_name: dict[str, list[StoredCell]] = defaultdict(list)
    for cell in stored:
        by_name[cell.name].append(cell)
    states: dict[str, CellState] = {}
    for planned in plan.cells:
        own = by_folder.get(planned.folder)
        state = _own_state(planned, own) or _kin_state(planned, by_name[planned.name], states)
        states[planned.key] = state
    return states


def _own_state(cell: Cell, own: StoredCell | None) -> CellState | None:
    """Return the state that the cell's own folder settles, if it does."""
    if own is not None and own.result is not None and own.result.key == cell.key:
        return CellState("done")
    if cell.unavailable:
        return CellState("unavailable", cell.unavailable)
    return _attempted(own) if own is not None else None


def _attempted(own: StoredCell) -> CellState:
    failure = own.failure
    if failure is None:
        return CellState("new", "; ".join(own.damage))
    if failure.status in _TO_BE_RUN_AGAIN:
        return CellState("new", f"was {failure.status}")
    return CellState("failed", f"{failure.status}: {failure.message}")


def _kin_state(cell: Cell, kin: Sequence[StoredCell], states: Mapping[str, CellState]) -> CellState:
    """Return ``stale`` where the store has a cell of that name with other inputs, else ``new``."""
    found = [
        differences(other.inputs, cell.inputs) for other in kin if other.inputs and other.result
    ]
    if not found:
        return CellState("new")
    return CellState("stale", _reason(min(found, key=len), cell, states))


def _reason(phrases: Sequence[str], cell: Cell, states: Mapping[str, CellState]) -> str:
    """Return the phrases, and for what changed in a cell that is needed, that cell's own reason."""
    needed = _needed_reasons(cell.needs, states)
    first_hand = [phrase for phrase in phrases if phrase not in _SECOND_HAND]
    second_hand = len(first_hand) < len(phrases)
    words = [*first_hand, *(needed or ["an earlier stage changed"])] if second_hand else first_hand
    words = list(dict.fromkeys(words))  # what changed both here and there is said once
    more = len(words) - _MOST
    return "; ".join(words[:_MOST]) + (f"; and {more} more" if more > 0 else "")


def _needed_reasons(needs: Iterable[str], states: Mapping[str, CellState]) -> list[str]:
    reasons = [states[need].reason for need in needs if states[need].state == "stale"]
    return list(dict.fromkeys(reason for text in reasons for reason in text.split("; ")))


_SECOND_HAND = {"initialisation changed", "encoder changed"}

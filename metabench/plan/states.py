"""The states of a plan's cells, with reasons."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, final

from metabench.fingerprint import fingerprint
from metabench.plan.difference import differences
from metabench.store.file_names import LOCK
from metabench.store.lock import lock_owner
from metabench.store.stored_cell import NO_RECORDS, Stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metabench.plan.cell import Cell
    from metabench.plan.plan import Plan
    from metabench.store.run_folder import Store, StoredCell

__all__ = ["CellState", "PlanState", "StateName", "cell_states", "with_stored_names"]

StateName: TypeAlias = Literal[
    "done", "unscored", "interrupted", "new", "stale", "failed", "unavailable"
]

_MOST = 3
_TO_BE_RUN_AGAIN = {"interrupted", "unavailable"}
"""Statuses of records that do not predict another attempt."""


@final
@dataclass(frozen=True, slots=True)
class CellState:
    """The state of a cell.

    Args:
        state: ``done``: there is a valid result under its key; ``unscored``: a cell that differs in
            nothing but its metrics is done, so that its predictions give the scores; ``failed``:
            the last attempt left a failure; ``interrupted``: it was started, has not ended, and no
            process runs it; ``stale``: there is another cell of that name, with other inputs;
            ``unavailable``: there are too few examples; ``new``: none of these.
        reason: the reason in a few words; empty for done and new cells.
        source: folder of the cell whose predictions an unscored cell takes over.
        seen: its records when they were read.
    """

    state: StateName
    reason: str = ""
    source: str = ""
    seen: Stamp = field(default=NO_RECORDS, compare=False)


class PlanState(NamedTuple):
    """A plan, the run folder that it is for, and the state of each of its cells by key.

    Other processes may complete cells in the meantime: before a cell runs, its records are compared
    with ``seen``.
    """

    plan: Plan
    store: Store
    states: Mapping[str, CellState]

    @classmethod
    def of(cls, plan: Plan, store: Store) -> PlanState:
        """Look at the run folder.

        Raises:
            StoreError: it cannot be read.
        """
        return cls(plan, store, cell_states(plan, store))


def with_stored_names(plan: Plan, store: Store) -> Plan:
    """Return the plan with each cell under the name that a store knows it by.

    A cell's key outlives its readable name: a method was renamed, or the order of two methods that
    share the cell has changed. Under the stored name its folder is found again.
    """
    known = {cell.result.key: cell.name for cell in store.cells(noted=False) if cell.result}
    cells = tuple(
        replace(cell, name=known[cell.key]) if known.get(cell.key, cell.name) != cell.name else cell
        for cell in plan.cells
    )
    return replace(plan, cells=cells)


def cell_states(plan: Plan, store: Store) -> Mapping[str, CellState]:
    """Return the state of every cell of a plan by key.

    Where all is done, no ``cell.json`` is read: a result under the key of a cell settles it.

    Raises:
        StoreError: the store cannot be read.
    """
    stored = list(store.cells(noted=False))
    by_folder = {cell.folder: cell for cell in stored}
    by_name: dict[str, list[StoredCell]] = defaultdict(list)
    for cell in stored:
        by_name[cell.name].append(cell)
    noted = cache(store.cell)
    trained = cache(lambda: _by_work(noted(cell.folder) for cell in stored))
    states: dict[str, CellState] = {}
    for planned in plan.cells:
        own = by_folder.get(planned.folder)
        state = _settled_state(planned, own) or _unscored_state(planned, trained())
        if state is None and own is not None:
            held = lock_owner(store.place(own.folder), LOCK) is not None
            state = _begun_state(noted(own.folder), running=held)
        if state is None:
            kin = [noted(other.folder) for other in by_name[planned.name] if other.result]
            state = _kin_state(planned, kin, states)
        states[planned.key] = state if own is None else replace(state, seen=own.stamp)
    return states


def _settled_state(cell: Cell, own: StoredCell | None) -> CellState | None:
    """Return the state that needs no look at other cells, if the cell is in one."""
    if own is not None and own.result is not None and own.result.key == cell.key:
        return CellState("done")
    if cell.unavailable:
        return CellState("unavailable", cell.unavailable)
    failure = own.failure if own is not None else None
    if failure is None or failure.status in _TO_BE_RUN_AGAIN:
        return None
    return CellState("failed", f"{failure.status}: {failure.message}")


def _begun_state(own: StoredCell, *, running: bool) -> CellState:
    """Return the state of a cell without a valid result in its folder."""
    if own.damage:
        return CellState("new", "; ".join(own.damage))
    if own.failure is not None and own.failure.status != "interrupted":
        return CellState("new", f"was {own.failure.status}")
    if running:
        return CellState("new", "a process runs it now")
    return CellState("interrupted" if own.note or own.failure else "new")


def _by_work(stored: Iterable[StoredCell]) -> Mapping[str, StoredCell]:
    """Return the adapt cells that have predictions, by all that these depend on."""
    return {
        _without_metrics(cell.inputs): cell
        for cell in stored
        if cell.kind == "adapt" and cell.inputs and cell.result and cell.result.files
    }


def _unscored_state(cell: Cell, trained: Mapping[str, StoredCell]) -> CellState | None:
    """Return ``unscored`` where a cell with other metrics has predictions, else None."""
    found = trained.get(_without_metrics(cell.inputs))
    if found is None:
        return None
    metrics = [one.inputs.get("metrics") for one in (found, cell)]
    before, after = (", ".join(names) if isinstance(names, dict) else "" for names in metrics)
    change = f"metrics {before} → {after}" if before != after else f"source of {after} changed"
    reason = f"{change}; to be scored from saved predictions"
    return CellState("unscored", reason, found.folder)


def _without_metrics(inputs: Mapping[str, Any]) -> str:
    return fingerprint({name: value for name, value in inputs.items() if name != "metrics"})


def _kin_state(cell: Cell, kin: Sequence[StoredCell], states: Mapping[str, CellState]) -> CellState:
    """Return ``stale`` where the store has a cell of that name with other inputs, else ``new``."""
    found = [
        differences(other.inputs, cell.inputs) for other in kin if other.inputs and other.result
    ]
    if not found:
        return CellState("new")
    return CellState("stale", _reason(min(found, key=len), cell, states))


def _reason(phrases: Sequence[str], cell: Cell, states: Mapping[str, CellState]) -> str:
    """Return the phrases, with the reason of a needed cell for a change in that cell."""
    needed = _needed_reasons(cell.needs, states)
    first_hand = [phrase for phrase in phrases if phrase not in _SECOND_HAND]
    second_hand = len(first_hand) < len(phrases)
    words = [*first_hand, *(needed or ["an earlier stage changed"])] if second_hand else first_hand
    words = list(dict.fromkeys(words))  # a change in both cells is reported once
    more = len(words) - _MOST
    return "; ".join(words[:_MOST]) + (f"; and {more} more" if more > 0 else "")


def _needed_reasons(needs: Iterable[str], states: Mapping[str, CellState]) -> list[str]:
    reasons = [states[need].reason for need in needs if states[need].state == "stale"]
    return list(dict.fromkeys(reason for text in reasons for reason in text.split("; ")))


_SECOND_HAND = {"initialisation changed", "encoder changed"}

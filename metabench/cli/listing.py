"""Cells as lines: state, stage, method, name, reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from metabench.cli.text import aligned, cells

if TYPE_CHECKING:
    from metabench.plan.plan import Plan
    from metabench.plan.states import CellState, StateName

__all__ = ["cell_lines", "plan_lines", "reason_lines", "state_counts"]

_ORDER: tuple[StateName, ...] = ("done", "new", "stale", "failed", "unavailable")


def state_counts(states: Mapping[str, CellState]) -> str:
    """Return the number of cells in each state, such as ``12 done, 3 new``."""
    counts = Counter(state.state for state in states.values())
    return ", ".join(f"{counts[state]} {state}" for state in _ORDER if counts[state]) or "none"


def reason_lines(states: Mapping[str, CellState]) -> Iterator[str]:
    """Yield why cells are to be run again or cannot be run, each reason once."""
    counts = Counter((state.state, state.reason) for state in states.values() if state.reason)
    for (state, reason), number in counts.items():
        yield f"  {state}, {cells(number)}: {reason}"


def cell_lines(plan: Plan, states: Mapping[str, CellState]) -> Iterator[str]:
    """Yield a line per cell, grouped by stage and method."""
    rows = [("state", "stage", "method", "cell", "reason")]
    ordered = sorted(plan.cells, key=lambda cell: ("pretrain", "meta", "adapt").index(cell.kind))
    rows += [
        (states[cell.key].state, cell.kind, cell.method or "-", cell.name, states[cell.key].reason)
        for cell in ordered
    ]
    yield from aligned(rows)
    yield ""
    yield f"{cells(len(states))}: {state_counts(states)}"
    yield from (f"note: {note}" for note in plan.notes)


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield what a plan holds: cells by method and stage, what is unavailable, its notes."""
    counts = Counter((cell.method or "-", cell.kind) for cell in plan.cells)
    rows = [("method", "stage", "cells")]
    rows += [(method, kind, str(number)) for (method, kind), number in counts.items()]
    yield from aligned(rows)
    for cell in plan.cells:
        if cell.unavailable:
            yield f"unavailable: {cell.name}: {cell.unavailable}"
    yield from (f"note: {note}" for note in plan.notes)

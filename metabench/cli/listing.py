"""Cells as lines: state, stage, method, name, reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from metabench.cli.text import aligned, cells

if TYPE_CHECKING:
    from metabench.plan.cell import Cell
    from metabench.plan.plan import Plan
    from metabench.plan.states import CellState, StateName

__all__ = ["cell_entries", "cell_lines", "plan_entry", "plan_lines", "reason_lines", "state_counts"]

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


def cell_lines(
    plan: Plan, states: Mapping[str, CellState], *, to_run: Collection[str]
) -> Iterator[str]:
    """Yield a line per cell, grouped by stage and method; ``to_run`` are keys."""
    rows = [("state", "stage", "method", "cell", "reason")]
    chosen = {cell.key: states[cell.key] for cell in plan.cells}
    rows += [
        (chosen[cell.key].state, cell.kind, cell.method or "-", cell.name, chosen[cell.key].reason)
        for cell in _ordered(plan)
    ]
    yield from aligned(rows)
    yield ""
    yield f"{cells(len(chosen))}: {state_counts(chosen)}; {len(to_run)} to run"
    yield from (f"note: {note}" for note in plan.notes)


def cell_entries(
    plan: Plan, states: Mapping[str, CellState], *, to_run: Collection[str]
) -> list[dict[str, Any]]:
    """Return the cells as JSON values, grouped by stage and method."""
    return [
        {
            "name": cell.name,
            "folder": cell.folder,
            "key": cell.key,
            "kind": cell.kind,
            "method": cell.method,
            "needs": list(cell.needs),
            "state": states[cell.key].state,
            "reason": states[cell.key].reason,
            "to_run": cell.key in to_run,
        }
        for cell in _ordered(plan)
    ]


def _ordered(plan: Plan) -> list[Cell]:
    return sorted(plan.cells, key=lambda cell: ("pretrain", "meta", "adapt").index(cell.kind))


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


def plan_entry(plan: Plan) -> dict[str, Any]:
    """Return what a plan holds as JSON values."""
    counts = Counter((cell.method, cell.kind) for cell in plan.cells)
    return {
        "schema": 1,
        "name": plan.benchmark.spec.name,
        "file": str(plan.benchmark.path),
        "cells": len(plan.cells),
        "methods": [
            {"method": method, "kind": kind, "cells": number}
            for (method, kind), number in counts.items()
        ],
        "unavailable": [
            {"name": cell.name, "reason": cell.unavailable}
            for cell in plan.cells
            if cell.unavailable
        ],
        "notes": list(plan.notes),
    }

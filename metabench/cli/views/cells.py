"""Cells as lines: state, stage, method, name, cost, reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from metabench.cli.views.text import aligned
from metabench.quantities import bytes_text, cells, count_text, plural, seconds_text
from metabench.session.runner.queue import cost
from metabench.tasks.reading.refusal import not_shown

if TYPE_CHECKING:
    from metabench.plan.cell import Cell, TaskUse
    from metabench.plan.plan import Plan
    from metabench.plan.states import CellState, StateName
    from metabench.session.estimate.estimates import CellEstimate, Estimates

__all__ = [
    "cell_entries",
    "cell_lines",
    "class_counts",
    "plan_entry",
    "plan_lines",
    "plan_uses",
    "reason_lines",
    "state_counts",
]

_ROLES = ("auxiliary", "target", "transfer")
_MOST_LABELS = 4
_MOST_COUNTED = 8
_ORDER: tuple[StateName, ...] = (
    "done",
    "unscored",
    "interrupted",
    "new",
    "stale",
    "failed",
    "unavailable",
)


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
    plan: Plan,
    states: Mapping[str, CellState],
    *,
    to_run: Collection[str],
    estimates: Estimates,
    keep: str = "auto",
) -> Iterator[str]:
    """Yield a line per cell, grouped by stage and method; ``to_run`` are keys."""
    rows = [("state", "stage", "method", "cell", "gradients", "time", "memory", "reason")]
    chosen = {cell.key: states[cell.key] for cell in plan.cells}
    rows += [
        (
            chosen[cell.key].state, cell.kind, cell.method or "-", cell.name,
            "-" if cell.unavailable else count_text(cost(cell, keep=keep)),
            *_expected(estimates.cells.get(cell.key)), chosen[cell.key].reason,
        )
        for cell in _ordered(plan)
    ]  # fmt: skip
    yield from aligned(rows)
    yield ""
    yield f"{cells(len(chosen))}: {state_counts(chosen)}; {len(to_run)} to run"
    left = [cell for cell in plan.cells if cell.key in to_run]
    yield from _cost_line(left, keep)
    yield from _estimate_line(left, estimates)
    yield from (f"note: {note}" for note in estimates.notes)
    if plan.notes:
        yield f"{plural([len(plan.notes)], 'note')} on the data: see `metabench validate`"


def _expected(found: CellEstimate | None) -> tuple[str, str]:
    if found is None:
        return "-", "-"
    return seconds_text(found.seconds), bytes_text(found.memory_bytes)


def _cost_line(to_run: Iterable[Cell], keep: str) -> Iterator[str]:
    costs = [(cell.kind, cost(cell, keep=keep)) for cell in to_run]
    total = sum(gradients for _, gradients in costs)
    meta = sum(gradients for kind, gradients in costs if kind == "meta")
    if total:
        share = f", {100 * meta / total:.0f} % of them in meta-training" if meta else ""
        yield f"cost: about {count_text(total)} gradients of a batch{share}"


def _estimate_line(to_run: Iterable[Cell], estimates: Estimates) -> Iterator[str]:
    known = [estimates.cells[cell.key] for cell in to_run if cell.key in estimates.cells]
    if known:
        total = sum(found.seconds for found in known) + estimates.start_seconds
        seconds = seconds_text(total)
        memory = bytes_text(max(found.memory_bytes for found in known))
        yield f"time: about {seconds}, one cell after the other; memory: about {memory} at most"


def cell_entries(
    plan: Plan,
    states: Mapping[str, CellState],
    *,
    to_run: Collection[str],
    estimates: Estimates,
    keep: str = "auto",
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
            "gradients": cost(cell, keep=keep),
            **_estimate_entry(estimates.cells.get(cell.key)),
            "state": states[cell.key].state,
            "reason": states[cell.key].reason,
            "to_run": cell.key in to_run,
        }
        for cell in _ordered(plan)
    ]


def _estimate_entry(found: CellEstimate | None) -> dict[str, Any]:
    """Return the fields of an estimate; null where there is none."""
    return {
        "seconds": None if found is None else found.seconds,
        "seconds_from": None if found is None else found.basis,
        "memory_bytes": None if found is None else found.memory_bytes,
    }


def _ordered(plan: Plan) -> list[Cell]:
    return sorted(plan.cells, key=lambda cell: ("pretrain", "meta", "adapt").index(cell.kind))


def plan_lines(plan: Plan, *, classes: bool = True) -> Iterator[str]:
    """Yield a plan as lines: cells by method and stage, classes, unavailable cells, notes."""
    counts = Counter((cell.method or "-", cell.kind) for cell in plan.cells)
    rows = [("method", "stage", "cells")]
    rows += [(method, kind, str(number)) for (method, kind), number in counts.items()]
    yield from aligned(rows)
    yield ""
    tasks = (_task_row(use, _labels(plan, use)) for use in plan_uses(plan))
    yield from aligned([("task", "role", "train", "scored", "labels"), *tasks])
    counted = [
        (use.card.name, split, class_counts(found))
        for use in plan_uses(plan)
        for split, found in use.classes.items()
        if classes and found
    ]
    if counted:
        yield ""
        yield from aligned([("task", "split", "examples of each class"), *counted])
    for cell in plan.cells:
        if cell.unavailable:
            yield f"unavailable: {cell.name}: {cell.unavailable}"
    yield from (f"note: {note}" for note in plan.notes)


def plan_uses(plan: Plan) -> list[TaskUse]:
    """Return each task of a plan once for each role, in the order of their cells."""
    found: dict[tuple[str, str], TaskUse] = {}
    for cell in plan.cells:
        for use in cell.uses:
            found.setdefault((use.card.name, use.role), use)
    return sorted(found.values(), key=lambda use: _ROLES.index(use.role))


def _labels(plan: Plan, use: TaskUse) -> list[str]:
    """Return the classes; those that were found in a file that is withheld without their names."""
    declared = plan.benchmark.own_tasks.get(use.card.name, use.card).labels
    hidden = "" if declared else not_shown(use.card)
    return [hidden or label for label in use.card.labels]


def _task_row(use: TaskUse, labels: Sequence[str]) -> tuple[str, str, str, str, str]:
    names = ", ".join(dict.fromkeys(labels[:_MOST_LABELS]))
    shown = f"{len(labels)}: {names}" if labels else "numbers"
    more = ", …" if len(labels) > _MOST_LABELS else ""
    scored = "-" if use.role == "auxiliary" else f"{use.scored_rows:,}"
    return use.card.name, use.role, f"{use.train_rows:,}", scored, shown + more


def class_counts(classes: Mapping[str, int]) -> str:
    """Return how many examples the classes have, the first of them."""
    shown = [f"{name}: {count:,}" for name, count in classes.items()][:_MOST_COUNTED]
    more = len(classes) - len(shown)
    return ", ".join([*shown, *([f"and {more:,} more classes"] if more else [])])


def plan_entry(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON values."""
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
        "tasks": [
            {
                "name": use.card.name,
                "role": use.role,
                "train_rows": use.train_rows,
                "scored_rows": None if use.role == "auxiliary" else use.scored_rows,
                "labels": _labels(plan, use),
                "classes": {split: dict(counts) for split, counts in use.classes.items()},
            }
            for use in plan_uses(plan)
        ],
        "unavailable": [
            {"name": cell.name, "reason": cell.unavailable}
            for cell in plan.cells
            if cell.unavailable
        ],
        "notes": list(plan.notes),
    }

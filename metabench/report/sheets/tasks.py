"""The tasks of a run: examples of each split and class, metric and licence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from metabench.api.report import Sheet
from metabench.report.sheets.settings import resolved_file
from metabench.results.collect import Collected
from metabench.store.records.cell import Result
from metabench.store.records.run import ColumnNote
from metabench.store.run_folder import Store
from metabench.tasks.provider import metabench_tasks

__all__ = ["tasks"]

_HEADERS = (
    *("task", "role", "training examples", "evaluation examples", "classes"),
    *("training examples by class", "evaluation examples by class"),
    *("metric", "fine-tuning updates", "licence"),
)
_MOST_CLASSES = 20
_Inputs = Mapping[str, JsonValue]


def tasks(stores: Sequence[Store], collected: Collected) -> Iterator[Sheet]:
    """Yield the table of tasks, those of meta-training alone last; nothing without a result."""
    licences = _licences(stores)
    columns = [(each.task, _column(stores, collected, each)) for each in collected.note.columns]
    rows = [*columns, *_auxiliary(stores, collected)]
    if collected.results:
        lines = ((*row, licences.get(task, "not recorded")) for task, row in rows)
        yield Sheet("tasks", "Tasks", _HEADERS, tuple(lines))


def _column(stores: Sequence[Store], collected: Collected, column: ColumnNote) -> tuple[str, ...]:
    uses = [use for use in collected.note.uses if use.column == column.name]
    done = [collected.results[use.key] for use in uses if use.key in collected.results]
    inputs = next((found for use in uses if (found := _inputs(stores, use.cell, use.key))), {})
    task = _mapping(inputs.get("task"))
    split = f" ({task['scored']})" if "scored" in task else ""
    return (
        f"{column.title} {column.label.partition(' = ')[0]}".strip(),
        column.role,
        _numbers(result.train_rows for result in done),
        f"{_numbers(result.scored_rows for result in done)}{split}",
        _classes(task),
        *_by_class(done, column.task),
        column.metric_title,
        _numbers(result.steps for result in done),
    )


def _auxiliary(
    stores: Sequence[Store], collected: Collected
) -> Iterator[tuple[str, tuple[str, ...]]]:
    scored = {column.task for column in collected.note.columns}
    found: dict[str, _Inputs] = {}
    seen: set[str] = set()
    done: list[Result] = []
    for cell in collected.note.cells:
        if cell.kind == "meta" and cell.key in collected.results and cell.method not in seen:
            seen.add(cell.method)  # its tasks are the same for every seed
            used = _mapping(_inputs(stores, cell.cell, cell.key).get("tasks"))
            found |= {name: _mapping(task) for name, task in used.items()}
            done.append(collected.results[cell.key])
    for name, task in sorted(found.items()):
        if name not in scored:
            rows = task.get("rows")
            count = f"{rows:,}" if isinstance(rows, int) else "-"
            by_class = _by_class(done, name)
            yield name, (name, "auxiliary", count, "-", _classes(task), *by_class, "-", "-")


def _inputs(stores: Sequence[Store], cell: str, key: str) -> _Inputs:
    """Return a cell's inputs; empty where no record holds them."""
    for store in stores:
        note = store.note(cell)
        if note is not None and note.key == key:
            return note.inputs
    return {}


def _mapping(value: JsonValue) -> _Inputs:
    return value if isinstance(value, Mapping) else {}


def _classes(task: _Inputs) -> str:
    labels = task.get("labels")
    if not isinstance(labels, list):
        return "-"
    return f"{len(labels)}: {', '.join(map(str, labels))}" if labels else "none (regression)"


def _by_class(results: Sequence[Result], task: str) -> Iterator[str]:
    """Yield how many training and evaluation examples each class has."""
    for part in ("train", "scored"):
        splits = [
            split
            for result in results
            for split in result.splits
            if (split.task, split.part) == (task, part)
        ]
        names = list(dict.fromkeys(name for split in splits for name in split.classes))
        counts = [
            f"{name}: {_numbers(split.classes.get(name) for split in splits)}"
            for name in names[:_MOST_CLASSES]
        ]
        more = [f"and {len(names) - _MOST_CLASSES:,} more"] * (len(names) > _MOST_CLASSES)
        yield ", ".join([*counts, *more]) or "-"


def _licences(stores: Sequence[Store]) -> Mapping[str, str]:
    """Return the licence of metabench's tasks and of those that a benchmark file defines."""
    found = {card.name: card.licence for card in metabench_tasks()}
    for store in stores:
        for task in resolved_file(store).get("tasks", {}).get("define", ()):
            found[str(task.get("name"))] = str(task.get("licence", "not stated"))
    return found


def _numbers(counts: Iterator[int | None]) -> str:
    """Return a number, or the lowest and the highest; - where it is not known."""
    known = [count for count in counts if count is not None]
    if not known:
        return "-"
    return " to ".join(dict.fromkeys(f"{count:,}" for count in (min(known), max(known))))

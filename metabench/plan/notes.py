"""Notes for readers of scores: small, synthetic or control data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.quantities import percent
from metabench.spec.reading.smoke import SMOKE_SCORED_ROWS, SMOKE_TRAIN_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from metabench.plan.uses import TaskInUse

__all__ = ["SMOKE", "plan_notes", "shuffled_notes", "support_notes", "task_notes"]

_OFTEN = 0.5
SMOKE = (
    f"SMOKE: at most {SMOKE_TRAIN_ROWS} training and {SMOKE_SCORED_ROWS} evaluation examples of a "
    "task, hardly any steps: not a result"
)


def task_notes(task: TaskInUse) -> tuple[str, ...]:
    """Return the notes of one task."""
    return tuple(_task_notes(task))


def shuffled_notes(tasks: Iterable[TaskInUse]) -> tuple[str, ...]:
    """Return one note on all tasks with labels permuted in meta-training, if any."""
    names = ", ".join(task.use.card.name for task in tasks if task.shuffled)
    return (f"SHUFFLED: labels of {names} are permuted in meta-training",) if names else ()


def support_notes(tasks: Iterable[TaskInUse], batch_size: int) -> Iterator[str]:
    """Yield the classes that most support batches lack, of tasks whose examples are counted."""
    for task in tasks:
        rows, counts = task.use.train_rows, task.use.classes.get(task.use.train, {})
        present = {name: count for name, count in counts.items() if count}
        rarest = min(present, key=lambda name: present[name], default=None)
        if rarest is None:
            continue
        lacking = (1 - present[rarest] / rows) ** batch_size
        if lacking > _OFTEN:
            yield (
                f"SUPPORT: {task.use.card.name}: {percent(round(lacking, 2))} % of batches of"
                f" {batch_size} have no example of class {rarest!r} ({present[rarest]:,} of"
                f" {rows:,}); raise meta.batch_size"
            )


def plan_notes(tasks: Sequence[TaskInUse], *, smoke: bool) -> tuple[str, ...]:
    """Return all notes of a plan, those of generated tasks in one."""
    generated = [task.use.card.name for task in tasks if task.use.card.generated]
    notes = [SMOKE] if smoke else []
    if generated:
        notes.append(_generated(generated))
    notes += shuffled_notes(tasks)
    notes += [
        note for task in tasks for note in _task_notes(task) if not note.startswith("GENERATED")
    ]
    return tuple(notes)


def _task_notes(task: TaskInUse) -> Iterator[str]:
    use = task.use
    if use.card.generated:
        yield _generated([use.card.name])
    if use.train not in use.card.training_splits:
        yield f"SPLIT: {use.card.name} trains on {use.train} ({use.train_rows:,} rows)"
    if use.role != "auxiliary" and use.scored != use.card.scored:
        yield f"SPLIT: {use.card.name} is scored on {use.scored} ({use.scored_rows:,} rows)"
    parts = [(use.train, use.train_rows)]
    if use.role != "auxiliary":
        parts.append((use.scored, use.scored_rows))
    for split, rows in parts:
        official = use.card.splits.get(split, rows)
        if rows < official:
            yield f"PARTIAL: {use.card.name} {split} {rows:,} of {official:,} rows"
    yield from task.notes


def _generated(names: Sequence[str]) -> str:
    return (
        f"GENERATED: the examples of {', '.join(names)} are synthetic; "
        "scores mean nothing about language"
    )

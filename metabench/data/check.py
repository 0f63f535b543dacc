"""Examples checked against the card: every example of a split is read once more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, final

from metabench.data.rows import load_rows
from metabench.errors import DataError
from metabench.plan.cell import TaskUse
from metabench.tasks.identity import split_facts
from metabench.tasks.presence import split_presence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metabench.api.task import TaskCard
    from metabench.data.rows import Part
    from metabench.tasks.hub import Hub

__all__ = ["SplitCheck", "card_use", "check_split", "every_set"]

State: TypeAlias = Literal["ok", "partial", "absent", "damaged"]


@final
@dataclass(frozen=True, slots=True)
class SplitCheck:
    """The result of reading a split.

    Args:
        task: name of the task.
        split: name of the split.
        state: ``ok``; ``partial``: fewer examples than the official count; ``absent``: not on this
            machine; ``damaged``: unusable, or more examples than the official count.
        rows: number of examples read; None where reading failed.
        official: official number of examples; None where it is unknown.
        problem: the problem in one sentence; empty where there is none.
        hint: the fix.
    """

    task: str
    split: str
    state: State
    rows: int | None
    official: int | None
    problem: str = ""
    hint: str = ""


def card_use(card: TaskCard) -> TaskUse:
    """Return a task with the splits that its card declares."""
    return TaskUse(card, "target", card.train, card.scored, "", 0, 0)


def every_set(use: TaskUse) -> Iterator[TaskUse]:
    """Yield a task as it is used, then with each further few-shot training set of its data."""
    yield use
    if use.train == use.card.train:
        for split in use.card.training_splits[1:]:
            yield replace(use, train=split, role="auxiliary")


def check_split(use: TaskUse, part: Part, *, hub: Hub) -> SplitCheck:
    """Return the result of reading a split: texts, labels, number of examples. Damage never raises.

    A split that is not on this machine is downloaded from the hub, if it is reachable.
    """
    card, split = use.card, use.train if part == "train" else use.scored
    official = card.splits.get(split)
    try:
        split_facts(card, split, hub=hub)  # fails at once without a network
        rows = len(load_rows(use, part, hub=hub))
    except DataError as error:
        problem = f"{error.where}: {error.problem}" if error.where else error.problem
        absent = split_presence(card, split, hub=hub).state == "absent"
        bad: State = "absent" if absent else "damaged"
        return SplitCheck(card.name, split, bad, None, official, problem, error.hint)
    if official is not None and rows > official:
        return SplitCheck(
            card.name,
            split,
            "damaged",
            rows,
            official,
            f"{card.name}, split {split!r}: {rows:,} examples, but officially {official:,}",
            "copy the files again, or correct the card's splits",
        )
    state: State = "partial" if official is not None and rows < official else "ok"
    return SplitCheck(card.name, split, state, rows, official)

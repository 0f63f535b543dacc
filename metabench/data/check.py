"""Rows against their card: every row of a split is read once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, final

from metabench.data.rows import load_rows
from metabench.errors import DataError
from metabench.plan.cell import TaskUse
from metabench.tasks.identity import split_facts
from metabench.tasks.presence import split_presence

if TYPE_CHECKING:
    from metabench.api.task import TaskCard
    from metabench.data.rows import Part
    from metabench.tasks.hub import Hub

__all__ = ["SplitCheck", "card_use", "check_split"]

State: TypeAlias = Literal["ok", "partial", "absent", "damaged"]


@final
@dataclass(frozen=True, slots=True)
class SplitCheck:
    """What reading a split has shown.

    Args:
        task: name of the task.
        split: name of the split.
        state: ``ok``; ``partial``: fewer rows than there are officially; ``absent``: not on this
            machine; ``damaged``: it cannot be used, or holds more rows than there are.
        rows: rows that were read; None where that failed.
        official: rows that there are officially; None where nobody says.
        problem: what is wrong, one sentence; else empty.
        hint: the way out.
    """

    task: str
    split: str
    state: State
    rows: int | None
    official: int | None
    problem: str = ""
    hint: str = ""


def card_use(card: TaskCard) -> TaskUse:
    """Return a task as its card says it is used."""
    return TaskUse(card, "target", card.train, card.scored, "", 0, 0)


def check_split(use: TaskUse, part: Part, *, hub: Hub) -> SplitCheck:
    """Return what reading a split shows: texts, labels by name, row count; damage never raises.

    What is not on this machine is loaded from the hub, where that can be reached.
    """
    card, split = use.card, use.train if part == "train" else use.scored
    official = card.splits.get(split)
    try:
        split_facts(card, split, hub=hub)  # says at once where there is no network
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

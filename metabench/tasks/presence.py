"""The tasks whose examples are on this machine; no network access, no example is loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, final

from metabench.api.task import GeneratedSource, HubSource
from metabench.errors import DataError
from metabench.tasks.identity import split_facts
from metabench.tasks.mirror import holds_split

if TYPE_CHECKING:
    from metabench.api.task import TaskCard
    from metabench.tasks.hub import Hub

__all__ = ["Presence", "SplitPresence", "presence", "split_presence"]

State: TypeAlias = Literal["generated", "mirror", "cache", "file", "absent", "damaged"]


@final
@dataclass(frozen=True, slots=True)
class SplitPresence:
    """The location of the examples of a split.

    Args:
        split: its name.
        state: ``generated`` on the fly, in the ``mirror``, in the hub's ``cache`` or in a ``file``;
            ``absent`` or ``damaged`` otherwise.
        rows: number of examples; None where it is unknown.
        official: official number of examples; None where it is unknown.
        problem: the reason why they are absent or damaged; else empty.
    """

    split: str
    state: State
    rows: int | None
    official: int | None
    problem: str = ""


@final
@dataclass(frozen=True, slots=True)
class Presence:
    """The location of a task's examples: its name, their source, the splits that it uses."""

    task: str
    source: str
    splits: tuple[SplitPresence, ...]

    @property
    def state(self) -> State:
        """``damaged`` where a split is; else the location of the examples, or ``absent``."""
        states = [split.state for split in self.splits]
        if "damaged" in states:
            return "damaged"
        return next((state for state in states if state != "absent"), "absent")


def presence(card: TaskCard, *, hub: Hub) -> Presence:
    """Return the location of a task's examples."""
    splits = dict.fromkeys((*card.training_splits, card.scored))
    found = tuple(split_presence(card, split, hub=hub) for split in splits)
    return Presence(card.name, _source(card), found)


def split_presence(card: TaskCard, split: str, *, hub: Hub) -> SplitPresence:
    """Return the location of the examples of a split."""
    offline = replace(hub, offline=True)
    official = card.splits.get(split)
    try:
        if _is_absent(card, split, offline):
            return SplitPresence(split, "absent", None, official, "it is not in the mirror")
        rows = split_facts(card, split, hub=offline).rows
    except DataError as error:
        state: State = "absent" if _state(card, offline) == "cache" else "damaged"
        return SplitPresence(split, state, None, official, str(error).partition("\n")[0])
    return SplitPresence(split, _state(card, offline), rows, official)


def _is_absent(card: TaskCard, split: str, hub: Hub) -> bool:
    """Return whether a mirror holds other parts of the dataset, but not this split."""
    source = card.source
    if not isinstance(source, HubSource):
        return False
    folder = hub.dataset_folder(source.id)
    if folder is None or split not in card.splits:
        return False
    return not holds_split(folder, source, split)


def _source(card: TaskCard) -> str:
    source = card.source
    if isinstance(source, GeneratedSource):
        return source.target.partition(":")[0]
    if isinstance(source, HubSource):
        return f"{source.id} ({source.config})" if source.config else source.id
    return ", ".join(dict.fromkeys(file.path for file in source.files.values()))


def _state(card: TaskCard, hub: Hub) -> State:
    source = card.source
    if isinstance(source, GeneratedSource):
        return "generated"
    if isinstance(source, HubSource):
        return "cache" if hub.dataset_folder(source.id) is None else "mirror"
    return "file"

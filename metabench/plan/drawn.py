"""Few-shot training sets that come with the data of a task, each a separate split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.errors import DataError
from metabench.quantities import plural
from metabench.tasks.identity import split_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.api.task import TaskCard
    from metabench.spec.model.tasks import TaskSpec
    from metabench.tasks.hub import Hub
    from metabench.tasks.identity import SplitFacts

__all__ = ["drawn_sets"]


def drawn_sets(card: TaskCard, entry: TaskSpec, *, hub: Hub) -> Mapping[str, SplitFacts]:
    """Return the training sets of a task's shots and draws by split; none where none come with it.

    Raises:
        DataError: some cannot be used; each is named.
    """
    found: dict[str, SplitFacts] = {}
    problems: list[str] = []
    hint = ""
    for shots in entry.shots if card.drawn else ():
        for draw in entry.draws:
            split = card.drawn_split(shots, draw)
            try:
                found[split] = _set_facts(card, split, hub=hub)
            except DataError as error:
                problems.append(f"{error.where}: {error.problem}" if error.where else error.problem)
                hint = hint or error.hint
    if problems:
        said = "".join(f"\n  {problem}" for problem in problems)
        bad = plural([len(problems)], "few-shot training set")
        raise DataError(f"{bad} cannot be used:{said}", where=card.name, hint=hint)
    return found


def _set_facts(card: TaskCard, split: str, *, hub: Hub) -> SplitFacts:
    if split not in card.splits:
        there = ", ".join(map(repr, card.training_splits))
        raise DataError(f"there is no set {split!r}", hint=f"choose among {there}")
    facts = split_facts(card, split, hub=hub)
    if facts.rows != card.splits[split]:
        raise DataError(
            f"{split!r} has {plural([facts.rows], 'example')}, officially {card.splits[split]:,}",
            hint="copy its file again, or leave the draw out",
        )
    return facts

"""How the texts of a task fit an encoder, and how many examples each class has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from metabench.data.tokens import TokenTable, load_tokens
from metabench.store.records.splits import SplitNote
from metabench.tasks.reading.refusal import class_names

if TYPE_CHECKING:
    from pathlib import Path

    from metabench.data.rows import Part
    from metabench.plan.cell import TaskUse
    from metabench.spec.model.sections import ModelSpec
    from metabench.tasks.hub import Hub

__all__ = ["counted_split", "split_note"]


def split_note(use: TaskUse, part: Part, table: TokenTable) -> SplitNote:
    """Return the note on a table's examples for a cell's record."""
    card = use.card
    cut, words, unknown = (0, 0, 0) if table.fit is None else table.fit.sum(0, dtype=np.int64)
    counts: list[int] = []
    if card.labels:
        counts = np.bincount(table.labels.cpu().numpy(), minlength=len(card.labels)).tolist()
    return SplitNote(
        task=card.name,
        part=part,
        split=use.train if part == "train" else use.scored,
        rows=len(table),
        max_length=table.max_length,
        cut=int(cut),
        words=int(words),
        unknown=int(unknown),
        classes=dict(zip(class_names(card), counts, strict=True)),
    )


def counted_split(
    use: TaskUse, part: Part, *, tokenizer: Any, model: ModelSpec, hub: Hub, cache: Path | None
) -> SplitNote:
    """Return the counts of a whole split, which is read and tokenized.

    Raises:
        DataError: the examples are not available or do not match the task's card.
    """
    table = load_tokens(
        use,
        part,
        tokenizer=tokenizer,
        max_length=model.max_length,
        hub=hub,
        device="cpu",
        cache=cache,
    )
    return split_note(use, part, table)

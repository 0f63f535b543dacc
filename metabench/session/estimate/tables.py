"""The lengths of all rows that some cells use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.nn.encoder import load_tokenizer
from metabench.plan.cell import AdaptWork
from metabench.session.estimate.lengths import row_lengths

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metabench.data.rows import Part
    from metabench.plan.cell import Cell, TaskUse
    from metabench.session.estimate.lengths import RowLengths
    from metabench.spec.model import ModelSpec
    from metabench.tasks.hub import Hub

__all__ = ["task_lengths"]


def task_lengths(
    cells: Sequence[Cell], model: ModelSpec, *, hub: Hub, cache: Path | None
) -> dict[tuple[str, str], RowLengths]:
    """Return how long the rows of these cells are, by task and part.

    Raises:
        DataError: rows or tokenizer cannot be had.
    """
    wanted: dict[tuple[str, Part], TaskUse] = {}
    for cell in cells:
        for use in cell.uses:
            wanted.setdefault((use.card.name, "train"), use)
            if isinstance(cell.work, AdaptWork):
                wanted.setdefault((use.card.name, "scored"), use)
    tokenizer = load_tokenizer(model, hub=hub)
    return {
        (name, part): row_lengths(
            use, part, tokenizer=tokenizer, max_length=model.max_length, hub=hub, cache=cache
        )
        for (name, part), use in wanted.items()
    }

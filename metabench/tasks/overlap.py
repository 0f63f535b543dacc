"""Duplicate examples within the training set, within the evaluation set, and across both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

__all__ = ["Overlap", "count_overlap", "overlap_note"]


@final
@dataclass(frozen=True, slots=True)
class Overlap:
    """The numbers of duplicate examples; examples are equal where all their texts are.

    Args:
        train: training examples that repeat an earlier training example.
        scored: evaluation examples that repeat an earlier evaluation example.
        both: evaluation examples that are also training examples.
    """

    train: int
    scored: int
    both: int

    def as_mapping(self) -> Mapping[str, int]:
        """Return the counts by name, as a record holds them."""
        return {"train": self.train, "scored": self.scored, "both": self.both}


def count_overlap(train: Sequence[Hashable], scored: Sequence[Hashable]) -> Overlap:
    """Return the numbers of duplicate examples.

    >>> count_overlap(["a", "b", "a"], ["b", "c", "b"])
    Overlap(train=1, scored=1, both=2)
    """
    seen = set(train)
    return Overlap(
        train=len(train) - len(seen),
        scored=len(scored) - len(set(scored)),
        both=sum(row in seen for row in scored),
    )


def overlap_note(task: str, *, both: int, scored: int) -> str:
    """Return the sentence under a leaderboard.

    >>> overlap_note("my/reviews", both=3, scored=40)
    'OVERLAP: my/reviews: 3 of 40 evaluation examples are in the training split'
    """
    verb = "is" if both == 1 else "are"
    return (
        f"OVERLAP: {task}: {both:,} of {scored:,} evaluation examples {verb} in the training split"
    )

"""Equal rows: within the training rows, within the scored rows, and in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

__all__ = ["Overlap", "count_overlap", "overlap_note"]


@final
@dataclass(frozen=True, slots=True)
class Overlap:
    """How many rows repeat others; rows are equal where all their texts are.

    Args:
        train: training rows that repeat an earlier training row.
        scored: scored rows that repeat an earlier scored row.
        both: scored rows that stand among the training rows.
    """

    train: int
    scored: int
    both: int

    def as_mapping(self) -> Mapping[str, int]:
        """Return the counts by name, as a record holds them."""
        return {"train": self.train, "scored": self.scored, "both": self.both}


def count_overlap(train: Sequence[Hashable], scored: Sequence[Hashable]) -> Overlap:
    """Return how many rows repeat others.

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

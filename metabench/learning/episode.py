"""An episode: one task's batches for one meta-update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from jaxtyping import Int
from torch import Tensor

if TYPE_CHECKING:
    from metabench.learning.batch import Batch
    from metabench.seeding import Stream

__all__ = ["Episode"]


@final
@dataclass(frozen=True, slots=True)
class Episode:
    """Support and query batches of one task; no example is in both.

    ``step`` counts meta-steps from 0 to ``total_steps - 1``; ``stream`` is for all random
    numbers of an algorithm. ``vocabulary`` [words] holds every token id of the batches once, if
    known.
    """

    task: str
    support: tuple[Batch, ...]
    query: tuple[Batch, ...]
    step: int
    total_steps: int
    stream: Stream
    vocabulary: Int[Tensor, " words"] | None = None

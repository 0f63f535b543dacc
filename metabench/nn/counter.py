"""The evaluation counts of a learner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from metabench.learning.batch import Batch

__all__ = ["EvaluationCounter"]


@final
@dataclass(slots=True)
class EvaluationCounter:
    """Counts of evaluations, and of the examples and real tokens that they processed."""

    gradients: int = 0
    hvps: int = 0
    examples: int = 0
    tokens: int = 0

    def gradient(self, batch: Batch) -> None:
        """Count a gradient."""
        self.gradients += 1
        self._rows(batch)

    def hvp(self, batch: Batch) -> None:
        """Count an exact Hessian-vector product."""
        self.hvps += 1
        self._rows(batch)

    def _rows(self, batch: Batch) -> None:
        self.examples += len(batch)
        self.tokens += int(batch.attention_mask.sum()) if batch.tokens is None else batch.tokens

"""A batch of encoded examples with its dropout seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from jaxtyping import Bool, Int, Shaped
from torch import Tensor

__all__ = ["Batch"]


@final
@dataclass(frozen=True, slots=True)
class Batch:
    """Examples of one task, padded to one width.

    ``dropout_seed`` makes the loss a function of (theta, batch): equal batches see equal masks;
    None switches dropout off. ``labels`` are class indices (int64) or, for regression, float32
    numbers. ``tokens`` is the number of real tokens, that is of ones in ``attention_mask``, if it
    is known; it saves reading it back from the device.
    """

    task: str
    input_ids: Int[Tensor, "batch width"]
    attention_mask: Bool[Tensor, "batch width"]
    token_type_ids: Int[Tensor, "batch width"]
    labels: Shaped[Tensor, " batch"]
    dropout_seed: int | None = None
    tokens: int | None = None

    def __len__(self) -> int:
        """Return the number of examples."""
        return self.input_ids.shape[0]

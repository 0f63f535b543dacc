"""Outputs of a fine-tuned model for the rows that are scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from metabench.data.order import by_length

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor

    from metabench.data.tokens import TokenTable
    from metabench.nn.learner import TransformerLearner

__all__ = ["evaluate"]

_BATCH = 64


def evaluate(
    learner: TransformerLearner, theta: Tensor, table: TokenTable, *, task: str
) -> npt.NDArray[np.float32]:
    """Return the outputs [rows, outputs] in the order of the rows; dropout is off.

    Rows of like length are batched together, so that little of a batch is padding.
    """
    groups = by_length(table.lengths, batch_size=_BATCH)
    with torch.inference_mode():
        parts = [
            learner.outputs(theta, table.batch(rows, task=task, dropout_seed=None)).float()
            for rows in groups
        ]
        found = torch.cat(parts).cpu().numpy()
    outputs = np.empty_like(found)
    outputs[np.concatenate(groups)] = found
    return outputs

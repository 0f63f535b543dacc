"""Outputs of a fine-tuned model on the evaluation set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from metabench.data.order import by_length

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from torch import Tensor

    from metabench.data.tokens import TokenTable
    from metabench.learning import Batch
    from metabench.nn.learner import TransformerLearner

__all__ = ["evaluate", "in_order_of_length"]

_BATCH = 64


def evaluate(
    learner: TransformerLearner, theta: Tensor, table: TokenTable, *, task: str
) -> npt.NDArray[np.float32]:
    """Return the outputs [examples, outputs] in the order of the examples; dropout is off.

    Examples of similar length are batched together to keep padding small.
    """
    batches = in_order_of_length(table, task=task)
    with torch.inference_mode():
        parts = [learner.outputs(theta, batch).float() for batch in batches]
        found = torch.cat(parts).cpu().numpy()
    outputs = np.empty_like(found)
    outputs[np.concatenate(by_length(table.lengths, batch_size=_BATCH))] = found
    return outputs


def in_order_of_length(table: TokenTable, *, task: str) -> Iterator[Batch]:
    """Yield all examples of a table once, in batches of similar length; dropout is off."""
    for rows in by_length(table.lengths, batch_size=_BATCH):
        yield table.batch(rows, task=task, dropout_seed=None)

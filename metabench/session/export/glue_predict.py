"""Predictions of a fine-tuned model on GLUE's unlabelled test sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from metabench.data.encoding import encode
from metabench.data.rows import load_texts
from metabench.data.tokens import TokenTable
from metabench.engine.evaluate import evaluate
from metabench.metrics.compute import clipped
from metabench.session.export.submission import entries

if TYPE_CHECKING:
    from metabench.session.cell.context import WorkerContext
    from metabench.session.export.glue import Part
    from metabench.session.replay.replay import Replay

__all__ = ["predicted"]


def predicted(made: Replay, part: Part, context: WorkerContext) -> list[str]:
    """Return the lines of a submission's file, in the order of the split.

    Raises:
        DataError: the examples are not available.
    """
    model = made.work.model
    texts = load_texts(part.card, part.split, hub=context.runtime.hub)
    encoding = encode(
        texts,
        tokenizer=context.tokenizer(model),
        max_length=model.max_length,
        cache=context.runtime.cache,
    )
    table = TokenTable.build(
        encoding,
        np.zeros(len(texts[0]), dtype=np.int64),  # they are not used
        max_length=model.max_length,
        device=context.device.device,
    )
    card = made.work.task.card
    outputs = evaluate(made.tuned.learner, made.tuned.theta, table, task=card.name)
    return entries(part.file, clipped(outputs, card.bounds).tolist())

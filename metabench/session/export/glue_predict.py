"""Predictions of a fine-tuned model on rows whose labels nobody but GLUE's site knows."""

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
    """Return what a file of the submission says of each row, in the order of the split.

    Raises:
        DataError: the rows cannot be had.
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
        np.zeros(len(texts[0]), dtype=np.int64),  # nobody looks at them
        max_length=model.max_length,
        device=context.device.device,
    )
    card = made.work.task.card
    outputs = evaluate(made.tuned.learner, made.tuned.theta, table, task=card.name)
    return entries(part.file, clipped(outputs, card.bounds).tolist())

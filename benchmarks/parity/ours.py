"""Metabench's side: the engine's fine-tuning on the flat vector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import torch

from metabench.data.encoding import encode
from metabench.data.tokens import TokenTable
from metabench.engine.evaluate import evaluate
from metabench.engine.finetune import FineTuning
from metabench.nn.learner import HeadShape, TransformerLearner
from parity.setting import Setting, Trained

if TYPE_CHECKING:
    from metabench.learning import Batch

__all__ = ["fine_tune"]


def fine_tune(setting: Setting, *, scored: bool) -> Trained:
    """Fine-tune with metabench; return the losses and, if ``scored``, the scored rows' outputs."""
    task = setting.card.name
    head = HeadShape(setting.card.outputs, regression=setting.card.regression)
    learner = TransformerLearner(setting.encoder(), {task: head}, torch.device("cpu"))
    theta = learner.theta(setting.heads)
    training = FineTuning(learner, task, setting.finetune.optimizer, setting.steps)
    steps = training.run(theta, _batches(setting))
    losses = []
    while True:
        try:
            losses.append(next(steps).scalars["loss"])
        except StopIteration as stop:
            theta = stop.value
            break
    if not scored:
        return Trained(losses)
    return Trained(losses, evaluate(learner, theta, _table(setting, "scored"), task=task))


def _batches(setting: Setting) -> Iterator[Batch]:
    table = _table(setting, "train")
    for step, rows in enumerate(setting.order()):
        seed = setting.stream.child("dropout", step).seed if setting.dropout else None
        yield table.batch(rows, task=setting.card.name, dropout_seed=seed)


def _table(setting: Setting, part: Literal["train", "scored"]) -> TokenTable:
    rows = setting.rows(part)
    tokenizer = setting.tokenizer()
    length = setting.model.max_length
    encoding = encode(rows.texts, tokenizer=tokenizer, max_length=length, cache=None)
    return TokenTable.build(encoding, rows.labels, max_length=length, device="cpu")

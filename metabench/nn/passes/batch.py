"""Gradients and products of a batch, processed a few rows at a time."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, final

import torch

from metabench.nn.bert.packing import Packing
from metabench.nn.caching import parts
from metabench.nn.passes.mask_parts import BatchMasks, MaskParts
from metabench.nn.passes.model import BertModel, Head

if TYPE_CHECKING:
    from torch import Tensor

    from metabench.learning.batch import Batch
    from metabench.nn.bert.encoder import Bert, Parameters
    from metabench.nn.bert.masks import Masks
    from metabench.nn.caching import Kept
    from metabench.nn.passes.operations import Sums

__all__ = ["BatchPasses"]


@final
class BatchPasses:
    """The loss of a batch at one theta, its gradient, and optionally a product.

    The loss is a mean over rows, so derivatives of parts of the rows add up. A part is small enough
    for a CPU's caches; its activations are freed before the next part, except those of ``kept``.

    Args:
        bert: the encoder's configuration.
        p: parameters of encoder and head, by name; held, not copied.
        batch: the rows.
        head: the head on the encoder.
        masks: the dropout masks.
        kept: the activations that a gradient keeps for a product.
        most: numbers of a layer's state, tokens times width, in a part.
    """

    def __init__(  # noqa: PLR0913  (what the loss is a function of)
        self,
        bert: Bert,
        p: Parameters,
        batch: Batch,
        *,
        head: Head,
        masks: Masks,
        kept: Kept,
        most: int,
    ) -> None:
        self.kept: Kept = kept
        self._bert, self._p, self._head = bert, p, head
        self._rows = rows = len(batch)
        self._batches, spans = _parted(batch, bert.width, most)
        last = head.pooling == "last"
        packings = [Packing.of(part, last=last) for part in self._batches]
        ends = [0, *accumulate(packing.tokens for packing in packings)]
        width = batch.input_ids.shape[1]
        whole = BatchMasks(masks, rows, width, ends[-1])
        self._masks = [
            MaskParts(whole, span, slice(*tokens))
            for span, tokens in zip(spans, pairwise(ends), strict=True)
        ]
        self._packings = packings
        self._models: list[BertModel] = []

    def gradient(self, gradient: Sums) -> Tensor:
        """Return the loss, and add its gradient."""
        losses = []
        for number in range(len(self._batches)):
            model = self._model(number)
            losses.append(model.forward())
            model.gradient(gradient, kept=self.kept)
            if self.kept != "nothing":
                self._models.append(model)
        return torch.stack(losses).sum()

    def product(self, along: Parameters, product: Sums) -> None:
        """Add the Hessian of the loss times a vector; it consumes the kept activations."""
        kept = self._models[::-1]
        self._models.clear()
        for number in range(len(self._batches)):
            if kept:
                model = kept.pop()
            else:
                model = self._model(number)
                model.forward()
            model.product(along, product)

    def _model(self, number: int) -> BertModel:
        return BertModel(
            self._bert,
            self._p,
            self._batches[number],
            head=self._head,
            packing=self._packings[number],
            masks=self._masks[number],
            rows=self._rows,
        )


def _parted(batch: Batch, width: int, most: int) -> tuple[list[Batch], list[slice]]:
    """Return the parts of a batch with their row numbers."""
    rows, columns = batch.input_ids.shape
    tokens = rows * columns if batch.tokens is None else batch.tokens
    count = parts(rows, values=tokens * width, most=most)
    if count == 1:
        return [batch], [slice(0, rows)]
    full = batch.tokens == rows * columns
    edges = [rows * number // count for number in range(count + 1)]
    spans = [slice(*edge) for edge in pairwise(edges)]
    return [
        replace(
            batch,
            input_ids=batch.input_ids[span],
            attention_mask=batch.attention_mask[span],
            token_type_ids=batch.token_type_ids[span],
            labels=batch.labels[span],
            tokens=(span.stop - span.start) * columns if full else None,
        )
        for span in spans
    ], spans

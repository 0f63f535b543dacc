"""The loss of a BERT with a head, in the four passes of `metabench.nn.operations`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch

from metabench.nn.bert_layer import BertLayer
from metabench.nn.operations import Dropout, Linear, Loss, Norm, Sums, Tanh

if TYPE_CHECKING:
    from torch import Tensor

    from metabench.learning.batch import Batch
    from metabench.nn.bert import Bert, Parameters
    from metabench.nn.encoder import Pooling
    from metabench.nn.keeping import Kept
    from metabench.nn.masks import Masks
    from metabench.nn.packing import Packing

__all__ = ["BertModel", "Head"]


@final
@dataclass(frozen=True, slots=True)
class Head:
    """What stands on the encoder: pooling, dropout and one linear layer, named by its task."""

    task: str
    pooling: Pooling
    dropout: float
    regression: bool
    site: int
    """Number of the dropout mask before the linear layer."""


@final
class BertModel:
    """A forward pass that is held open for its derivatives.

    Args:
        bert: the encoder's facts.
        p: parameters of encoder and head, by name; held, not copied.
        batch: the rows.
        head: what stands on the encoder.
        packing: where the real tokens lie.
        masks: what is dropped.
        kept: what to keep of a layer between the passes.
    """

    def __init__(  # noqa: PLR0913  (what the loss is a function of)
        self,
        bert: Bert,
        p: Parameters,
        batch: Batch,
        *,
        head: Head,
        packing: Packing,
        masks: Masks,
        kept: Kept,
    ) -> None:
        self._bert, self._p, self._batch, self._packing = bert, p, batch, packing
        self.kept: Kept = kept
        self._went_back = False
        tokens = packing.tokens
        rate = bert.hidden_dropout
        self._norm = Norm(p, "embeddings.LayerNorm", eps=bert.eps)
        self._drop = Dropout(masks.draw(0, (tokens, bert.width), rate=rate))
        self._layers = [
            BertLayer(bert, p, number, packing=packing, masks=masks, tokens=tokens)
            for number in range(bert.layers)
        ]
        self._pooler = (Linear(p, "pooler.dense"), Tanh()) if head.pooling == "pooler" else None
        self._means = head.pooling == "mean"
        keep = masks.draw(head.site, (packing.rows, bert.width), rate=head.dropout)
        self._head_drop = Dropout(keep)
        self._head = Linear(p, head.task)
        self._loss = Loss(batch.labels, regression=head.regression)

    def forward(self) -> Tensor:
        """Return the mean loss of the rows."""
        x = self._embed()
        for layer in self._layers:
            x = layer.forward(x)
            if self.kept == "outputs":
                layer.shut()
        return self._close(x)

    def gradient(self, gradient: Sums) -> None:
        """Write the gradient of the loss, after ``forward``."""
        bar = self._head.backward(self._loss.backward(), gradient)
        bar = self._unpool(bar, gradient)
        for number in reversed(range(len(self._layers))):
            bar = self._layer_backward(number, bar, gradient)
        bar = self._norm.backward(self._drop(bar), gradient)
        self._to_embeddings(bar, gradient)
        self._went_back = self.kept == "backward"

    def product(self, along: Parameters, product: Sums) -> None:
        """Write the Hessian of the loss times a vector; the layers are used up by it.

        It goes forward by itself where only outputs are kept, else after ``forward``.
        """
        dz = self._tangent(along)
        back = None
        if not self._went_back:
            back = self._unpool(self._head.backward(self._loss.backward(), None), None)
        change = self._head.curve(self._loss.curve(dz), along, product)
        change = self._unpool_curve(change, along, product)
        while self._layers:
            back, change = self._layer_curve(back, change, along, product)
        if back is not None:
            self._norm.backward(self._drop(back), None)
        self._to_embeddings(self._norm.curve(self._drop(change), along, product), product)

    # -- the parts -----------------------------------------------------------------------------

    def _embed(self) -> Tensor:
        embedded = self._bert.embedded(self._p, self._batch, self._packing)
        return self._drop(self._norm.forward(embedded))

    def _close(self, x: Tensor) -> Tensor:
        return self._loss.forward(self._head.forward(self._head_drop(self._pool(x))))

    def _tangent(self, along: Parameters) -> Tensor:
        """Return how the outputs change along a vector of parameters."""
        again = self.kept == "outputs"
        x = self._embed() if again else None
        dx = self._bert.embedded(along, self._batch, self._packing)
        dx = self._drop(self._norm.tangent(dx, along))
        for layer in self._layers:
            if x is not None:
                x = layer.forward(x)
            dx = layer.tangent(dx, along)
            if again:
                layer.shut()
        if x is not None:
            self._close(x)
        return self._head.tangent(self._head_drop(self._pool_tangent(dx, along)), along)

    def _input(self, number: int) -> Tensor:
        return self._layers[number - 1].output() if number else self._drop(self._norm.value())

    def _input_change(self, number: int, along: Parameters) -> Tensor:
        if number:
            return self._layers[number - 1].change(along)
        return self._drop(self._norm.change(along))

    def _layer_backward(self, number: int, bar: Tensor, gradient: Sums) -> Tensor:
        layer = self._layers[number]
        if self.kept == "outputs":
            layer.reopen(self._input(number))
        bar = layer.backward(bar, gradient)
        if self.kept == "outputs":
            layer.shut()
        elif self.kept == "forward":
            layer.forget_backward()
        return bar

    def _layer_curve(
        self, bar: Tensor | None, change: Tensor, along: Parameters, product: Sums
    ) -> tuple[Tensor | None, Tensor]:
        number = len(self._layers) - 1
        layer = self._layers[number]
        if self.kept == "outputs":
            layer.reopen(self._input(number))
            layer.reopen_tangent(self._input_change(number, along), along)
        self._layers.pop()
        return layer.curve(bar, change, along, product)

    def _pool(self, x: Tensor) -> Tensor:
        if self._means:
            return self._packing.mean(x)
        firsts = x.index_select(0, self._packing.firsts)
        if self._pooler is None:
            return firsts
        dense, tanh = self._pooler
        return tanh.forward(dense.forward(firsts))

    def _pool_tangent(self, dx: Tensor, along: Parameters) -> Tensor:
        if self._means:
            return self._packing.mean(dx)
        firsts = dx.index_select(0, self._packing.firsts)
        if self._pooler is None:
            return firsts
        dense, tanh = self._pooler
        return tanh.tangent(dense.tangent(firsts, along))

    def _unpool(self, bar: Tensor, gradient: Sums | None) -> Tensor:
        bar = self._head_drop(bar)
        if self._pooler is not None:
            dense, tanh = self._pooler
            bar = dense.backward(tanh.backward(bar), gradient)
        return self._scatter(bar)

    def _unpool_curve(self, change: Tensor, along: Parameters, product: Sums) -> Tensor:
        change = self._head_drop(change)
        if self._pooler is not None:
            dense, tanh = self._pooler
            change = dense.curve(tanh.curve(change), along, product)
        return self._scatter(change)

    def _scatter(self, rows: Tensor) -> Tensor:
        """Return what a derivative for the pooled rows is for their tokens."""
        packing = self._packing
        if self._means:
            shares = rows / packing.mask.sum(1, keepdim=True)
            return shares.index_select(0, packing.row_of)
        tokens = rows.new_zeros(packing.tokens, rows.shape[1])
        return tokens.index_copy_(0, packing.firsts, rows)

    def _to_embeddings(self, bar: Tensor, sums: Sums) -> None:
        packing, batch = self._packing, self._batch
        words = sums["embeddings.word_embeddings.weight"].zero_()
        words.index_add_(0, packing.gather(batch.input_ids), bar)
        places = sums["embeddings.position_embeddings.weight"].zero_()
        places.index_add_(0, packing.columns, bar)
        types = sums["embeddings.token_type_embeddings.weight"].zero_()
        if self._bert.token_types:
            types.index_add_(0, packing.gather(batch.token_type_ids), bar)
        else:
            torch.sum(bar, 0, out=types[0])

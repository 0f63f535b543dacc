"""The loss of a BERT with a head, in the four passes of `metabench.nn.passes.operations`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from metabench.nn.bert.family import POSITIONS, PROJECTION, TYPES, WORDS
from metabench.nn.passes.layer import BertLayer
from metabench.nn.passes.operations import Dropout, Linear, Loss, Norm, Sums, Tanh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from metabench.learning.batch import Batch
    from metabench.nn.bert.encoder import Bert, Parameters
    from metabench.nn.bert.packing import Packing
    from metabench.nn.caching import Kept
    from metabench.nn.features import Pooling
    from metabench.nn.passes.mask_parts import MaskParts

__all__ = ["BertModel", "Head"]


@final
@dataclass(frozen=True, slots=True)
class Head:
    """The head on the encoder: pooling, dropout and one linear layer, named by its task."""

    task: str
    pooling: Pooling
    dropout: float
    regression: bool
    site: int
    """Number of the dropout mask before the linear layer."""


@final
class BertModel:
    """A forward pass of some rows whose activations are kept for its derivatives.

    Args:
        bert: the encoder's configuration.
        p: parameters of encoder and head, by name; held, not copied.
        batch: the rows.
        head: the head on the encoder.
        packing: the places of the real tokens.
        masks: the dropout masks.
        rows: the number of rows that the loss is a mean over.
    """

    def __init__(  # noqa: PLR0913  (what the loss is a function of)
        self,
        bert: Bert,
        p: Parameters,
        batch: Batch,
        *,
        head: Head,
        packing: Packing,
        masks: MaskParts,
        rows: int,
    ) -> None:
        self._bert, self._p, self._batch, self._packing = bert, p, batch, packing
        self._back = False
        self._norm = Norm(p, "embeddings.LayerNorm", eps=bert.eps)
        width = p["embeddings.LayerNorm.weight"].shape[0]
        self._drop = Dropout(masks.states(0, width=width, rate=bert.hidden_dropout))
        self._projection = Linear(p, PROJECTION) if f"{PROJECTION}.weight" in p else None
        self._pooler = (Linear(p, "pooler.dense"), Tanh()) if head.pooling == "pooler" else None
        self._means = head.pooling == "mean"
        cls_only = None if self._means else bert.layers - 1
        layers = [
            BertLayer(bert, p, number, packing=packing, masks=masks, cls_only=number == cls_only)
            for number in range(bert.layers)
        ]
        self._frozen, self._layers = layers[: bert.frozen_layers], layers[bert.frozen_layers :]
        self._head_drop = Dropout(masks.pooled(head.site, width=bert.width, rate=head.dropout))
        self._head = Linear(p, head.task)
        self._loss = Loss(batch.labels, rows=rows, regression=head.regression)

    def forward(self) -> Tensor:
        """Return the share of the rows in the loss."""
        embedded = self._bert.embedded(self._p, self._batch, self._packing)
        x = self._drop(self._norm.forward(embedded))
        x = x if self._projection is None else self._projection.forward(x)
        while self._frozen:
            x = self._frozen.pop(0).forward(x)
        self._start = x.shape
        for layer in self._layers:
            x = layer.forward(x)
        return self._loss.forward(self._head.forward(self._head_drop(self._pool(x))))

    def gradient(self, gradient: Sums, *, kept: Kept) -> None:
        """Add the gradient of that part, after ``forward``.

        Args:
            gradient: the vectors to add to.
            kept: the activations to keep for ``product``; it needs them.
        """
        bar = self._head.backward(self._loss.backward(), gradient)
        bar = self._unpool(bar, gradient)
        for layer in self._downward(kept):
            bar = layer.backward(bar, gradient)
            layer.forget(back=kept != "backward")
        if not self._bert.frozen:
            bar = self._unprojected(bar, gradient)
            bar = self._norm.backward(self._drop(bar), gradient)
            self._to_embeddings(bar, gradient)
        self._back = kept == "backward"

    def product(self, along: Parameters, product: Sums) -> None:
        """Add the Hessian of that part times a vector; the layers are used up by it."""
        dx = self._start_tangent(along)
        for layer in self._layers:
            dx = layer.tangent(dx, along)
        dz = self._head.tangent(self._head_drop(self._pool_tangent(dx, along)), along)
        back = None
        if not self._back:
            back = self._unpool(self._head.backward(self._loss.backward(), None), None)
        change = self._head.backward_tangent(self._loss.backward_tangent(dz), along, product)
        change = self._unpool_curve(change, along, product)
        for layer in self._downward("nothing"):
            back = None if back is None else layer.backward(back, None)
            change = layer.backward_tangent(change, along, product)
        if self._bert.frozen:
            return
        if back is not None:
            self._norm.backward(self._drop(self._unprojected(back, None)), None)
        if self._projection is not None:
            change = self._projection.backward_tangent(change, along, product)
        self._to_embeddings(
            self._norm.backward_tangent(self._drop(change), along, product), product
        )

    def _downward(self, kept: Kept) -> Iterator[BertLayer]:
        """Yield the layers from the last to the first; let go of each where nothing is kept."""
        if kept != "nothing":
            yield from reversed(self._layers)
        else:
            while self._layers:
                yield self._layers.pop()

    # -- the parts -----------------------------------------------------------------------------

    def _start_tangent(self, along: Parameters) -> Tensor:
        """Return how the input of the lowest trained layer changes."""
        scale = self._p["embeddings.LayerNorm.weight"]
        if self._bert.frozen:
            return scale.new_zeros(self._start)
        shape = (self._packing.tokens, len(scale))
        if {WORDS, TYPES, POSITIONS}.isdisjoint(along):
            dx = scale.new_zeros(shape)
        else:
            dx = self._bert.embedded(along, self._batch, self._packing).expand(shape)
        dx = self._drop(self._norm.tangent(dx, along))
        return dx if self._projection is None else self._projection.tangent(dx, along)

    def _pool(self, x: Tensor) -> Tensor:
        if self._means:
            return self._packing.mean(x)
        if self._pooler is None:
            return x
        dense, tanh = self._pooler
        return tanh.forward(dense.forward(x))

    def _pool_tangent(self, dx: Tensor, along: Parameters) -> Tensor:
        if self._means:
            return self._packing.mean(dx)
        if self._pooler is None:
            return dx
        dense, tanh = self._pooler
        return tanh.tangent(dense.tangent(dx, along))

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
            change = dense.backward_tangent(tanh.backward_tangent(change), along, product)
        return self._scatter(change)

    def _unprojected(self, bar: Tensor, gradient: Sums | None) -> Tensor:
        """Return the derivative for the dropped-out embeddings, from the first layer's input."""
        return bar if self._projection is None else self._projection.backward(bar, gradient)

    def _scatter(self, rows: Tensor) -> Tensor:
        """Return the derivative for the last layer's outputs, from that for the pooled rows."""
        if not self._means:
            return rows
        shares = rows / self._packing.mask.sum(1, keepdim=True)
        return shares.index_select(0, self._packing.row_of)

    def _to_embeddings(self, bar: Tensor, sums: Sums) -> None:
        packing, batch = self._packing, self._batch
        words, positions, types = map(sums.get, (WORDS, POSITIONS, TYPES))
        if words is not None:
            words.index_add_(0, packing.gather(batch.input_ids), bar)
        if positions is not None:
            positions.index_add_(0, self._bert.positions(packing), bar)
        if types is None:
            return
        if self._bert.token_types:
            types.index_add_(0, packing.gather(batch.token_type_ids), bar)
        else:
            types[0].add_(bar.sum(0))

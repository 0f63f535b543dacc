"""One layer of BERT, in the four passes of `metabench.nn.passes.operations`."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from metabench.nn.passes.attention import Attention
from metabench.nn.passes.gelu import Gelu
from metabench.nn.passes.operations import Dropout, Linear, Norm, Sums, forget

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from metabench.nn.bert.encoder import Bert, Parameters
    from metabench.nn.bert.packing import Packing
    from metabench.nn.passes.mask_parts import MaskParts

__all__ = ["BertLayer"]


@final
class BertLayer:
    """A layer and the activations that its passes share.

    Activations that a few cheap operations can recompute are freed between passes: the outputs of
    GELU and of the first norm, their tangents, and the derivative before GELU.

    Args:
        bert: the encoder's configuration.
        p: parameters, by name; held, not copied.
        number: the layer's index, from 0.
        packing: the places of the real tokens.
        masks: the dropout masks.
        cls_only: compute only the output of each row's first token, [rows, width]; only keys and
            values are then computed for all tokens.
    """

    def __init__(
        self,
        bert: Bert,
        p: Parameters,
        number: int,
        *,
        packing: Packing,
        masks: MaskParts,
        cls_only: bool,
    ) -> None:
        name, site = f"encoder.layer.{number}", 3 * number + 1
        self._bert, self._tokens = bert, packing.tokens
        self._cls_positions = packing.cls_positions if cls_only else None
        asking = packing.single if cls_only else packing
        self._packings = (asking, packing, packing)
        self._projections = [
            Linear(p, f"{name}.attention.self.{part}") for part in ("query", "key", "value")
        ]
        weights = masks.weights(
            site, heads=bert.heads, rate=bert.attention_dropout, queries=asking.width
        )
        states = masks.pooled if cls_only else masks.states
        self._attention = Attention(bert.scale, Dropout(weights))
        self._gathering = Linear(p, f"{name}.attention.output.dense")
        self._drop_attended = Dropout(states(site + 1, width=bert.width, rate=bert.mixed_dropout))
        self._attended = Norm(p, f"{name}.attention.output.LayerNorm", eps=bert.eps)
        self._widening = Linear(p, f"{name}.intermediate.dense")
        self._gelu = Gelu(bert.gelu)
        self._narrowing = Linear(p, f"{name}.output.dense")
        self._drop_out = Dropout(states(site + 2, width=bert.width, rate=bert.out_dropout))
        self._out = Norm(p, f"{name}.output.LayerNorm", eps=bert.eps)

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output, [tokens, width] like its input, or [rows, width]."""
        own = self._own(x)
        query, key, value = self._projected(own, x, Linear.forward)
        context = self._attention.forward(query, key, value, hidden=self._packings[1].hidden)
        mixed = self._drop_attended(self._gathering.forward(self._merge(context)))
        attended = self._attended.forward(mixed + own)
        inner = self._gelu.forward(self._widening.forward(attended))
        out = self._drop_out(self._narrowing.forward(inner))
        return self._out.forward(out + attended)

    def backward(self, dy: Tensor, gradient: Sums | None) -> Tensor:
        """Return the derivative for the input; add those for the parameters where wanted."""
        summed = self._out.backward(dy, gradient)
        dinner = self._narrowing.backward(self._drop_out(summed), gradient)
        dwide = self._gelu.backward(dinner)
        mixed = self._attended.backward(
            self._widening.backward(dwide, gradient, residual=summed), gradient
        )
        dcontext = self._gathering.backward(self._drop_attended(mixed), gradient)
        query, key, value = self._attention.backward(self._split(dcontext))

        def back(linear: Linear, dy: Tensor, residual: Tensor) -> Tensor:
            return linear.backward(dy, gradient, residual=residual)

        return self._unprojected((query, key, value), mixed, back)

    def forget(self, *, back: bool) -> None:
        """Free activations that can be recomputed; with ``back`` also all those of backward."""
        forget(self._widening, "x", "dy")
        forget(self._narrowing, "x")
        if back:
            for linear in (*self._projections, self._gathering, self._narrowing):
                forget(linear, "dy")
            for norm in (self._attended, self._out):
                forget(norm, "dx", "dy")
            forget(self._gelu, "dy")
            forget(self._attention, "back")

    def tangent(self, dx: Tensor, along: Parameters) -> Tensor:
        """Return how the output changes along a vector of parameters."""
        self._recall()
        own = self._own(dx)
        heads = self._projected(own, dx, lambda linear, values: linear.tangent(values, along))
        dcontext = self._merge(self._attention.tangent(*heads))
        mixed = self._drop_attended(self._gathering.tangent(dcontext, along))
        dattended = self._attended.tangent(mixed + own, along)
        dinner = self._gelu.tangent(self._widening.tangent(dattended, along))
        dout = self._drop_out(self._narrowing.tangent(dinner, along))
        forget(self._widening, "x")
        forget(self._narrowing, "x", "dx")
        return self._out.tangent(dout + dattended, along)

    def backward_tangent(self, ddy: Tensor, along: Parameters, product: Sums) -> Tensor:
        """Return how the derivative for the input changes.

        Args:
            ddy: how the derivative for the output changes.
            along: the vector of parameters.
            product: where the changes of the parameters' derivatives are added.
        """
        self._recall()
        self._widening.dy = self._gelu.times_slope(self._gelu.dy)
        self._narrowing.dx = self._gelu.times_slope(self._gelu.dx)
        summed = self._out.backward_tangent(ddy, along, product)
        inner = self._narrowing.backward_tangent(self._drop_out(summed), along, product)
        wide = self._gelu.backward_tangent(inner)
        mixed = self._attended.backward_tangent(
            self._widening.backward_tangent(wide, along, product, residual=summed), along, product
        )
        context = self._gathering.backward_tangent(self._drop_attended(mixed), along, product)
        query, key, value = self._attention.backward_tangent(self._split(context))

        def bend(linear: Linear, ddy: Tensor, residual: Tensor) -> Tensor:
            return linear.backward_tangent(ddy, along, product, residual=residual)

        return self._unprojected((query, key, value), mixed, bend)

    def _recall(self) -> None:
        """Recompute the inputs that were not kept."""
        self._widening.x = self._attended.value()
        self._narrowing.x = self._gelu.value()

    # -- between states and heads ----------------------------------------------------------------

    def _own(self, x: Tensor) -> Tensor:
        """Return the states whose outputs are computed."""
        return x if self._cls_positions is None else x.index_select(0, self._cls_positions)

    def _projected(
        self, own: Tensor, x: Tensor, through: Callable[[Linear, Tensor], Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries of the own states, keys and values of all, each through its map."""
        query, key, value = (
            self._split(through(linear, values), packing)
            for linear, values, packing in zip(
                self._projections, (own, x, x), self._packings, strict=True
            )
        )
        return query, key, value

    def _unprojected(
        self,
        heads: tuple[Tensor, Tensor, Tensor],
        residual: Tensor,
        through: Callable[[Linear, Tensor, Tensor], Tensor],
    ) -> Tensor:
        """Return the derivative for the input: those of the heads, summed, plus ``residual``."""
        query, key, value = (
            self._merge(values, packing)
            for values, packing in zip(heads, self._packings, strict=True)
        )
        asking, *looked_at = self._projections
        total = through(asking, query, residual)
        if self._cls_positions is not None:
            tokens = total.new_zeros(self._tokens, total.shape[1])
            total = tokens.index_copy_(0, self._cls_positions, total)
        for linear, values in zip(looked_at, (key, value), strict=True):
            total = through(linear, values, total)
        return total

    def _split(self, values: Tensor, packing: Packing | None = None) -> Tensor:
        """Return states as [heads of all rows, columns, width of a head], in one piece."""
        return self._bert.split(values, packing or self._packings[0]).contiguous().flatten(0, 1)

    def _merge(self, values: Tensor, packing: Packing | None = None) -> Tensor:
        """Undo ``_split``."""
        packing = packing or self._packings[0]
        heads = values.view(packing.rows, self._bert.heads, *values.shape[1:])
        return self._bert.merge(heads, packing)

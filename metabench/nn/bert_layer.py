"""One layer of BERT, in the four passes of `metabench.nn.operations`."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from metabench.nn.attention import Attention
from metabench.nn.operations import Dropout, Gelu, Linear, Norm, Sums, forget

if TYPE_CHECKING:
    from torch import Tensor

    from metabench.nn.bert import Bert, Parameters
    from metabench.nn.mask_parts import MaskParts
    from metabench.nn.packing import Packing

__all__ = ["BertLayer"]


@final
class BertLayer:
    """A layer and what its passes leave for each other.

    What a few cheap operations can make again is let go of between passes: the outputs of GELU and
    of the first norm, how they change, and the derivative before GELU.
    """

    def __init__(
        self, bert: Bert, p: Parameters, number: int, *, packing: Packing, masks: MaskParts
    ) -> None:
        name, rate, site = f"encoder.layer.{number}", bert.hidden_dropout, 3 * number + 1
        self._bert, self._packing = bert, packing
        self._projections = [
            Linear(p, f"{name}.attention.self.{part}") for part in ("query", "key", "value")
        ]
        weights = masks.weights(site, heads=bert.heads, rate=bert.attention_dropout)
        self._attention = Attention(bert.scale, Dropout(weights))
        self._gathering = Linear(p, f"{name}.attention.output.dense")
        self._drop_attended = Dropout(masks.states(site + 1, width=bert.width, rate=rate))
        self._attended = Norm(p, f"{name}.attention.output.LayerNorm", eps=bert.eps)
        self._widening = Linear(p, f"{name}.intermediate.dense")
        self._gelu = Gelu()
        self._narrowing = Linear(p, f"{name}.output.dense")
        self._drop_out = Dropout(masks.states(site + 2, width=bert.width, rate=rate))
        self._out = Norm(p, f"{name}.output.LayerNorm", eps=bert.eps)

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output, [tokens, width] like its input."""
        heads = [self._split(linear.forward(x)) for linear in self._projections]
        context = self._merge(self._attention.forward(*heads, hidden=self._packing.hidden))
        mixed = self._drop_attended(self._gathering.forward(context))
        attended = self._attended.forward(mixed + x)
        inner = self._gelu.forward(self._widening.forward(attended))
        out = self._drop_out(self._narrowing.forward(inner))
        return self._out.forward(out + attended)

    def backward(self, dy: Tensor, gradient: Sums | None) -> Tensor:
        """Return the derivative for the input; add those for the parameters where wanted."""
        summed = self._out.backward(dy, gradient)
        dinner = self._narrowing.backward(self._drop_out(summed), gradient)
        dwide = self._gelu.backward(dinner)
        mixed = self._attended.backward(
            self._widening.backward(dwide, gradient, beside=summed), gradient
        )
        dcontext = self._gathering.backward(self._drop_attended(mixed), gradient)
        total = mixed
        heads = self._attention.backward(self._split(dcontext))
        for linear, head in zip(self._projections, heads, strict=True):
            total = linear.backward(self._merge(head), gradient, beside=total)
        return total

    def forget(self, *, back: bool) -> None:
        """Let go of what can be made again; with ``back`` also of all that backward left."""
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
        heads = [self._split(linear.tangent(dx, along)) for linear in self._projections]
        dcontext = self._merge(self._attention.tangent(*heads))
        mixed = self._drop_attended(self._gathering.tangent(dcontext, along))
        dattended = self._attended.tangent(mixed + dx, along)
        dinner = self._gelu.tangent(self._widening.tangent(dattended, along))
        dout = self._drop_out(self._narrowing.tangent(dinner, along))
        forget(self._widening, "x")
        forget(self._narrowing, "x", "dx")
        return self._out.tangent(dout + dattended, along)

    def curve(self, ddy: Tensor, along: Parameters, product: Sums) -> Tensor:
        """Return how the derivative for the input changes.

        Args:
            ddy: how the derivative for the output changes.
            along: the vector of parameters.
            product: where the changes of the parameters' derivatives are added.
        """
        self._recall()
        self._widening.dy = self._gelu.times_slope(self._gelu.dy)
        self._narrowing.dx = self._gelu.times_slope(self._gelu.dx)
        summed = self._out.curve(ddy, along, product)
        inner = self._narrowing.curve(self._drop_out(summed), along, product)
        wide = self._gelu.curve(inner)
        mixed = self._attended.curve(
            self._widening.curve(wide, along, product, beside=summed), along, product
        )
        context = self._gathering.curve(self._drop_attended(mixed), along, product)
        total = mixed
        heads = self._attention.curve(self._split(context))
        for linear, head in zip(self._projections, heads, strict=True):
            total = linear.curve(self._merge(head), along, product, beside=total)
        return total

    def _recall(self) -> None:
        """Make again what was not kept of the inputs."""
        self._widening.x = self._attended.value()
        self._narrowing.x = self._gelu.value()

    def _split(self, values: Tensor) -> Tensor:
        """Return [tokens, width] as [heads of all rows, columns, width of a head], in one piece."""
        return self._bert.split(values, self._packing).contiguous().flatten(0, 1)

    def _merge(self, values: Tensor) -> Tensor:
        heads = values.view(self._packing.rows, self._bert.heads, *values.shape[1:])
        return self._bert.merge(heads, self._packing)

"""One layer of BERT, in the four passes of `metabench.nn.operations`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, final

from metabench.nn.attention import Attention
from metabench.nn.operations import Dropout, Gelu, Linear, Norm, Sums, forget

if TYPE_CHECKING:
    from torch import Tensor

    from metabench.nn.bert import Bert, Parameters
    from metabench.nn.masks import Masks
    from metabench.nn.packing import Packing

__all__ = ["BertLayer"]


@final
class BertLayer:
    """A layer and what its passes leave for each other.

    What a few cheap operations can make again is not kept: the outputs of GELU and of the first
    norm. A layer that is ``shut`` keeps its last norm alone, from which its output can be had, and
    can be gone through again from its input, without the last of its products.
    """

    def __init__(
        self,
        bert: Bert,
        p: Parameters,
        number: int,
        *,
        packing: Packing,
        masks: Masks,
        tokens: int,
    ) -> None:
        name, rate, site = f"encoder.layer.{number}", bert.hidden_dropout, 3 * number + 1
        shape = (tokens, bert.width)
        weights = (packing.rows, bert.heads, packing.width, packing.width)
        self._bert, self._packing = bert, packing
        self._projections = [
            Linear(p, f"{name}.attention.self.{part}") for part in ("query", "key", "value")
        ]
        self._attention = Attention(
            bert.scale,
            Dropout(masks.draw(site, weights, rate=bert.attention_dropout)),
        )
        self._gathering = Linear(p, f"{name}.attention.output.dense")
        self._drop_attended = Dropout(masks.draw(site + 1, shape, rate=rate))
        self._attended = Norm(p, f"{name}.attention.output.LayerNorm", eps=bert.eps)
        self._widening = Linear(p, f"{name}.intermediate.dense")
        self._gelu = Gelu()
        self._narrowing = Linear(p, f"{name}.output.dense")
        self._drop_out = Dropout(masks.draw(site + 2, shape, rate=rate))
        self._out = Norm(p, f"{name}.output.LayerNorm", eps=bert.eps)

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output, [tokens, width] like its input."""
        attended = self._first_half(x)
        inner = self._gelu.forward(self._widening.forward(attended))
        out = self._drop_out(self._narrowing.forward(inner))
        result = self._out.forward(out + attended)
        self._unrecall()
        return result

    def tangent(self, dx: Tensor, along: Parameters) -> Tensor:
        """Return how the output changes along a vector of parameters."""
        self._recall()
        dattended = self._first_half_tangent(dx, along)
        dinner = self._gelu.tangent(self._widening.tangent(dattended, along))
        dout = self._drop_out(self._narrowing.tangent(dinner, along))
        change = self._out.tangent(dout + dattended, along)
        self._unrecall()
        return change

    def output(self) -> Tensor:
        """Return the layer's output once more."""
        return self._out.value()

    def change(self, along: Parameters) -> Tensor:
        """Return the output's change once more."""
        return self._out.change(along)

    def shut(self) -> None:
        """Let go of everything but the last norm and the masks."""
        for linear in (*self._projections, self._gathering, self._widening, self._narrowing):
            forget(linear, "x", "dx", "dy")
        forget(self._attended, "hat", "rate", "dhat", "dspread", "dx", "dy")
        forget(self._gelu, "x", "dx", "dy")
        forget(self._attention, "_x", "_d", "d_scores", "weights", "dweights")

    def forget_backward(self) -> None:
        """Let go of what backward left."""
        self._unrecall()
        for linear in (*self._projections, self._gathering, self._widening, self._narrowing):
            forget(linear, "dy")
        for norm in (self._attended, self._out):
            forget(norm, "dx", "dy")
        forget(self._gelu, "dy")
        forget(self._attention, "d_scores")

    def reopen(self, x: Tensor) -> None:
        """Go through a shut layer again, up to what its last norm still knows."""
        self._gelu.forward(self._widening.forward(self._first_half(x)))

    def reopen_tangent(self, dx: Tensor, along: Parameters) -> None:
        """Go through the tangents of a shut layer again, once it is reopened."""
        dattended = self._first_half_tangent(dx, along)
        self._narrowing.dx = self._gelu.tangent(self._widening.tangent(dattended, along))

    def _first_half(self, x: Tensor) -> Tensor:
        heads = [self._split(linear.forward(x)) for linear in self._projections]
        context = self._attention.forward(*heads, attended=self._packing.attended)
        mixed = self._drop_attended(self._gathering.forward(self._merge(context)))
        return self._attended.forward(mixed + x)

    def _first_half_tangent(self, dx: Tensor, along: Parameters) -> Tensor:
        heads = [self._split(linear.tangent(dx, along)) for linear in self._projections]
        dcontext = self._merge(self._attention.tangent(*heads))
        mixed = self._drop_attended(self._gathering.tangent(dcontext, along))
        return self._attended.tangent(mixed + dx, along)

    def backward(self, dy: Tensor, gradient: Sums | None) -> Tensor:
        """Return the derivative for the input; write those for the parameters where wanted."""
        self._recall()
        summed = self._out.backward(dy, gradient)
        dinner = self._narrowing.backward(self._drop_out(summed), gradient)
        dattended = self._widening.backward(self._gelu.backward(dinner), gradient)
        mixed = self._attended.backward(dattended.add_(summed), gradient)
        dcontext = self._gathering.backward(self._drop_attended(mixed), gradient)
        heads = self._attention.backward(self._split(dcontext))
        return self._sum_heads(
            mixed,
            [
                linear.backward(self._merge(head), gradient)
                for linear, head in zip(self._projections, heads, strict=True)
            ],
        )

    def curve(
        self, dy: Tensor | None, ddy: Tensor, along: Parameters, product: Sums
    ) -> tuple[Tensor | None, Tensor]:
        """Return the derivative for the input and how it changes; the layer is used up.

        Each operation goes back and curves before the next, and lets go of what it held.

        Args:
            dy: the derivative for the output; None where ``backward`` has been gone through.
            ddy: how it changes.
            along: the vector of parameters.
            product: where the changes of the parameters' derivatives are written.
        """
        self._recall()
        one = _Backwards(along, product)
        summed = one.through(self._out, (dy, ddy))
        inner = one.through(self._narrowing, _both(self._drop_out, summed))
        attended = one.through(self._widening, one.through_gelu(self._gelu, inner))
        mixed = one.through(self._attended, _added(attended, summed))
        context = one.through(self._gathering, _both(self._drop_attended, mixed))
        heads = one.through_attention(self._attention, _both(self._split, context))
        parts = [
            one.through(linear, _both(self._merge, head))
            for linear, head in zip(self._projections, heads, strict=True)
        ]
        return _added(parts[0], parts[1], parts[2], mixed)

    def _recall(self) -> None:
        """Make again what was not kept."""
        self._widening.x = self._attended.value()
        self._narrowing.x = self._gelu.value()

    def _unrecall(self) -> None:
        forget(self._widening, "x")
        forget(self._narrowing, "x")

    def _split(self, values: Tensor) -> Tensor:
        return self._bert.split(values, self._packing)

    def _merge(self, values: Tensor) -> Tensor:
        return self._bert.merge(values, self._packing)

    @staticmethod
    def _sum_heads(residual: Tensor, parts: list[Tensor]) -> Tensor:
        total = parts[0].add_(parts[1]).add_(parts[2])
        return total.add_(residual)


_Pair: TypeAlias = "tuple[Tensor | None, Tensor]"
"""A derivative (None where it is known already) and how it changes."""


@final
@dataclass(frozen=True, slots=True)
class _Backwards:
    along: Parameters
    product: Sums

    def through(self, operation: Linear | Norm, pair: _Pair) -> _Pair:
        """Go back through an operation with parameters."""
        bar, change = pair
        back = None if bar is None else operation.backward(bar, None)
        curved = operation.curve(change, self.along, self.product)
        forget(operation, "x", "hat", "rate", "dhat", "dspread", "dx", "dy")
        return back, curved

    @staticmethod
    def through_gelu(gelu: Gelu, pair: _Pair) -> _Pair:
        """Go back through GELU."""
        bar, change = pair
        back = None if bar is None else gelu.backward(bar)
        curved = gelu.curve(change)
        forget(gelu, "x", "dx", "dy")
        return back, curved

    @staticmethod
    def through_attention(attention: Attention, pair: _Pair) -> list[_Pair]:
        """Go back through attention, to queries, keys and values."""
        bar, change = pair
        back = (None, None, None) if bar is None else attention.backward(bar)
        curved = attention.curve(change)
        forget(attention, "_x", "_d", "d_scores", "weights", "dweights")
        return list(zip(back, curved, strict=True))


def _both(operation: Callable[[Tensor], Tensor], pair: _Pair) -> _Pair:
    bar, change = pair
    return None if bar is None else operation(bar), operation(change)


def _added(first: _Pair, *others: _Pair) -> _Pair:
    """Return the sum of all pairs, written into the first."""
    bar, change = first
    for other, other_change in others:
        change.add_(other_change)
        if bar is not None and other is not None:
            bar.add_(other)
    return first

"""Dropout masks, each drawn from a separate generator, so that any of them can be redrawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, final

import torch
from torch import Tensor
from typing_extensions import override

from metabench.nn.bert.traced import no_type_check

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Mask", "Masks", "dropped"]

_STRIDE = 0x9E3779B97F4A7C15
_SEEDS = 1 << 63
_LEVELS = 1 << 16


class Mask(NamedTuple):
    """The values that are kept, and their scale: one over the share that is kept."""

    keep: Tensor
    scale: float


@final
@dataclass(frozen=True, slots=True)
class Masks:
    """The masks of one forward pass.

    Args:
        seed: names all of them; None where dropout is off.
        device: where they are drawn.
    """

    seed: int | None
    device: torch.device

    def draw(self, site: int, shape: Sequence[int], *, rate: float) -> Mask | None:
        """Return the mask of a site, each value kept with probability ``1 - rate``; None keeps all.

        Differs: sixteen random bits a value, four times as fast as torch's dropout on a CPU; so
        the rate is rounded to a multiple of 2^-16, and the scale is that of the rounded rate.
        """
        level = round(rate * _LEVELS)
        if self.seed is None or not level:
            return None
        generator = torch.Generator(self.device)
        generator.manual_seed((self.seed + (site + 1) * _STRIDE) % _SEEDS)
        count = math.prod(shape)
        words = torch.empty(-(-count // 4), dtype=torch.int64, device=self.device)
        words.random_(-(1 << 63), None, generator=generator)
        keep = (words.view(torch.int16)[:count] >= level - _LEVELS // 2).view(tuple(shape))
        return Mask(keep, _LEVELS / (_LEVELS - level))


@no_type_check
def dropped(values: Tensor, mask: Mask | None) -> Tensor:
    """Return the values that stay, multiplied by the scale, and zero elsewhere."""
    if mask is None:
        return values
    if torch.compiler.is_compiling():  # autograd finds what backward needs
        return _kept(values, mask.keep, mask.scale)
    apply: Any = _Dropped.apply
    result: Tensor = apply(values, mask.keep, mask.scale)
    return result


class _Dropped(torch.autograd.Function):
    """Hold one byte a value between forward and backward, not four."""

    @staticmethod
    @override
    def forward(values: Tensor, keep: Tensor, scale: float) -> Tensor:
        return _kept(values, keep, scale)

    @staticmethod
    @override
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        _, keep, ctx.scale = inputs
        ctx.save_for_backward(keep)

    @staticmethod
    @override
    def backward(ctx: Any, *gradients: Any) -> Any:
        (keep,) = ctx.saved_tensors
        apply: Any = _Dropped.apply
        return apply(gradients[0], keep, ctx.scale), None, None


@no_type_check
def _kept(values: Tensor, keep: Tensor, scale: float) -> Tensor:
    return keep.to(values.dtype).mul_(values).mul_(scale)

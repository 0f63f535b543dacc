"""The outer optimizer: Adam or SGD on blocks of meta-parameters, blind to tasks not drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor

from metabench.engine.snapshot import under

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.spec.model.sections import MetaOptimizer

__all__ = ["OuterOptimizer"]


@final
@dataclass
class OuterOptimizer:
    """The outer optimizer: descent along a direction, slice by slice.

    Each named slice of a block has a separate step count: a slice that is not named in a step keeps
    its values, its moments and its count, so that heads of tasks that were not drawn stay unchanged
    (with Adam on the whole vector their old moments would keep moving them).

    Args:
        settings: Adam or SGD.
        rates: the learning rate of each block; that of ``settings`` where none is named.
        scales: the size of each block's direction in gradients, which Adam divides by; otherwise
            its epsilon would have another relative size for a displacement than for a gradient.

    Source: Kingma and Ba 2015, algorithm 1; the outer optimizer of Dou et al. 2019, section 3.
    """

    settings: MetaOptimizer
    rates: Mapping[str, float]
    scales: Mapping[str, float] = field(default_factory=dict)
    first: dict[str, Tensor] = field(default_factory=dict)
    second: dict[str, Tensor] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def step(
        self,
        blocks: Mapping[str, Tensor],
        directions: Mapping[str, Tensor],
        spans: Mapping[str, Mapping[str, slice]],
    ) -> None:
        """Write to ``blocks`` in place.

        Args:
            blocks: the engine's own meta-parameters.
            directions: the direction of descent of each block.
            spans: for each block the named slices that take part; none named: the whole block.
        """
        for name, direction in directions.items():
            rate = self.rates.get(name, self.settings.lr)
            for part, span in spans.get(name, {"": slice(None)}).items():
                self._descend(blocks[name], direction[span], (name, part), span, rate=rate)

    def tensors(self) -> dict[str, Tensor]:
        """Return the moments by name."""
        return {
            f"{moment}/{name}": value
            for moment, values in (("first", self.first), ("second", self.second))
            for name, value in values.items()
        }

    def restore(self, tensors: Mapping[str, Tensor], counts: Mapping[str, int]) -> None:
        """Go on from moments that ``tensors`` returned, and from step counts."""
        for moment, values in (("first", self.first), ("second", self.second)):
            found = under(moment, tensors)
            values.update({name: value.clone() for name, value in found.items()})
        self.counts.update(counts)

    def _descend(
        self, block: Tensor, direction: Tensor, place: tuple[str, str], span: slice, *, rate: float
    ) -> None:
        if self.settings.name == "sgd":
            block[span].sub_(direction, alpha=rate)
            return
        name, part = place
        count = self.counts[f"{name}/{part}"] = self.counts.get(f"{name}/{part}", 0) + 1
        if (size := self.scales.get(name, 1.0)) != 1.0:
            direction = direction / size
        if name not in self.first:
            self.first[name], self.second[name] = torch.zeros_like(block), torch.zeros_like(block)
        first, second = self.first[name][span], self.second[name][span]
        beta1, beta2 = self.settings.betas
        first.lerp_(direction, 1 - beta1)
        second.mul_(beta2).addcmul_(direction, direction, value=1 - beta2)
        scale = (second / (1 - beta2**count)).sqrt_().add_(self.settings.eps)
        block[span].addcdiv_(first, scale, value=-rate / (1 - beta1**count))

"""Reptile: towards where the inner loop ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import torch
from typing_extensions import override

from metabench.learning import Algorithm, MetaGradient
from metabench_algorithms.options import ReptileOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.learning import Blocks, Episode, Learner

__all__ = ["Reptile"]


@final
class Reptile(Algorithm[ReptileOptions]):
    r"""Move theta towards the parameters that k inner steps lead to.

    .. math:: \theta \leftarrow \theta + \beta \frac{1}{n} \sum_i (\theta_i^{(k)} - \theta)

    so that the direction to descend along is :math:`\theta - \theta^{(k)}`. It is summed up step by
    step: as a difference of two large vectors it would lose its digits in fp32.

    Source: Nichol et al. 2018, algorithm 2; Dou et al. 2019, section 2.3.
    Differs: the direction goes to the outer optimizer (Adam by default, as in section 3 of Dou et
    al.), not straight to theta; Adam is given the mean inner gradient, which is the direction
    divided by alpha k (ADR 0018).
    """

    follows_gradients: ClassVar[bool] = True

    @override
    def direction_scales(self) -> Mapping[str, float]:
        return {"theta": self.options.inner_steps * self.options.inner_lr or 1.0}

    @override
    def meta_gradient(self, learner: Learner, meta: Blocks, episode: Episode) -> MetaGradient:
        theta, moved = meta["theta"], torch.zeros_like(meta["theta"])
        for support in episode.support:
            pull = learner.gradient(theta - moved, support)
            moved.add_(pull, alpha=self.options.inner_lr)
        return MetaGradient({"theta": moved})

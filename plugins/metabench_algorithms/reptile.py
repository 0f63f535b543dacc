"""Reptile: towards where the inner loop ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from typing_extensions import override

from metabench.learning import Algorithm, MetaGradient, inner_path
from metabench_algorithms.options import ReptileOptions

if TYPE_CHECKING:
    from metabench.learning import Blocks, Episode, Learner

__all__ = ["Reptile"]


@final
class Reptile(Algorithm[ReptileOptions]):
    r"""Move theta towards the parameters that k inner steps lead to.

    .. math:: \theta \leftarrow \theta + \beta \frac{1}{n} \sum_i (\theta_i^{(k)} - \theta)

    so that the direction to descend along is :math:`\theta - \theta^{(k)}`.

    Source: Nichol et al. 2018, algorithm 2; Dou et al. 2019, section 2.3.
    Differs: the direction goes to the outer optimizer (Adam by default, as in section 3 of Dou et
    al.), not straight to theta.
    """

    follows_gradients: ClassVar[bool] = True

    @override
    def meta_gradient(self, learner: Learner, meta: Blocks, episode: Episode) -> MetaGradient:
        theta = meta["theta"]
        *_, adapted = inner_path(learner, theta, episode.support, inner_lr=self.options.inner_lr)
        return MetaGradient({"theta": theta - adapted})

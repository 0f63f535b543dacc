"""Joint training: the gradient of each drawn task, without an inner loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

from typing_extensions import override

from metabench.learning import Algorithm, MetaGradient
from metabench_algorithms.options import JointOptions

if TYPE_CHECKING:
    from metabench.learning import Blocks, Episode, Learner

__all__ = ["Joint"]


@final
class Joint(Algorithm[JointOptions]):
    r"""Multi-task training: descend along the mean of the drawn tasks' gradients.

    .. math:: \nabla_\theta \frac{1}{n} \sum_i L_i(\theta)

    Source: Liu et al. 2019 (MT-DNN), algorithm 1; the baseline of Dou et al. 2019.
    Differs: MT-DNN updates after each batch of one task; here a step averages a meta-batch of
    tasks, as for every other method, so that only the direction differs between methods.
    """

    follows_gradients: ClassVar[bool] = True

    @override
    def meta_gradient(self, learner: Learner, meta: Blocks, episode: Episode) -> MetaGradient:
        return MetaGradient({"theta": learner.gradient(meta["theta"], episode.query[0])})

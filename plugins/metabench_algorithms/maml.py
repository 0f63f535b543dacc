"""MAML with exact second derivatives, and FOMAML without them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar, final

from typing_extensions import override

from metabench.learning import Algorithm, MetaGradient, inner_path
from metabench_algorithms.options import MamlOptions

if TYPE_CHECKING:
    from metabench.learning import Blocks, Episode, Learner

__all__ = ["Maml"]


@final
class Maml(Algorithm[MamlOptions]):
    r"""Model-agnostic meta-learning: the gradient of the query loss after the inner loop.

    .. math::
        \nabla_{\theta_0} L_Q(\theta_k)
        = \Bigl[\prod_{i=1}^{k} \bigl(I - \alpha \nabla^2 L_i(\theta_{i-1})\bigr)\Bigr]
          \nabla L_Q(\theta_k)

    The product is applied to the query gradient from the last inner step to the first, with one
    Hessian-vector product each; no autograd graph spans the inner loop. Without second derivatives
    the product is the identity, which is FOMAML.

    Source: Finn et al. 2017, algorithm 1; Dou et al. 2019, section 2.3.
    Differs: the outer loop descends along the mean over the meta-batch, not the sum (Adam is
    invariant to it, except for its epsilon). Each inner step has a separate support batch
    (``support = "same"`` reuses one, as Finn et al. do).
    """

    follows_gradients: ClassVar[bool] = True

    @override
    def meta_gradient(self, learner: Learner, meta: Blocks, episode: Episode) -> MetaGradient:
        alpha = self.options.inner_lr
        last_only = None if self.options.second_order else 1
        path = deque(
            inner_path(learner, meta["theta"], episode.support, inner_lr=alpha), maxlen=last_only
        )

        v = learner.gradient(path.pop(), episode.query[0])
        if self.options.second_order:
            for support in reversed(episode.support):
                v = v.sub(learner.hvp(path.pop(), support, v), alpha=alpha)
        return MetaGradient({"theta": v})

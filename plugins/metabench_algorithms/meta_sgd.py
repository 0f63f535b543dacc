"""Meta-SGD: an initialisation and a learned rate for each parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from metabench.learning import Algorithm, MetaGradient
from metabench_algorithms.options import MetaSgdOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.learning import Blocks, Episode, Learner

__all__ = ["MetaSgd"]


@final
class MetaSgd(Algorithm[MetaSgdOptions]):
    r"""MAML with a learned inner learning rate for each parameter.

    .. math::
        \theta_i = \theta_{i-1} - a \circ g_i, \qquad g_i = \nabla L_i(\theta_{i-1})

    With :math:`v_k = \nabla L_Q(\theta_k)` and, for i = k … 1,
    :math:`v_{i-1} = v_i - \nabla^2 L_i(\theta_{i-1}) (a \circ v_i)`,

    .. math::
        \nabla_{\theta_0} L_Q(\theta_k) = v_0, \qquad
        \nabla_a L_Q(\theta_k) = - \sum_{i=1}^{k} g_i \circ v_i

    Without second derivatives every v is the query gradient.

    Source: Li et al. 2017, equation 2 (one inner step) and algorithm 1.
    Differs: k steps share one vector of rates; all rates start at ``inner_lr``, not at random; they
    have a separate outer learning rate, because they are far smaller than parameters. A target
    is fine-tuned in full, without the learned rates, unless the adaptation ``inner`` takes the
    inner loop on it. Each inner step has a separate support batch (``support = "same"`` reuses
    one).
    """

    follows_gradients: ClassVar[bool] = True

    @override
    def init(self, learner: Learner, theta: Float[Tensor, " P"]) -> Blocks:
        return {"theta": theta, "rates": torch.full_like(theta, self.options.inner_lr)}

    @override
    def learning_rates(self, outer_lr: float) -> Mapping[str, float]:
        return {"theta": outer_lr, "rates": self.options.rates_lr}

    @override
    def meta_gradient(self, learner: Learner, meta: Blocks, episode: Episode) -> MetaGradient:
        rates, path, gradients = meta["rates"], [meta["theta"]], []
        for support in episode.support:
            gradients.append(learner.gradient(path[-1], support))
            path.append(path[-1] - rates * gradients[-1])

        v = learner.gradient(path.pop(), episode.query[0])
        for_rates = torch.zeros_like(rates)
        for support in reversed(episode.support):
            for_rates.addcmul_(gradients.pop(), v, value=-1)
            before = path.pop()
            if self.options.second_order:
                v = v - learner.hvp(before, support, rates * v)
        return MetaGradient({"theta": v, "rates": for_rates})

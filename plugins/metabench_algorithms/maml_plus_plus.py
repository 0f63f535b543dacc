"""MAML++: losses after every inner step, learned rates by layer and step, late second order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from metabench.learning import Algorithm, MetaGradient
from metabench_algorithms.options import MamlPlusPlusOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metabench.learning import Blocks, Episode, Learner

__all__ = ["MamlPlusPlus", "loss_weights"]


@final
class MamlPlusPlus(Algorithm[MamlPlusPlusOptions]):
    r"""MAML with a query loss after each inner step and a learned rate for each layer and step.

    .. math::
        \theta_i = \theta_{i-1} - r_i \circ g_i, \qquad g_i = \nabla L_i(\theta_{i-1}), \qquad
        J = \sum_{i=1}^{k} w_i L_Q(\theta_i)

    where :math:`r_i` [P] holds :math:`r_{il}` at every parameter of layer l. From the last step to
    the first, starting from :math:`v = 0`:

    .. math::
        v \leftarrow v + w_i \nabla L_Q(\theta_i), \qquad
        \partial J / \partial r_{il} = - \langle g_i, v \rangle_l, \qquad
        v \leftarrow v - \nabla^2 L_i(\theta_{i-1}) (r_i \circ v)

    The last of these three is left out in the first meta-steps.

    Source: Antoniou et al. 2019, section 4: multi-step loss (equation 4), rates by layer and step,
    derivative-order annealing.
    Differs: both annealings take shares of the meta-steps, and the weights of early losses fall
    linearly to zero; there is one rate per layer and one for the head, where the paper has one per
    tensor; rates have a separate outer learning rate, ``rates_lr``; the encoder has no batch
    normalization with statistics per step; the outer optimizer is the benchmark's, without cosine
    annealing. A target is fine-tuned in full, without the learned rates, unless the adaptation
    ``inner`` takes the inner loop on it. Each inner step has a separate support batch
    (``support = "same"`` reuses one).
    """

    follows_gradients: ClassVar[bool] = True

    @override
    def init(self, learner: Learner, theta: Float[Tensor, " P"]) -> Blocks:
        layers = len(learner.spans()) + 1  # the task's head
        rates = theta.new_full((self.options.inner_steps, layers), self.options.inner_lr)
        return {"theta": theta, "rates": rates}

    @override
    def learning_rates(self, outer_lr: float) -> Mapping[str, float]:
        return {"theta": outer_lr, "rates": self.options.rates_lr}

    @override
    def meta_gradient(self, learner: Learner, meta: Blocks, episode: Episode) -> MetaGradient:
        rates, layers = meta["rates"], _layers(learner, episode.task)
        weights = self._loss_weights(episode)
        path, gradients, pulls = [meta["theta"]], [], []
        for support, rate, weight in zip(episode.support, rates, weights, strict=True):
            gradients.append(learner.gradient(path[-1], support))
            path.append(path[-1] - _by_layer(rate, gradients[-1], layers))
            early = weight > 0
            pulls.append(weight * learner.gradient(path[-1], episode.query[0]) if early else 0.0)

        v, for_rates = torch.zeros_like(meta["theta"]), torch.zeros_like(rates)
        second_order = episode.step >= self.options.first_order_steps(episode.total_steps)
        for i in reversed(range(len(rates))):
            v = v + pulls[i]
            for layer, span in layers:
                for_rates[i, layer] -= gradients[i][span] @ v[span]
            if second_order:
                v = v - learner.hvp(path[i], episode.support[i], _by_layer(rates[i], v, layers))
        return MetaGradient({"theta": v, "rates": for_rates})

    def _loss_weights(self, episode: Episode) -> tuple[float, ...]:
        steps = self.options.multi_step_steps(episode.total_steps)
        return loss_weights(self.options.inner_steps, step=episode.step, annealing_steps=steps)


def loss_weights(inner_steps: int, *, step: int, annealing_steps: int) -> tuple[float, ...]:
    r"""Return :math:`w_1, \dots, w_k`: equal at first, all on the last step in the end.

    .. math:: w_i = \tfrac{1}{k} \max(0, 1 - t / T) \quad (i < k), \qquad w_k = 1 - \sum_{i<k} w_i

    Source: Antoniou et al. 2019, section 4, multi-step loss, of which only the ends are given.
    """
    left = 1.0 - step / annealing_steps if step < annealing_steps else 0.0
    early = left / inner_steps
    return (*[early] * (inner_steps - 1), 1.0 - early * (inner_steps - 1))


def _layers(learner: Learner, task: str) -> Sequence[tuple[int, slice]]:
    """Return slices that cover the encoder and the task's head, each with its layer's number.

    Layers are numbered in the order of their names; parameters in no layer belong to the encoder.
    """
    spans = list(learner.spans(task).values())
    edges = sorted({edge for span in spans for edge in (span.start, span.stop)})
    found = []
    for start, stop in pairwise(edges):
        around = [i for i, s in enumerate(spans) if s.start <= start and stop <= s.stop]
        found += [(around[-1], slice(start, stop))] if around else []
    return found


def _by_layer(
    rate: Float[Tensor, " layers"],
    vector: Float[Tensor, " P"],
    layers: Sequence[tuple[int, slice]],
) -> Float[Tensor, " P"]:
    """Return a vector times its layers' rates; zero where no layer is."""
    scaled = torch.zeros_like(vector)
    for layer, span in layers:
        scaled[span] = rate[layer] * vector[span]
    return scaled

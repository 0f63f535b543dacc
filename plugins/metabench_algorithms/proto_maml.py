"""ProtoMAML: MAML from the nearest-prototype head of the support set."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from typing_extensions import override

from metabench.learning import Algorithm, MetaGradient, inner_path
from metabench_algorithms.options import ProtoMamlOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.learning import Batch, Blocks, Episode, Learner

__all__ = ["ProtoMaml"]


@final
class ProtoMaml(Algorithm[ProtoMamlOptions]):
    r"""MAML from a head h of the support set's prototypes, differentiated as a function of theta.

    With :math:`c_n` the mean feature of all support examples of class n,

    .. math::
        w_n = 2 c_n, \qquad b_n = -\lVert c_n \rVert^2, \qquad
        \nabla_{\mathrm{body}} = v_{\mathrm{body}}
        + \bigl(\partial h / \partial \mathrm{body}\bigr)^T v_{\mathrm{head}}

    where v is MAML's meta-gradient at (body, h).

    Source: Triantafillou et al. 2020, section 3 (Proto-MAML); w and b: Snell et al. 2017, section
    2.4, equation 8.
    Differs: theta contains a head, which the paper does not have; it is pulled to h, along theta's
    head - h. That is no gradient, and an Adam step is at most its rate, so the head is still far
    from h when fine-tuning starts from it; ``finetune.head = "prototype"`` makes prototypes of the
    training examples instead. A class without a support example keeps its weights in theta's head
    with MAML's gradient; so does a regression task. Each inner step has a separate support batch
    (``support = "same"`` reuses one); prototypes are those of all.
    """

    follows_gradients: ClassVar[bool] = True

    @override
    def meta_gradient(self, learner: Learner, meta: Blocks, episode: Episode) -> MetaGradient:
        theta, head = meta["theta"], learner.spans(episode.task)["head"]
        if episode.query[0].labels.is_floating_point():
            return MetaGradient({"theta": self._maml(learner, theta, episode)})
        prototypes = _Prototypes(learner, theta, episode.support, head)
        v = self._maml(learner, prototypes.start(), episode)
        direction = v + prototypes.pulled_back(v[head])
        direction[head] = torch.where(prototypes.known(), theta[head] - prototypes.head(), v[head])
        return MetaGradient({"theta": direction})

    def _maml(
        self, learner: Learner, start: Float[Tensor, " P"], episode: Episode
    ) -> Float[Tensor, " P"]:
        alpha = self.options.inner_lr
        path = list(inner_path(learner, start, episode.support, inner_lr=alpha))
        v = learner.gradient(path.pop(), episode.query[0])
        if self.options.second_order:
            for support in reversed(episode.support):
                v = v.sub(learner.hvp(path.pop(), support, v), alpha=alpha)
        return v


@final
class _Prototypes:
    """The head of prototypes, and its derivative in theta.

    Args:
        learner: computes features.
        theta: the parameters for the features, [P].
        support: the batches, which form one support set.
        head: the slice of the task's head: weights [classes, width] row by row, then biases.
    """

    def __init__(
        self,
        learner: Learner,
        theta: Float[Tensor, " P"],
        support: Sequence[Batch],
        head: slice,
    ) -> None:
        self._learner, self._theta, self._support, self._span = learner, theta, support, head
        with torch.no_grad():
            features = [learner.features(theta, batch) for batch in support]
        width = features[0].shape[1]
        self._classes = (head.stop - head.start) // (width + 1)
        rows = torch.cat([self._one_hot(batch, features[0]) for batch in support])
        self._counts = rows.sum(0)
        self._centres = rows.T @ torch.cat(features) / self._counts.clamp(min=1)[:, None]

    def known(self) -> Bool[Tensor, " H"]:
        """Return the parts of the head from prototypes: those of classes with support examples."""
        known = self._counts > 0
        return torch.cat([known.repeat_interleave(self._centres.shape[1]), known])

    def head(self) -> Float[Tensor, " H"]:
        """Return w, row by row, and b."""
        return torch.cat([(2 * self._centres).flatten(), -self._centres.square().sum(1)])

    def start(self) -> Float[Tensor, " P"]:
        """Return theta with this head where it is known."""
        start = self._theta.clone()
        start[self._span] = torch.where(self.known(), self.head(), start[self._span])
        return start

    def pulled_back(self, vector: Float[Tensor, " H"]) -> Float[Tensor, " P"]:
        """Return the transposed derivative of ``head`` at theta times a vector."""
        weights, biases = vector.split([self._centres.numel(), self._classes])
        for_centres = 2 * weights.view_as(self._centres) - 2 * self._centres * biases[:, None]
        each = for_centres / self._counts.clamp(min=1)[:, None]
        back = torch.zeros_like(self._theta)
        for batch in self._support:
            leaf = self._theta.detach().requires_grad_()
            features = self._learner.features(leaf, batch)
            (found,) = torch.autograd.grad(features, leaf, self._one_hot(batch, each) @ each)
            back += found
        return back

    def _one_hot(self, batch: Batch, like: Tensor) -> Float[Tensor, "rows classes"]:
        return nn.functional.one_hot(batch.labels, self._classes).to(like.dtype)

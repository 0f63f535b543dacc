"""ANIL and BOIL: MAML with an inner loop on the head only, or on the body only."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from metabench.learning import Algorithm, MetaGradient
from metabench_algorithms.options import PartialMamlOptions

if TYPE_CHECKING:
    from metabench.learning import Blocks, Episode, Learner

__all__ = ["PartialMaml"]


@final
class PartialMaml(Algorithm[PartialMamlOptions]):
    r"""MAML with an inner loop on one part of theta; the outer loop updates all of it.

    .. math::
        \theta_i = \theta_{i-1} - \alpha M \nabla L_i(\theta_{i-1}), \qquad
        \nabla_{\theta_0} L_Q(\theta_k)
        = \Bigl[\prod_{i=1}^{k} \bigl(I - \alpha \nabla^2 L_i(\theta_{i-1}) M\bigr)\Bigr]
          \nabla L_Q(\theta_k)

    M keeps the coordinates of the head (ANIL: features are reused) or those of the encoder (BOIL:
    representations change) and puts zero elsewhere.

    Source: ANIL: Raghu et al. 2020, section 4, its one equation; BOIL: Oh et al. 2021, section 3,
    the body's rate alpha and the head's rate 0; the outer step is that of Finn et al. 2017.
    Differs: both were proposed with one head for all tasks; here each task has one. A target is
    fine-tuned in full, head and body, unless the adaptation ``inner`` takes the inner loop on it.
    Each inner step has a separate support batch (``support = "same"`` reuses one).
    """

    follows_gradients: ClassVar[bool] = True

    @override
    def meta_gradient(self, learner: Learner, meta: Blocks, episode: Episode) -> MetaGradient:
        alpha = self.options.inner_lr
        part = learner.spans(episode.task)[_SPANS[self.options.inner_part]]
        path = deque([meta["theta"]], maxlen=None if self.options.second_order else 1)
        for support in episode.support:
            path.append(path[-1] - alpha * learner.gradient(path[-1], support, part))

        v = learner.gradient(path.pop(), episode.query[0])
        if self.options.second_order:
            for support in reversed(episode.support):
                v = v.sub(learner.hvp(path.pop(), support, _inside(v, part)), alpha=alpha)
        return MetaGradient({"theta": v})


_SPANS = {"head": "head", "body": "encoder"}


def _inside(vector: Float[Tensor, " P"], part: slice) -> Float[Tensor, " P"]:
    """Return M times a vector: zero outside of the part."""
    kept = torch.zeros_like(vector)
    kept[part] = vector[part]
    return kept

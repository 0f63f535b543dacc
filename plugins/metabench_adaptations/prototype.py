"""Nearest prototype: the class whose training examples have the nearest mean of features."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from metabench.learning import Adaptation
from metabench_adaptations.options import PrototypeOptions

if TYPE_CHECKING:
    from metabench.learning import Learner, Target

__all__ = ["Prototype"]


@final
class Prototype(Adaptation[PrototypeOptions]):
    r"""The nearest class mean, as a linear head on the features of the frozen encoder.

    With :math:`c_n` the mean of the features f(x) of the training examples of class n,

    .. math::
        -\lVert f(x) - c_n \rVert^2 + \lVert f(x) \rVert^2
        = 2 c_n \cdot f(x) - \lVert c_n \rVert^2

    The second term on the left is the same for all classes, so that the head's softmax is that of
    the negative squared distances.

    Source: Snell et al. 2017, equations 1 and 2 (the classifier) and section 2.4 (as a linear one).
    Differs: the encoder is any initialisation; it need not be trained for prototypes.
    """

    @override
    def adapt(
        self, learner: Learner, theta: Float[Tensor, " P"], target: Target
    ) -> Float[Tensor, " P"]:
        features, labels = target.features(learner, theta)
        known, places = labels.unique(return_inverse=True)
        members = nn.functional.one_hot(places, len(known)).to(features)
        centres = members.T @ features / members.sum(0)[:, None]
        biases = -centres.square().sum(1)
        return target.with_head(learner, theta, 2 * centres, biases, known=known.tolist())

"""The inner loop that a method was meta-trained with, on a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from metabench.learning import Adaptation
from metabench_adaptations.options import InnerOptions

if TYPE_CHECKING:
    from metabench.learning import Learner, Target

__all__ = ["Inner"]


@final
class Inner(Adaptation[InnerOptions]):
    r"""The algorithm's own inner loop, with what it has learned besides theta.

    Source: Finn et al. 2017, section 2.2, who adapt to a new task as in meta-training.
    Differs: support batches hold ``finetune.batch_size`` examples; a new head begins as for
    fine-tuning, and a block of theta's shape has its first values there.
    """

    @override
    def adapt(
        self, learner: Learner, theta: Float[Tensor, " P"], target: Target
    ) -> Float[Tensor, " P"]:
        del learner
        if target.inner_loop is None:
            raise TypeError("the algorithm has no inner loop")
        return target.inner_loop(theta)

"""Options of the adaptations."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import override

from metabench.api import AdaptationCost, AdaptationOptions, AlgorithmOptions

__all__ = ["FineTuningOptions", "InnerOptions", "LinearProbeOptions", "PrototypeOptions"]

_MANY = 1_000  # meta-steps: of MAML++, most have one query gradient

Strength = Annotated[float, Field(gt=0, le=1e9)]


class FineTuningOptions(AdaptationOptions):
    """Fine-tuning has no options here; ``[finetune]`` sets it for all methods."""


class LinearProbeOptions(AdaptationOptions):
    """Options of the linear probe, as scikit-learn names them."""

    c: Strength = 1.0
    """Classes: inverse strength of the L2 penalty of logistic regression, scikit-learn's ``C``."""
    alpha: Strength = 1.0
    """Numbers: strength of the L2 penalty of ridge regression, scikit-learn's ``alpha``."""
    max_iter: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000
    """Iterations of logistic regression; the cell fails if they do not suffice."""


class PrototypeOptions(AdaptationOptions):
    """Prototypes have no options."""


class InnerOptions(AdaptationOptions):
    """The inner loop has no options here; its steps and rates are the algorithm's."""

    @override
    def cost(self, algorithm: AlgorithmOptions | None = None) -> AdaptationCost:
        """Return the gradients of an episode without its query batches."""
        if algorithm is None:
            return AdaptationCost()
        gradients = algorithm.episode_cost(_MANY).gradients - algorithm.episode_shape().query
        return AdaptationCost(gradients=gradients)

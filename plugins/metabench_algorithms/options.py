"""Options of the algorithms; the defaults are the paper's."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import override

from metabench.api import AlgorithmOptions, EpisodeShape

__all__ = ["FineTuneOptions", "JointOptions", "MamlOptions", "ReptileOptions"]

InnerSteps = Annotated[int, Field(ge=1, le=1000)]
InnerRate = Annotated[float, Field(ge=0, le=100)]


class FineTuneOptions(AlgorithmOptions):
    """Plain fine-tuning has no options of its own; stage 3 is set in ``[finetune]``."""


class JointOptions(AlgorithmOptions):
    """Joint training has no inner loop, so nothing to set."""


class MamlOptions(AlgorithmOptions):
    """Options of MAML and FOMAML."""

    inner_steps: InnerSteps = 5
    """Gradient steps k of the inner loop, each on a support batch of its own."""
    inner_lr: InnerRate = 1e-3
    """Step size alpha of the inner loop."""
    second_order: bool = True
    """Whether the meta-gradient is exact; without it this is FOMAML."""

    @override
    def episode_shape(self) -> EpisodeShape:
        """Return k support batches and one query batch."""
        return EpisodeShape(support=self.inner_steps, query=1)

    @override
    def uses_curvature(self) -> bool:
        """Return whether Hessian-vector products are needed."""
        return self.second_order


class ReptileOptions(AlgorithmOptions):
    """Options of Reptile."""

    inner_steps: InnerSteps = 5
    """Gradient steps k of the inner loop, each on a support batch of its own."""
    inner_lr: InnerRate = 1e-3
    """Step size alpha of the inner loop."""

    @override
    def episode_shape(self) -> EpisodeShape:
        """Return k support batches; Reptile looks at no query."""
        return EpisodeShape(support=self.inner_steps, query=0)

"""Options of the algorithms; the defaults are the paper's."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import override

from metabench.api import AlgorithmOptions, CurvatureWay, EpisodeShape

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
    """Whether second derivatives are taken; without them this is FOMAML."""
    curvature: CurvatureWay = "exact"
    """How: ``exact``, or from differences of gradients: ``central``, 1e-4 off, or ``forward``, 2e-3
    off at two thirds of the price."""

    @override
    def episode_shape(self) -> EpisodeShape:
        """Return k support batches and one query batch."""
        return EpisodeShape(support=self.inner_steps, query=1)

    @override
    def uses_curvature(self) -> CurvatureWay | None:
        """Return how Hessian-vector products are made; None for FOMAML, which needs none."""
        return self.curvature if self.second_order else None


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

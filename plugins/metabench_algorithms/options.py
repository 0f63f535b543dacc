"""Options of the algorithms.

k = 5 inner steps of alpha = 1e-3 are Dou et al. 2019's. docs/reference/paper_settings.md compares
the other defaults with the papers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from metabench.api import AlgorithmOptions, CurvatureWay, EpisodeCost, EpisodeShape

__all__ = [
    "FineTuneOptions",
    "ImamlOptions",
    "InnerLoopOptions",
    "JointOptions",
    "MamlOptions",
    "MamlPlusPlusOptions",
    "MetaSgdOptions",
    "PartialMamlOptions",
    "PcGradOptions",
    "ProtoMamlOptions",
    "ReptileOptions",
]

InnerSteps = Annotated[int, Field(ge=1, le=1000)]
InnerRate = Annotated[float, Field(ge=0, le=100)]
OuterRate = Annotated[float, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Support = Literal["fresh", "same"]


def _shape(inner_steps: int, support: Support) -> EpisodeShape:
    """Return k support batches, or one k times, and one query batch."""
    if support == "same":
        return EpisodeShape(support=1, query=1, passes=inner_steps)
    return EpisodeShape(support=inner_steps, query=1)


class FineTuneOptions(AlgorithmOptions):
    """Fine-tuning has no options; stage 3 is set in ``[finetune]``."""


class JointOptions(AlgorithmOptions):
    """Joint training has no inner loop, so nothing to set."""


class InnerLoopOptions(AlgorithmOptions):
    """Options of a method that differentiates through k inner steps."""

    inner_steps: InnerSteps = 5
    """Gradient steps k of the inner loop."""
    inner_lr: InnerRate = 1e-3
    """Step size alpha of the inner loop."""
    support: Support = "fresh"
    """``fresh``: each inner step has a separate support batch; ``same``: all use one, with
    separate dropout masks, as in the methods' papers."""
    second_order: bool = True
    """Whether second derivatives are taken; for MAML without them this is FOMAML."""
    curvature: CurvatureWay = "exact"
    """HVP method: ``exact``, or differences of gradients: ``central``, 1e-4 off, or ``forward``,
    2e-3 off at two thirds of the cost."""
    later_fields: ClassVar[frozenset[str]] = frozenset({"support"})

    @override
    def episode_shape(self) -> EpisodeShape:
        """Return k support batches, or one k times, and one query batch."""
        return _shape(self.inner_steps, self.support)

    @override
    def uses_curvature(self) -> CurvatureWay | None:
        """Return how Hessian-vector products are made; None at first order, which needs none."""
        return self.curvature if self.second_order else None


class MamlOptions(InnerLoopOptions):
    """Options of MAML and FOMAML."""


class PartialMamlOptions(InnerLoopOptions):
    """Options of ANIL and BOIL."""

    inner_part: Literal["head", "body"] = "head"
    """The part that the inner loop moves: ``head`` in ANIL, ``body`` in BOIL; the name fixes it."""

    @override
    def episode_cost(self, total_steps: int) -> EpisodeCost:
        """Return MAML's cost, with the moved share of a vector.

        A support gradient is that of the part only, which a forward difference cannot reuse.
        """
        cost = super().episode_cost(total_steps)
        alone = cost.products if self.curvature == "forward" else 0.0
        return replace(cost, alone=alone, vectors=cost.vectors + 1)


class MetaSgdOptions(InnerLoopOptions):
    """Options of Meta-SGD."""

    inner_steps: InnerSteps = 1
    """Gradient steps k of the inner loop."""
    inner_lr: InnerRate = 1e-3
    """Initial value of the learned rates."""
    rates_lr: OuterRate = 1e-5
    """Outer learning rate of the rates."""

    @override
    def episode_cost(self, total_steps: int) -> EpisodeCost:
        """Return MAML's cost; held are path and gradients, rates, two directions and a product."""
        cost = super().episode_cost(total_steps)
        return replace(cost, vectors=2 * self.inner_steps + 5, blocks=1)


class MamlPlusPlusOptions(AlgorithmOptions):
    """Options of MAML++."""

    inner_steps: InnerSteps = 5
    """Gradient steps k of the inner loop, each on a separate support batch."""
    inner_lr: InnerRate = 1e-3
    """Initial value of the learned rates."""
    support: Support = "fresh"
    """``fresh``: each inner step has a separate support batch; ``same``: all use one, with
    separate dropout masks, as in the paper."""
    rates_lr: OuterRate = 1e-5
    """Outer learning rate of the rates."""
    multi_step_share: Share = 0.1
    """Share of the meta-steps in which the losses before the last one fade out."""
    first_order_share: Share = 0.5
    """Share of the meta-steps, the first ones, without second derivatives."""
    curvature: CurvatureWay = "exact"
    """HVP method: ``exact``, or differences of gradients: ``central`` or ``forward``."""
    later_fields: ClassVar[frozenset[str]] = frozenset({"support"})

    def multi_step_steps(self, total_steps: int) -> int:
        """Return how many meta-steps look at more than the last loss."""
        return math.ceil(self.multi_step_share * total_steps)

    def first_order_steps(self, total_steps: int) -> int:
        """Return how many meta-steps leave out second derivatives."""
        return math.ceil(self.first_order_share * total_steps)

    @override
    def episode_shape(self) -> EpisodeShape:
        """Return MAML's shape; the query batch is evaluated after each step."""
        return _shape(self.inner_steps, self.support)

    @override
    def uses_curvature(self) -> CurvatureWay | None:
        """Return how Hessian-vector products are made; None where no step takes any."""
        return self.curvature if self.first_order_share < 1.0 else None

    @override
    def episode_cost(self, total_steps: int) -> EpisodeCost:
        """Return the mean over early and late meta-steps; path, gradients and losses' are held."""
        k, all_steps = self.inner_steps, max(1, total_steps)
        early = self.multi_step_steps(all_steps) / all_steps
        late = 1.0 - self.first_order_steps(all_steps) / all_steps
        gradients = k + 1 + early * (k - 1)
        return EpisodeCost(gradients=gradients, products=k * late, vectors=3 * k + 4)


class ImamlOptions(AlgorithmOptions):
    """Options of iMAML."""

    tolerances: ClassVar[Mapping[str, float]] = MappingProxyType({"proximal_residual": 0.01})
    """An inner problem is solved where its last step starts from 1 % of the first slope or less."""

    support_batches: Annotated[int, Field(ge=1, le=1000)] = 1
    """Support batches; the inner problem's loss is their mean."""
    inner_steps: InnerSteps = 8
    """Gradient steps for the inner problem."""
    inner_lr: InnerRate = 5e-3
    """Step size of these; below two over lambda and the loss's largest curvature together. At one
    over lambda, each step leaves at most the share curvature / lambda of what the last one did."""
    proximal: Annotated[float, Field(gt=0, le=1e6)] = 200.0
    """lambda: how strongly the inner problem is held to theta; one over it is about how far k steps
    of alpha lead, here as far as five of 1e-3."""
    cg_steps: Annotated[int, Field(ge=1, le=1000)] = 5
    """Steps of conjugate gradients."""
    curvature: CurvatureWay = "exact"
    """HVP method: ``exact``, or differences of gradients: ``central`` or ``forward``, here at the
    cost of ``central``."""

    @override
    def episode_shape(self) -> EpisodeShape:
        """Return the support batches and one query batch."""
        return EpisodeShape(support=self.support_batches, query=1)

    @override
    def uses_curvature(self) -> CurvatureWay | None:
        """Return how Hessian-vector products are made; they are always needed."""
        return self.curvature

    @override
    def episode_cost(self, total_steps: int) -> EpisodeCost:
        """Return a gradient of each support batch and step, a product of each and iteration."""
        m = self.support_batches
        products = float(m * (self.cg_steps + 1))
        gradients = float(m * self.inner_steps + 1)
        return EpisodeCost(
            gradients=gradients, products=products, alone=products, vectors=7 + 2 * m
        )


class ProtoMamlOptions(InnerLoopOptions):
    """Options of ProtoMAML."""

    @override
    def episode_cost(self, total_steps: int) -> EpisodeCost:
        """Return MAML's cost, and that of features: there for prototypes, there and back again."""
        cost = super().episode_cost(total_steps)
        features = (1 / 3 + 1) * self.inner_steps
        return replace(cost, features=features, vectors=cost.vectors + 3)


class PcGradOptions(AlgorithmOptions):
    """PCGrad has no inner loop, so nothing to set."""

    @override
    def episode_cost(self, total_steps: int) -> EpisodeCost:
        """Return one gradient; all of a meta-batch are held at a time."""
        return replace(super().episode_cost(total_steps), gathers=True)


class ReptileOptions(AlgorithmOptions):
    """Options of Reptile."""

    inner_steps: InnerSteps = 5
    """Gradient steps k of the inner loop, each on a separate support batch."""
    inner_lr: InnerRate = 1e-3
    """Step size alpha of the inner loop."""

    @override
    def episode_shape(self) -> EpisodeShape:
        """Return k support batches; Reptile looks at no query."""
        return EpisodeShape(support=self.inner_steps, query=0)

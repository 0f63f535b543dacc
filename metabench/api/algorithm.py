"""The descriptor of an algorithm, its options and its cost; import-light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal, TypeAlias, final

from metabench.api.options import Options

__all__ = ["AlgorithmInfo", "AlgorithmOptions", "CurvatureWay", "EpisodeCost", "EpisodeShape"]

CurvatureWay: TypeAlias = Literal["exact", "central", "forward"]
"""How a Hessian-vector product is made: exactly, or as a difference of gradients."""


@final
@dataclass(frozen=True, slots=True)
class EpisodeShape:
    """The number of support and query batches of an episode.

    Args:
        support: support batches that are drawn.
        query: query batches.
        passes: how often the support batches are passed to the algorithm, with new dropout masks
            each time.
    """

    support: int
    query: int
    passes: int = 1

    @property
    def batches(self) -> int:
        """The number of batches that an episode draws."""
        return self.support + self.query

    @property
    def support_steps(self) -> int:
        """Support batches that the algorithm is given: ``support``, ``passes`` times."""
        return self.support * self.passes


@final
@dataclass(frozen=True, slots=True)
class EpisodeCost:
    """The evaluations and the memory of one episode, on average over meta-training.

    Args:
        gradients: gradients of a batch.
        products: Hessian-vector products of a batch, by any method.
        alone: products without a previous gradient of the same batch at the same theta, whose
            activations they could reuse.
        features: forward and backward passes of features; a forward pass counts a third.
        vectors: the largest number of vectors like theta that are held at a time, besides those of
            a product.
        blocks: meta-parameter groups like theta, besides theta.
        gathers: whether ``combine`` holds the directions of a whole meta-batch at once.
    """

    gradients: float
    products: float = 0.0
    alone: float = 0.0
    features: float = 0.0
    vectors: int = 4
    blocks: int = 0
    gathers: bool = False


class AlgorithmOptions(Options):
    """Options of an algorithm; they also determine an episode's shape and cost.

    These questions are asked while planning, before torch is loaded, so they live here and not on
    the algorithm (ADR 0008).
    """

    tolerances: ClassVar[Mapping[str, float]] = MappingProxyType({})
    """The largest value of a logged scalar, by its name, with which a meta-step is as it should be.
    Steps beyond it are counted and noted in the record and under the leaderboard."""

    def episode_shape(self) -> EpisodeShape:
        """Return the number of batches of an episode; one query batch unless overridden."""
        return EpisodeShape(support=0, query=1)

    def uses_curvature(self) -> CurvatureWay | None:
        """Return the HVP method; None where no product is needed."""
        return None

    def episode_cost(self, total_steps: int) -> EpisodeCost:
        """Return the mean cost of an episode in so many meta-steps.

        A number depends on it with ``meta.budget = "gradients"`` alone.

        The default is a gradient of each batch and, with curvature, a product of each support batch
        after its gradient, as in MAML; held are the inner path and a direction or, without
        curvature, where it begins and ends, a gradient and its multiple.
        """
        del total_steps
        shape = self.episode_shape()
        if self.uses_curvature() is None:
            return EpisodeCost(float(shape.support_steps + shape.query))
        products = shape.support_steps
        return EpisodeCost(float(products + shape.query), float(products), vectors=products + 1)


@final
@dataclass(frozen=True, slots=True)
class AlgorithmInfo:
    """A cheap descriptor of an algorithm.

    Args:
        name: its name in benchmark files.
        target: ``package.module:Class`` of the `metabench.learning.Algorithm`; None for an
            algorithm without a meta-training stage (plain fine-tuning).
        options: the model of its options; every field has a default and a docstring.
        summary: one line.
        references: its sources.
        preset: options that this name fixes; a benchmark file cannot give them.
        revision: raise it when numbers change for a reason outside the module of ``target``.
        inner_loop: ``package.module:function`` of its inner loop alone, for ``adaptation =
            "inner"``: from (options, learner, blocks, support batches) to the adapted theta [P];
            None for an algorithm without one.
    """

    name: str
    target: str | None
    options: type[AlgorithmOptions]
    summary: str
    references: tuple[str, ...] = ()
    preset: Mapping[str, Any] = field(default_factory=dict)
    revision: int = 1
    inner_loop: str | None = None

    @property
    def meta_trains(self) -> bool:
        """Whether there is a meta-training stage, and with it a sampler."""
        return self.target is not None

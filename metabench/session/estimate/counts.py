"""The evaluations of a cell, and the cost of each in gradients of a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from metabench.plan.cell import FineTuneWork, MetaWork

if TYPE_CHECKING:
    from metabench.api.algorithm import CurvatureWay, EpisodeCost
    from metabench.plan.cell import Cell

__all__ = ["FORWARD", "PRODUCT", "Counts", "cell_counts"]

FORWARD = 1 / 3
"""A forward pass, in gradients: products of matrices, of which a gradient takes three."""

PRODUCT = {"auto": 2.0, "fast": 2.0, "lean": 8 / 3}
"""An exact Hessian-vector product: two for each product of matrices of tangents, and four of their
way back; a lean one goes forward and backward again."""

_DIFFERENCE = {"central": 2.0, "forward": 1.0}
_ALONE = {"exact": PRODUCT["lean"], "central": 2.0, "forward": 2.0}
"""The same without a preceding gradient whose activations they could reuse."""


@final
@dataclass(frozen=True, slots=True)
class Counts:
    """The evaluations of a cell.

    Args:
        gradients: gradients of a batch.
        products: Hessian-vector products of a batch.
        scored_rows: examples with a forward pass only.
        updates: updates of all parameters: optimizer steps, or meta-steps.
        product_cost: the mean cost of a product, in fine-tuning gradients.
        features: forward and backward passes of features, each as expensive as a gradient; a
            forward pass counts a third.
    """

    gradients: float
    products: float = 0.0
    scored_rows: int = 0
    updates: int = 0
    product_cost: float = 0.0
    features: float = 0.0

    @property
    def cost(self) -> float:
        """All training, in plain gradients."""
        return self.gradients + self.features + self.products * self.product_cost


def cell_counts(cell: Cell, *, keep: str = "auto") -> Counts:
    """Return the evaluations of a cell; ``keep`` is ``compute.curvature``."""
    work = cell.work
    if isinstance(work, MetaWork):
        options: Any = work.algorithm.options
        cost, way = options.episode_cost(work.steps), options.uses_curvature()
        episodes = work.steps * work.settings.tasks_per_step
        return Counts(
            gradients=episodes * cost.gradients,
            products=episodes * cost.products,
            updates=work.steps,
            product_cost=_product_cost(cost, way, keep),
            features=episodes * cost.features,
        )
    if isinstance(work, FineTuneWork):
        use = work.task
        scored = min(use.scored_rows, use.scored_limit or use.scored_rows)
        if work.adaptation is not None:
            theirs: Any = work.adaptation.options
            algorithm: Any = None if work.inner is None else work.inner.options
            cost = theirs.cost(algorithm)
            passes = cost.passes * math.ceil(use.size / work.settings.batch_size)
            return Counts(cost.gradients, scored_rows=scored, features=FORWARD * passes)
        return Counts(float(work.steps), scored_rows=scored, updates=work.steps)
    return Counts(float(work.settings.steps), updates=work.settings.steps)


def _product_cost(cost: EpisodeCost, way: CurvatureWay | None, keep: str) -> float:
    """Return the mean over products after a gradient and those without one."""
    if way is None or not cost.products:
        return 0.0
    after = PRODUCT[keep] if way == "exact" else _DIFFERENCE[way]
    share = cost.alone / cost.products
    return (1 - share) * after + share * _ALONE[way]

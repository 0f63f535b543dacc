"""Variance over seeds, draws and examples in a pilot, and the width of a design."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, final

from metabench.leaderboard.statistics.crossed import over_examples
from metabench.leaderboard.statistics.summary import FEWEST_PAIRS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[np.float64]

__all__ = ["FEWEST_DRAWS", "Components", "components", "mean_components"]

FEWEST_DRAWS = 5
"""Draws from which on an interval takes them for a sample: below, it covers too seldom."""
_Z = 0.8416212335729143
"""The 80 % quantile of the normal distribution."""


@final
@dataclass(frozen=True, slots=True)
class Components:
    """Variance components of a score or of a difference, from a pilot.

    Args:
        seeds: variance over meta seeds.
        draws: variance over draws of the training set, 0 without draws.
        both: the rest, by meta seed and draw: fine-tuning's own noise is in it.
        examples: variance of the mean over the evaluation examples of the pilot.
        count: evaluation examples, of the task with the fewest.
    """

    seeds: float
    draws: float
    both: float
    examples: float
    count: int

    def half_width(self, seeds: int, draws: int, *, alpha: float) -> float:
        r"""Return half the width of the interval over seeds, draws and examples in a design.

        .. math:: t_\nu \sqrt V, \quad V = \frac{\sigma_s^2}{S} + \frac{\sigma_d^2}{D} +
                  \frac{\sigma_{sd}^2}{S D} + V_e

        with the degrees of freedom of Satterthwaite 1946; never less than that over meta seeds, and
        infinite below three of them.
        """
        whole = self._times(seeds, draws, lambda quantile: quantile, alpha=alpha)
        return max(whole, self.seed_half_width(seeds, draws, alpha=alpha))

    def detectable(self, seeds: int, draws: int, *, alpha: float) -> float:
        r"""Return the difference with which that interval excludes 0 in four of five experiments.

        .. math:: (t_\nu + z_{0.8}) \sqrt V

        Source: Cohen 1988, section 2.2, with the normal approximation of the power.
        """
        return self._times(seeds, draws, lambda quantile: quantile + _Z, alpha=alpha)

    def seed_half_width(self, seeds: int, draws: int, *, alpha: float) -> float:
        """Return half the width of the Student interval over meta seeds of the leaderboard."""
        variance = math.fsum(part for part, _ in self._over_seeds(seeds, draws))
        return _factor([(variance, seeds - 1)], alpha=alpha) * math.sqrt(variance)

    def least(self, *, alpha: float) -> float:
        """Return half the width that the evaluation examples alone give, however many seeds."""
        return _factor([(self.examples, self.count - 1)], alpha=alpha) * math.sqrt(self.examples)

    def _times(
        self, seeds: int, draws: int, factor: Callable[[float], float], *, alpha: float
    ) -> float:
        parts = [
            *self._over_seeds(seeds, draws),
            (self.draws / draws, draws - 1),
            (self.examples, self.count - 1),
        ]
        variance = math.fsum(part for part, _ in parts)
        return factor(_factor(parts, alpha=alpha)) * math.sqrt(variance)

    def _over_seeds(self, seeds: int, draws: int) -> list[tuple[float, int]]:
        rest = (self.both / (seeds * draws), (seeds - 1) * max(draws - 1, 1))
        return [(self.seeds / seeds, seeds - 1), rest]


def components(tasks: Sequence[Array]) -> Components:
    r"""Return the variance components of a mean over seeds, draws, examples and tasks.

    Meta seeds and draws are crossed, one value each: with the mean squares of a two-way layout,
    :math:`\sigma_{sd}^2 = MS_{sd}`, :math:`\sigma_s^2 = (MS_s - MS_{sd}) / D` and
    :math:`\sigma_d^2 = (MS_d - MS_{sd}) / S`, 0 at least. What the examples add is estimated as in
    the interval over seeds and examples, with every pair of seed and draw as a seed.

    Args:
        tasks: pseudo-values [seeds, draws, examples] of each task; two seeds at least.

    Source: Searle, Casella and McCulloch 1992, section 4.3 (the estimates of ANOVA).
    """
    import numpy as np  # noqa: PLC0415  (start-up time)

    table = np.mean([values.mean(axis=2) for values in tasks], axis=0)
    seeds, draws = table.shape
    by_seed, by_draw = table.mean(axis=1), table.mean(axis=0)
    over_seeds = draws * float(by_seed.var(ddof=1))
    rest = over_draws = 0.0
    if draws > 1:
        left = table - by_seed[:, None] - by_draw + table.mean()
        rest = float((left**2).sum()) / ((seeds - 1) * (draws - 1))
        over_draws = seeds * float(by_draw.var(ddof=1))
    flat = [values.reshape(seeds * draws, -1) for values in tasks]
    return Components(
        seeds=max(over_seeds - rest, 0.0) / draws,
        draws=max(over_draws - rest, 0.0) / seeds,
        both=rest,
        examples=sum(map(over_examples, flat)) / len(tasks) ** 2,
        count=min(values.shape[2] for values in tasks),
    )


def mean_components(found: Sequence[Components]) -> Components:
    """Return the mean of the components of several differences; the fewest examples count."""

    def mean(values: Iterable[float]) -> float:
        return math.fsum(values) / len(found)

    return Components(
        seeds=mean(each.seeds for each in found),
        draws=mean(each.draws for each in found),
        both=mean(each.both for each in found),
        examples=mean(each.examples for each in found),
        count=min(each.count for each in found),
    )


def _factor(parts: Sequence[tuple[float, int]], *, alpha: float) -> float:
    """Return t for a sum of variances with their degrees of freedom; the first are the seeds'."""
    from scipy.special import stdtrit  # noqa: PLC0415  (scipy.stats takes a second to load)

    if parts[0][1] < FEWEST_PAIRS - 1:
        return math.inf
    known = [(part, own) for part, own in parts if part]
    freedom = math.fsum(part for part, _ in known) ** 2
    freedom /= math.fsum(part**2 / own for part, own in known) if known else 1.0
    return float(stdtrit(freedom, 1 - alpha / 2)) if known else 0.0

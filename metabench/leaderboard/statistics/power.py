"""How small a difference so many pairs can find."""

from __future__ import annotations

import math
from functools import lru_cache

__all__ = ["POWER", "detectable_difference", "detectable_effect"]

POWER = 0.8
"""Share of experiments in which a detectable difference is found."""


def detectable_difference(deviation: float, *, n: int, alpha: float) -> float | None:
    """Return the true difference that n pairs find four times in five, None below two pairs.

    It is that of the two-sided paired t test at alpha, for one comparison, with the deviation of
    the differences taken for the true one. It is a statement about the size of the experiment,
    never about what was seen in it.

    Args:
        deviation: standard deviation of the paired differences.
        n: pairs.
        alpha: of the test.
    """
    return None if n < 2 else detectable_effect(n, alpha) * deviation  # noqa: PLR2004


@lru_cache(maxsize=256)
def detectable_effect(n: int, alpha: float) -> float:
    r"""Return that difference in standard deviations: where the power of the test is 0.8.

    .. math:: P(|T| > t_{n-1,\,1-\alpha/2}) = 0.8,
              \quad T \sim t_{n-1}\ \text{noncentral by}\ \delta\sqrt n / \sigma

    Source: Cohen 1988, section 2.2; the noncentral t itself, no normal approximation.
    """
    low, high = 0.0, 1.0
    while _power(high, n, alpha) < POWER:
        low, high = high, 2 * high
    while high - low > 1e-15 * high and low < (middle := (low + high) / 2) < high:
        if _power(middle, n, alpha) < POWER:
            low = middle
        else:
            high = middle
    return high / math.sqrt(n)


def _power(noncentrality: float, n: int, alpha: float) -> float:
    from scipy.special import nctdtr, stdtrit  # noqa: PLC0415  (scipy.stats takes a second)

    critical = float(stdtrit(n - 1, 1 - alpha / 2))
    below = float(nctdtr(n - 1, noncentrality, critical))
    wrong = float(nctdtr(n - 1, noncentrality, -critical))
    # Tails too thin for a double come back as NaN.
    return 1 - (0.0 if math.isnan(below) else below) + (0.0 if math.isnan(wrong) else wrong)

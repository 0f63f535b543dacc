"""The minimum detectable effect: how small a difference the test of the verdict can find."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from metabench.leaderboard.statistics.significance import pairs_needed, reaches
from metabench.seeding import Stream

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["POWER", "detectable_effect", "pairs_to_detect"]

POWER = 0.8
"""Share of experiments in which an effect of the minimum detectable size is found."""

_EXACT_PAIRS = 10
"""Pairs up to which the sign-flip test itself is simulated; above, the t test is within 2 %."""
_DRAWS = 4000
_TOLERANCE = 1e-3
_MOST_PAIRS = 200


@lru_cache(maxsize=256)
def detectable_effect(n: int, alpha: float, tests: int = 1) -> float | None:
    r"""Return the minimum detectable effect at 80 % power of the verdict's test.

    In standard deviations of the difference: a statement about the size of the experiment, never
    about what was seen in it. None where n pairs can never reach alpha.

    The test is the exact sign-flip test of n normal differences at alpha / tests, the first step of
    Holm's correction. Up to 10 pairs its power is simulated with 4,000 draws, the same for every
    call; above, it is that of the paired t test at the level that n pairs attain, the largest
    multiple of 2^(1-n) up to alpha / tests, from the noncentral t distribution:

    .. math:: P(|T| > t_{n-1,\,1-\alpha/2}) = 0.8,
              \quad T \sim t_{n-1}\ \text{noncentral by}\ \delta\sqrt n / \sigma

    Source: Cohen 1988, section 2.2.
    """
    if not reaches(n, alpha=alpha, tests=tests):
        return None
    level = _attained(n, alpha, tests)
    effect = _effect(_t_power, n, level, start=1.0)
    return effect if n > _EXACT_PAIRS else _effect(_sign_flip_power, n, level, start=effect)


def _effect(
    power: Callable[[float, int, float], float], n: int, level: float, *, start: float
) -> float:
    """Return where the power is 0.8, by bisection."""
    low, high = 0.0, start
    while power(high, n, level) < POWER:
        low, high = high, 1.25 * high
    while high - low > _TOLERANCE * high:
        middle = (low + high) / 2
        low, high = (middle, high) if power(middle, n, level) < POWER else (low, middle)
    return high


def pairs_to_detect(effect: float, *, alpha: float, tests: int = 1) -> int | None:
    """Return the fewest pairs that find an effect at 80 % power; None above 200 pairs.

    Args:
        effect: mean difference in standard deviations of the difference.
        alpha: level of the family.
        tests: comparisons of the family.
    """
    fewest = pairs_needed(alpha=alpha, tests=tests)
    found = (n for n in range(fewest, _MOST_PAIRS + 1) if _finds(abs(effect), n, alpha, tests))
    return next(found, None)


def _finds(effect: float, n: int, alpha: float, tests: int) -> bool:
    """Return whether the power is 0.8; the t test, which has more, is asked before simulating."""
    level = _attained(n, alpha, tests)
    if _t_power(effect, n, level) < POWER:
        return False
    return n > _EXACT_PAIRS or _sign_flip_power(effect, n, level) >= POWER


def _attained(n: int, alpha: float, tests: int) -> float:
    """Return the largest multiple of 2^(1-n) up to alpha / tests."""
    return math.ldexp(math.floor(math.ldexp(alpha / tests, n - 1)), 1 - n)


@lru_cache(maxsize=16)
def _normal(n: int) -> npt.NDArray[np.float64]:
    """Return draws of n standard normal differences; [draws, n]."""
    return Stream.root(0).child("statistics", "power", n).numpy().standard_normal((_DRAWS, n))


@lru_cache(maxsize=16)
def _signs(n: int) -> npt.NDArray[np.float64]:
    """Return the sign patterns that begin with a plus but for all plus; [n, 2^(n-1) - 1]."""
    import numpy as np  # noqa: PLC0415  (start-up time)

    bits = np.arange(1, 2 ** (n - 1))
    rows = [np.ones(len(bits)), *(1.0 - 2.0 * (bits >> place & 1) for place in range(n - 1))]
    return np.stack(rows)


def _sign_flip_power(effect: float, n: int, alpha: float) -> float:
    """Return the share of draws whose sign-flip p-value is at most alpha."""
    import numpy as np  # noqa: PLC0415  (start-up time)

    values = _normal(n) + effect
    sums = np.abs(values @ _signs(n))
    seen = np.abs(values.sum(axis=1, keepdims=True))
    reached = 1 + (sums >= seen - 1e-12).sum(axis=1)  # of 2^(n-1) patterns, each with its mirror
    return float((reached / 2 ** (n - 1) <= alpha).mean())


def _t_power(effect: float, n: int, alpha: float) -> float:
    from scipy.special import nctdtr, stdtrit  # noqa: PLC0415  (scipy.stats takes a second)

    noncentrality = effect * math.sqrt(n)
    critical = float(stdtrit(n - 1, 1 - alpha / 2))
    below = float(nctdtr(n - 1, noncentrality, critical))
    wrong = float(nctdtr(n - 1, noncentrality, -critical))
    # Tails too thin for a double come back as NaN.
    return 1 - (0.0 if math.isnan(below) else below) + (0.0 if math.isnan(wrong) else wrong)

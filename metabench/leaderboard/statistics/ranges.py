"""The p-value of the difference to the highest of several means, by the studentized range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from metabench.leaderboard.statistics.summary import paired_t

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

__all__ = ["range_p", "studentized_range_tail"]

_NODES, _TABLE = 161, 1401
_WIDEST = 14.0
"""Ranges of standard normals above this have a probability below 1e-20 for any table."""
_FARTHEST = 8.5


def range_p(differences: Sequence[float], *, methods: int) -> float | None:
    r"""Return the p-value of the lowest of several means, compared with the highest of them.

    .. math:: p = P(Q_{k, n-1} > \sqrt 2 \, |\bar d| \sqrt n / s)

    Of two methods this is the two-sided paired t test. Of more, the highest and the lowest mean are
    chosen from the data, and the studentized range of k means takes that into account.

    Args:
        differences: the paired differences of the two methods.
        methods: the number k of means that the two are the ends of, at least 2.

    Returns:
        None below three pairs and without spread; 1 where the differences are all 0.

    Source: Tukey 1953, with the standard error of the two methods alone, as in Games and Howell
    1976, here of paired differences.
    """
    statistic = paired_t(differences)
    if statistic is None:
        return None
    value = math.sqrt(2) * statistic
    return studentized_range_tail(value, methods=methods, freedom=len(differences) - 1)


def studentized_range_tail(value: float, *, methods: int, freedom: int) -> float:
    r"""Return the probability that the studentized range is above a value.

    .. math:: P(Q_{k,\nu} > q) = \int_0^\infty P(W_k > q s) \, f_\nu(s) \, ds

    where :math:`W_k` is the range of k standard normals and :math:`f_\nu` the density of
    :math:`\sqrt{\chi^2_\nu / \nu}`. By the trapezoidal rule, with an integrand of 0 at both ends
    and the tail of the range from a table; accurate to 1e-4 from 2 degrees of freedom on.
    """
    import numpy as np  # noqa: PLC0415  (start-up time)

    if value <= 0:
        return 1.0
    spread = _FARTHEST / math.sqrt(2 * freedom)
    scales = np.linspace(max(0.0, 1 - spread), 1 + spread, _TABLE)
    constant = freedom / 2 * math.log(freedom / 2) - math.lgamma(freedom / 2) + math.log(2)
    logarithms = np.log(np.maximum(scales, 1e-300))
    density = np.exp(constant + (freedom - 1) * logarithms - freedom / 2 * scales**2)
    tails = np.interp(value * scales, *_range_tails(methods))
    return min(1.0, max(0.0, float(tails @ density * (scales[1] - scales[0]))))


@lru_cache(maxsize=64)
def _range_tails(methods: int) -> tuple[Values, Values]:
    """Return ranges w, and P(W > w) for the range of k standard normals."""
    ranges, between, weights = _below_highest()
    return ranges, 1 - methods * between ** (methods - 1) @ weights


@lru_cache(maxsize=1)
def _below_highest() -> tuple[Values, Values, Values]:
    """Return ranges w; the probability that a normal is in (x - w, x); the weights of all x."""
    import numpy as np  # noqa: PLC0415  (start-up time)
    from scipy.special import ndtr  # noqa: PLC0415  (scipy.stats takes a second to load)

    ranges = np.linspace(0.0, _WIDEST, _TABLE)
    highest = np.linspace(-_FARTHEST, _FARTHEST, _NODES)
    density = np.exp(-(highest**2) / 2) / math.sqrt(2 * math.pi)
    between = ndtr(highest) - ndtr(highest - ranges[:, None])
    return ranges, between, density * (highest[1] - highest[0])

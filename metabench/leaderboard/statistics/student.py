"""Student's t and the normal distribution, without scipy.special, which is slow to load."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

__all__ = ["FARTHEST", "noncentral_tail", "normal", "scale_weights", "t_quantile", "t_tail"]

FARTHEST = 8.5
"""Standard deviations beyond which a normal has a probability below 1e-16."""
_EXACT, _TINY = 1e-15, 1e-300
_NODES = 1401


def t_tail(value: float, freedom: float) -> float:
    r"""Return the probability that t is above a value that is not negative.

    .. math:: P(T_\nu > t) = \tfrac12 I_x(\nu/2, \tfrac12), \quad x = \nu / (\nu + t^2)

    Source: DLMF 8.17.22, a continued fraction of the incomplete beta function I.
    """
    square = value * value
    x, y = freedom / (freedom + square), square / (freedom + square)
    a, b = freedom / 2, 0.5
    whole = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    factor = math.exp(whole + a * math.log(x)) * math.sqrt(y) / 2
    if x < (a + 1) / (a + b + 2):
        return factor / (a * _fraction(x, a, b))
    return 0.5 - factor / (b * _fraction(y, b, a))


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction, by the algorithm of Lentz 1976."""
    value, upper, lower = 1.0, 1.0, 0.0
    for index in count(1):
        m = index // 2
        term = -(a + m) * (a + b + m) if index % 2 else m * (b - m)
        term *= x / ((a + index - 1) * (a + index))
        lower = 1 / (1 + term * lower or _TINY)
        upper = 1 + term / upper or _TINY
        value *= upper * lower
        if abs(upper * lower - 1) < _EXACT:
            break
    return value


@lru_cache(maxsize=256)
def t_quantile(tail: float, freedom: float) -> float:
    """Return the value that t is above with a probability, which is at most one half.

    By Newton's method from 0 upwards: the tail is convex, so that no step is too long.
    """
    constant = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    constant -= math.log(freedom * math.pi) / 2
    value, step = 0.0, math.inf
    while step > 1e-14 * value:
        power = (freedom + 1) / 2 * math.log1p(value * value / freedom)
        step = (t_tail(value, freedom) - tail) * math.exp(power - constant)
        value += step
    return value


def noncentral_tail(value: float, freedom: int, shift: float) -> float:
    r"""Return the probability that noncentral t is above a value, to 1e-5.

    .. math:: P(T_{\nu,\delta} > t) = \int_0^\infty \Phi(\delta - t s) \, f_\nu(s) \, ds

    with the density :math:`f_\nu` of :math:`\sqrt{\chi^2_\nu / \nu}`.
    """
    scales, weights = scale_weights(freedom)
    return float(normal(shift - value * scales) @ weights)


def normal(values: Values) -> Values:
    """Return the standard normal distribution function, from a table of steps of 0.01, to 1e-5."""
    import numpy as np  # noqa: PLC0415  (start-up time)

    return np.interp(values, *_table())


@lru_cache(maxsize=1)
def _table() -> tuple[Values, Values]:
    import numpy as np  # noqa: PLC0415  (start-up time)

    values = np.linspace(-FARTHEST, FARTHEST, 1701)
    return values, np.array([math.erfc(-value / math.sqrt(2)) / 2 for value in values])


@lru_cache(maxsize=256)
def scale_weights(freedom: int) -> tuple[Values, Values]:
    """Return values of a standard deviation whose true value is 1, and their probabilities.

    They integrate over it by the trapezoidal rule; the density is 0 at both ends.
    """
    import numpy as np  # noqa: PLC0415  (start-up time)

    spread = FARTHEST / math.sqrt(2 * freedom)
    scales = np.linspace(max(0.0, 1 - spread), 1 + spread, _NODES)
    constant = freedom / 2 * math.log(freedom / 2) - math.lgamma(freedom / 2) + math.log(2)
    logarithms = np.log(np.maximum(scales, _TINY))
    density = np.exp(constant + (freedom - 1) * logarithms - freedom / 2 * scales**2)
    return scales, density * (scales[1] - scales[0])

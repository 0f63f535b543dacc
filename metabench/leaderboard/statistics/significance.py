"""How surprising paired differences are, and how many pairs it takes: sign flips and Holm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, count
from typing import TYPE_CHECKING

from metabench.seeding import Stream

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Sums = npt.NDArray[np.float64]

__all__ = ["SAME", "holm", "mcnemar_p", "pairs_needed", "reaches", "sign_flip_p"]

SAME = 1e-12
"""Numbers closer than this, relative to their size where that is above 1, are equal."""

_MOST_EXACT = 32
_DRAWS = 99_999
_BITS = 13  # of a drawn number; as many pairs are looked up at a time


def sign_flip_p(differences: Sequence[float]) -> float:
    r"""Return the two-sided p of paired differences under flips of their signs.

    .. math:: p = 2^{-n} \, \#\{ s \in \{-1, 1\}^n : |\sum_i s_i d_i| \ge |\sum_i d_i| \}

    It is exact for up to 32 pairs: all sums of one half of the differences are looked up among all
    those of the other half. Beyond that it is estimated from 99,999 drawn patterns and the one that
    was seen; the draws are the same for every call with as many pairs. Sums that differ by rounding
    alone are equal; a difference of 0 stays, and changes nothing. p is 1 without a pair.

    Source: Fisher 1935, section 21. It holds where, without an effect, each difference is as likely
    to have the other sign: where the two methods could be swapped.
    """
    import numpy as np  # noqa: PLC0415  (start-up time)

    values = np.abs(np.asarray(differences, dtype=np.float64))
    seen = abs(math.fsum(differences))
    least = seen - SAME * max(1.0, float(values.sum()))
    if least <= 0:
        return 1.0
    if len(values) > _MOST_EXACT:
        return _drawn(values, least)
    half = len(values) // 2
    reached = _reached(_sums(values[:half]), _sums(values[half:]), least)
    return math.ldexp(reached, -len(values))


def _sums(values: Sums) -> Sums:
    """Return the sums of all sign patterns, sorted; [2 ** len(values)]."""
    import numpy as np  # noqa: PLC0415  (start-up time)

    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums - value, sums + value])
        sums.sort(kind="stable")  # merges the two halves, which are sorted
    return sums


def _reached(left: Sums, right: Sums, least: float) -> int:
    """Return how many pairs of sums add up to ``least`` or more, or to minus that or less."""
    import numpy as np  # noqa: PLC0415  (start-up time)

    above = len(right) - np.searchsorted(right, least - left, side="left")
    return 2 * int(above.sum())  # the sums are symmetric around 0


def _drawn(values: Sums, least: float) -> float:
    import numpy as np  # noqa: PLC0415  (start-up time)

    sums = np.zeros(_DRAWS)
    for start, drawn in zip(range(0, len(values), _BITS), _patterns(len(values)), strict=True):
        sums += _every_sum(values[start : start + _BITS]).take(drawn)
    return (1 + int((np.abs(sums) >= least).sum())) / (_DRAWS + 1)


@lru_cache(maxsize=2)
def _patterns(pairs: int) -> tuple[npt.NDArray[np.intp], ...]:
    """Return drawn signs, one bit a pair: for each group of 13 pairs, one number a draw."""
    import numpy as np  # noqa: PLC0415  (start-up time)

    draw = Stream.root(0).child("statistics", "sign-flip", pairs).numpy()
    groups = (min(_BITS, pairs - start) for start in range(0, pairs, _BITS))
    return tuple(draw.integers(0, 2**bits, size=_DRAWS, dtype=np.intp) for bits in groups)


def _every_sum(values: Sums) -> Sums:
    """Return the sums of all sign patterns; bit i of the index is the sign of value i."""
    import numpy as np  # noqa: PLC0415  (start-up time)

    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums - value, sums + value])
    return sums


def holm(values: Sequence[float], *, tests: int | None = None) -> tuple[float, ...]:
    """Return p values adjusted for their number, in their own order.

    Args:
        values: the p values.
        tests: how many tests the family has where some of them could not be made; they count as
            if nothing had been found.

    Source: Holm 1979. The chance of one or more false verdicts in the family stays below alpha,
    however the tests depend on each other.
    """
    family = max(tests or 0, len(values))
    order = sorted(range(len(values)), key=lambda index: values[index])
    raised = [min(1.0, (family - rank) * values[index]) for rank, index in enumerate(order)]
    adjusted = dict(zip(order, accumulate(raised, max), strict=True))
    return tuple(adjusted[index] for index in range(len(values)))


def mcnemar_p(only_ours: int, only_theirs: int) -> float:
    r"""Return the exact two-sided p of McNemar's test; 1 without a discordant pair.

    .. math:: p = \min\bigl(1, 2^{1 - b - c} \sum_{i \le \min(b, c)} \binom{b + c}{i}\bigr)

    Args:
        only_ours: pairs in which it happened to ours alone.
        only_theirs: pairs in which it happened to theirs alone.

    Source: McNemar 1947.
    """
    pairs = only_ours + only_theirs
    tail = sum(math.comb(pairs, k) for k in range(min(only_ours, only_theirs) + 1))
    return min(1.0, 2 * math.ldexp(tail, -pairs))


def reaches(n: int, *, alpha: float, tests: int = 1) -> bool:
    """Return whether the smallest p that n pairs can have, adjusted for the tests, is alpha."""
    return tests * 2.0 ** (1 - n) <= alpha


def pairs_needed(*, alpha: float, tests: int = 1) -> int:
    """Return the fewest pairs that can reach alpha.

    >>> [pairs_needed(alpha=0.05, tests=tests) for tests in (1, 2, 4, 8)]
    [6, 7, 8, 9]
    """
    return next(n for n in count(1) if reaches(n, alpha=alpha, tests=tests))

"""Numbers and lists as a sentence has them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["listed", "percent", "plural", "span"]


def span(numbers: Sequence[int]) -> str:
    """Return the number, or the lowest and the highest.

    >>> span([3]), span([5, 2, 3])
    ('3', '2 to 5')
    """
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def plural(numbers: Sequence[int], noun: str) -> str:
    """Return a number, or a span of numbers, of things.

    >>> plural([1], "meta seed"), plural([2, 4], "pair")
    ('1 meta seed', '2 to 4 pairs')
    """
    return f"{span(numbers)} {noun}{'' if max(numbers) == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Return names with an ``and`` before the last.

    >>> listed(["BERT"]), listed(["BERT", "Joint", "MAML"])
    ('BERT', 'BERT, Joint and MAML')
    """
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def percent(share: float) -> str:
    """Return a share times 100, in at most three digits.

    >>> percent(0.95), percent(0.999)
    ('95', '99.9')
    """
    return f"{100 * share:.3g}"

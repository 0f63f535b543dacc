"""Large quantities in three digits and a unit, as a reader compares them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "bytes_text",
    "cells",
    "count_text",
    "listed",
    "named",
    "percent",
    "plural",
    "score_text",
    "seconds_text",
    "seeds_text",
    "shortened",
    "signed_text",
    "span",
]

_FEW_NAMES = 6
_FEW_SECONDS = 10
_ROUNDING = 1e-12
_STRETCH = 4
_ROUNDS_TO_A_THOUSAND = 999.5


def seconds_text(seconds: float) -> str:
    """Return a time span in one or two units.

    >>> [seconds_text(span) for span in (1.234, 12.34, 200, 7500, 360000)]
    ['1.2 s', '12 s', '3 min 20 s', '2 h 05 min', '4 d 04 h']
    """
    if seconds < _FEW_SECONDS:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours:02} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def count_text(count: float) -> str:
    """Return a number in three digits.

    >>> [count_text(number) for number in (0, 12.5, 999.5, 123456, 7.2e9, 5e18)]
    ['0', '12.5', '1 k', '123 k', '7.2 G', '5e+03 P']
    """
    return _scaled(count, 1000, ("", " k", " M", " G", " T", " P"))


def bytes_text(count: float) -> str:
    """Return an amount of memory in three digits.

    >>> [bytes_text(number) for number in (512, 600_000_000, 85899345920)]
    ['512 B', '572 MiB', '80 GiB']
    """
    return _scaled(count, 1024, (" B", " KiB", " MiB", " GiB", " TiB", " PiB"))


def _scaled(value: float, factor: int, units: tuple[str, ...]) -> str:
    power = 0
    while value >= _ROUNDS_TO_A_THOUSAND and power < len(units) - 1:
        value, power = value / factor, power + 1
    return f"{value:.3g}{units[power]}"


def span(numbers: Sequence[int]) -> str:
    """Return the number, or the lowest and the highest.

    >>> span([3]), span([5, 2, 3])
    ('3', '2 to 5')
    """
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def cells(number: int) -> str:
    """Return a number of cells in words, such as ``1 cell``."""
    return "1 cell" if number == 1 else f"{number} cells"


def plural(numbers: Sequence[int], noun: str) -> str:
    """Return a number, or a span of numbers, of things.

    >>> plural([1], "meta seed"), plural([2, 4], "pair")
    ('1 meta seed', '2 to 4 pairs')
    """
    return f"{span(numbers)} {noun}{'' if max(numbers) == 1 else 's'}"


def seeds_text(seeds: Sequence[int]) -> str:
    """Return seeds with each stretch of at least four as its ends.

    >>> seeds_text([0, 1, 2]), seeds_text([6, *range(4), 503])
    ('0, 1, 2', '0 to 3, 6, 503')
    >>> seeds_text([5, 5, 3, 4]), seeds_text([1, 3, 5, 7])
    ('3, 4, 5', '1, 3, 5, 7')
    """
    stretches: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if stretches and seed == stretches[-1][-1] + 1:
            stretches[-1].append(seed)
        else:
            stretches.append([seed])
    shown = [
        f"{one[0]} to {one[-1]}" if len(one) >= _STRETCH else ", ".join(map(str, one))
        for one in stretches
    ]
    return ", ".join(shown)


def shortened(text: str, most: int = 100) -> str:
    """Return a text, or its beginning and how many characters it has.

    >>> shortened("seeds.meta=[" + "0, " * 500 + "]", 30)
    'seeds.meta=[0, 0, 0, 0, 0, 0, … (1,513 characters)'
    >>> [shortened(text, 3) for text in ("abc", "abcd", "ab cd")]
    ['abc', 'abc … (4 characters)', 'ab … (5 characters)']
    """
    return text if len(text) <= most else f"{text[:most].rstrip()} … ({len(text):,} characters)"


def listed(names: Sequence[str]) -> str:
    """Return names with an ``and`` before the last.

    >>> listed(["BERT"]), listed(["BERT", "Joint", "MAML"])
    ('BERT', 'BERT, Joint and MAML')
    """
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def named(names: Sequence[str]) -> str:
    """Return names as `listed` does, the first six where there are more.

    >>> named("abcdefgh")
    'a, b, c, d, e, f and 2 more'
    """
    if len(names) > _FEW_NAMES:
        return f"{', '.join(names[:_FEW_NAMES])} and {len(names) - _FEW_NAMES} more"
    return listed(names)


def percent(share: float) -> str:
    """Return a share times 100, in at most three digits.

    >>> percent(0.95), percent(0.999)
    ('95', '99.9')
    """
    return f"{100 * share:.3g}"


def score_text(value: float, *, percent: bool) -> str:
    """Return a score: one decimal where it is shown times 100, else three; no minus zero.

    >>> score_text(0.5234, percent=True), score_text(-0.0001, percent=False)
    ('52.3', '0.000')
    """
    text = f"{100 * value:.1f}" if percent else f"{value:.3f}"
    return text.removeprefix("-") if float(text) == 0 else text


def signed_text(value: float, *, percent: bool) -> str:
    """Return a difference of scores with its sign, which a value that rounds to 0 keeps.

    An interval that ends just below 0 does not look as if it reached 0.

    >>> signed_text(-0.0234, percent=True), signed_text(-0.0001, percent=False)
    ('-2.3', '-0.000')
    >>> signed_text(0.0, percent=True), signed_text(-1e-17, percent=True)
    ('+0.0', '+0.0')
    """
    value = 0.0 if abs(value) < _ROUNDING else value
    return f"{100 * value:+.1f}" if percent else f"{value:+.3f}"

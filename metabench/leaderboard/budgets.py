"""Whether the methods were given the same meta-training: processed examples and outer updates."""

from __future__ import annotations

from collections.abc import Mapping

from metabench.leaderboard.costs import meta_training
from metabench.quantities import count_text, named
from metabench.results.collect import Collected

__all__ = ["unequal_budgets"]

_SAME = 1.1
"""Budgets that differ by a smaller factor are called equal."""
_FEW = 6
_NAMED = 2
"""Methods of the last group that are named."""


def unequal_budgets(collected: Collected) -> list[str]:
    """Return the budgets that differ by more than 10 % between methods with meta-training.

    Methods that process equally many examples can differ in outer updates by their inner steps, and
    equally many updates can take different numbers of examples.
    """
    counted = meta_training(collected).items()
    return [_said(counts, noun) for noun, counts in counted if _differ(counts)]


def _differ(counts: Mapping[str, float]) -> bool:
    return len(counts) > 1 and max(counts.values()) > _SAME * min(counts.values())


def _said(counts: Mapping[str, float], noun: str) -> str:
    """Return ``405 updates for Joint, 102 for MAML and FOMAML``, most first; of many, the ends."""
    groups: dict[float, list[str]] = {}
    for method in sorted(counts, key=lambda name: -counts[name]):
        like = next((most for most in groups if most <= _SAME * counts[method]), counts[method])
        groups.setdefault(like, []).append(method)
    said = []
    for number, (most, methods) in enumerate(groups.items(), 1):
        is_one = len({count_text(counts[method]) for method in methods}) == 1
        is_rest = number == len(groups) <= _FEW and len(methods) > _NAMED
        who = "the others" if is_rest else named(methods)
        said.append(f"{'' if is_one else 'about '}{count_text(most)} for {who}")
    kept = said if len(said) <= _FEW else [said[0], said[-1]]
    return ", ".join([kept[0].replace(" for ", f" {noun} for ", 1), *kept[1:]])

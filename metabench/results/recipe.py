"""The recipe of a score: its inputs without seeds, which identify a method across runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from pydantic import JsonValue

from metabench.fingerprint import fingerprint
from metabench.store.records.run import UseNote

__all__ = ["recipes"]

Inputs: TypeAlias = Callable[[str], Mapping[str, JsonValue] | None]
_SEEDS = frozenset({"meta_seed", "finetune_seed", "seed", "draw"})
_START = "initialisation"


def recipes(uses: Sequence[UseNote], inputs: Inputs) -> Mapping[tuple[str, str], str]:
    """Return a hash by (method, column), where a cell and the one that it starts from record it.

    Args:
        uses: every planned score.
        inputs: returns a cell's inputs by key; None where they are unknown.
    """
    found: dict[tuple[str, str], str] = {}
    for use in uses:
        place = use.method, use.column
        own = None if place in found else inputs(use.key)
        if own is not None:
            start = own.get(_START)
            begun = inputs(start) if isinstance(start, str) else {}
            if begun is not None:
                found[place] = fingerprint([_seedless(own), _seedless(begun)])
    return found


def _seedless(inputs: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    kept = {name: value for name, value in inputs.items() if name not in _SEEDS}
    if isinstance(kept.get(_START), str):
        del kept[_START]  # the key of a cell, in which its seed has a part
    return kept

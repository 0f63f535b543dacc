"""Held-out evaluation examples: stratified by class, duplicates on one side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.seeding import Stream

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

__all__ = ["held_out"]


def held_out(
    keys: Sequence[Hashable], strata: Sequence[str], *, fraction: float
) -> tuple[list[int], list[int]]:
    """Return the numbers of the training and the held-out examples, each in the order of the file.

    Examples with equal keys stay together, so that no evaluation example is trained on. Of every
    stratum about ``fraction`` is held out, never all of it. The draw is the same on every machine.
    """
    groups: dict[Hashable, list[int]] = {}
    for row, key in enumerate(keys):
        groups.setdefault(key, []).append(row)
    members: dict[str, list[list[int]]] = {}
    for rows in groups.values():
        members.setdefault(strata[rows[0]], []).append(rows)
    out = sorted(
        row for name in sorted(members) for row in _drawn(name, members[name], fraction=fraction)
    )
    chosen = set(out)
    return [row for row in range(len(keys)) if row not in chosen], out


def _drawn(name: str, groups: Sequence[list[int]], *, fraction: float) -> list[int]:
    wanted = max(1, round(fraction * sum(map(len, groups))))
    order = Stream.root(0).child("hold-out", name).numpy().permutation(len(groups))
    out: list[int] = []
    for place in order[:-1]:  # one stays to be trained on
        if len(out) >= wanted:
            break
        out += groups[place]
    return out

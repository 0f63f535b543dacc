"""The cost of a method: time, evaluations and memory of one meta seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from metabench.api.leaderboard import Cost
from metabench.results.collect import Collected
from metabench.store.records.cell import Result

__all__ = ["costs", "meta_training"]

UPDATES, EXAMPLES = "outer updates", "processed examples"


def costs(collected: Collected) -> Mapping[str, Cost]:
    """Return the cost of each method that has a complete meta seed.

    The cost of one meta seed is that of its meta-training, all its fine-tuning, and the pretraining
    if any: the cost of running it alone. A cell that methods or seeds share counts in full for
    each. Only seeds with all cells done are averaged; unavailable cells are not required.
    Evaluations are known only where every cell has counted them.
    """
    updates = meta_training(collected)[UPDATES]
    found = {}
    for method, seeds in _seeds(collected).items():
        complete = [cells for cells in seeds.values() if cells]
        if complete:
            found[method] = replace(_cost(complete), updates=updates.get(method))
    return _where_different(found)


def _where_different(found: Mapping[str, Cost]) -> Mapping[str, Cost]:
    """Return the costs, without numbers of trained parameters that all methods share."""
    same: dict[str, Any] = {
        name: None
        for name in ("meta_trained", "trained")
        if len({getattr(cost, name) for cost in found.values()} - {None}) <= 1
    }
    return {method: replace(cost, **same) for method, cost in found.items()}


def meta_training(collected: Collected) -> Mapping[str, Mapping[str, float]]:
    """Return outer updates and processed examples of the meta-training of one seed, by method.

    An example counts as often as a gradient or a Hessian-vector product processed it, so that inner
    steps and second order are paid for; seeds of which a meta cell is not done are left out.
    Methods without meta-training, and those of which it is not known, are left out.
    """
    metas = {cell.key for cell in collected.note.cells if cell.kind == "meta"}
    found: dict[str, dict[str, float]] = {UPDATES: {}, EXAMPLES: {}}
    for method, seeds in _seeds(collected, only=metas).items():
        done = [cells for cells in seeds.values() if cells]
        counts = {
            UPDATES: [[cell.steps for cell in cells] for cells in done],
            EXAMPLES: [[cell.work and cell.work.examples for cell in cells] for cells in done],
        }
        for what, counted in counts.items():
            if done and (mean := _mean_sum(counted)) is not None:
                found[what][method] = mean
    return found


def _seeds(
    collected: Collected, *, only: AbstractSet[str] | None = None
) -> Mapping[str, Mapping[int, Sequence[Result]]]:
    """Return all results of each method and meta seed; none where one of them is not there.

    Args:
        collected: the values.
        only: keys to look at; None for all.
    """
    keys: dict[str, dict[int, set[str]]] = {}
    for use in collected.note.uses:
        failure = collected.failures.get(use.key)
        if not use.unavailable and (failure is None or failure.status != "unavailable"):
            seeds = keys.setdefault(use.method, {})
            wanted = collected.closures.get(use.key, (use.key,))
            seeds.setdefault(use.meta_seed, set()).update(wanted)
    return {
        method: {
            seed: _complete(wanted if only is None else wanted & only, collected.results)
            for seed, wanted in seeds.items()
        }
        for method, seeds in keys.items()
    }


def _complete(keys: AbstractSet[str], results: Mapping[str, Result]) -> Sequence[Result]:
    return [results[key] for key in sorted(keys)] if keys <= results.keys() else []


def _cost(seeds: Sequence[Sequence[Result]]) -> Cost:
    peaks = [cell.peak_memory_bytes for cells in seeds for cell in cells]
    known = [peak for peak in peaks if peak is not None]
    return Cost(
        device_seconds=math.fsum(cell.wall_seconds for cells in seeds for cell in cells)
        / len(seeds),
        **{
            name: _mean_sum(
                [
                    [None if cell.work is None else getattr(cell.work, name) for cell in cells]
                    for cells in seeds
                ]
            )
            for name in ("gradients", "hvps", "examples", "tokens")
        },
        peak_memory_bytes=max(known, default=None),
        cpu_seconds=_mean_sum([[cell.cpu_seconds for cell in cells] for cells in seeds]),
        meta_trained=_trained(seeds, "meta"),
        trained=_trained(seeds, "adapt"),
    )


def _trained(seeds: Sequence[Sequence[Result]], kind: str) -> int | None:
    """Return the trained parameters of the cells of a kind, which are alike; None if not known."""
    found = [cell.trained for cells in seeds for cell in cells if cell.kind == kind]
    return max((count for count in found if count is not None), default=None)


def _mean_sum(seeds: Sequence[Sequence[float | None]]) -> float | None:
    """Return the mean over seeds of the sum over their cells, None where one is unknown."""
    counted = [count for counts in seeds for count in counts]
    known = [count for count in counted if count is not None]
    return math.fsum(known) / len(seeds) if len(known) == len(counted) else None

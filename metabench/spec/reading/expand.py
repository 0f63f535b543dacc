"""Grids: one method per point, counted before any is made."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from metabench.spec.model.sections import BenchmarkSpec, MethodSpec
    from metabench.spec.model.tasks import TaskSpec

__all__ = ["MOST_CELLS", "count_cells", "expand_grids", "method_ids"]

MOST_CELLS = 100_000
"""A benchmark file that asks for more is refused."""

_LONGEST_ID = 100


def count_cells(spec: BenchmarkSpec) -> int:
    """Return how many cells a file asks for; makes none of them.

    Cells that methods share are counted for each, meta cells once for all targets.
    """
    points = sum(_points(method) for method in spec.methods)
    entries = (*spec.tasks.targets, *spec.tasks.transfers)
    scored = sum(_sets(entry, paired=spec.seeds.paired_draws) for entry in entries)
    return points * len(spec.seeds.meta) * (scored * spec.seeds.finetune + 1)


def _sets(entry: TaskSpec, *, paired: bool) -> int:
    """Return the number of training sets that one meta seed is fine-tuned on."""
    draws = 1 if paired else len(entry.draws)
    return len(entry.sizes) + len(entry.shots) * (draws - 1)


def expand_grids(spec: BenchmarkSpec) -> BenchmarkSpec:
    """Return the spec with every grid replaced by its points."""
    methods = tuple(point for method in spec.methods for point in _expanded(method))
    return spec.model_copy(update={"methods": methods})


def method_ids(method: str, grid: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Yield the id of each point of a grid; the method's own where there is no grid."""
    if not grid:
        yield method
        return
    for values in itertools.product(*grid.values()):
        yield _point_id(method, dict(zip(grid, values, strict=True)))


def _points(method: MethodSpec) -> int:
    return math.prod(len(values) for values in method.grid.values())


def _expanded(method: MethodSpec) -> Iterator[MethodSpec]:
    if not method.grid:
        yield method
        return
    for values in itertools.product(*method.grid.values()):
        point = dict(zip(method.grid, values, strict=True))
        yield method.model_copy(
            update={
                "id": _point_id(method.id, point),
                "options": {**method.options, **point},
                "grid": {},
            }
        )


def _point_id(method: str, point: Mapping[str, Any]) -> str:
    words = ",".join(f"{key}={_word(value)}" for key, value in point.items())
    name = f"{method}[{words}]"
    if len(name) <= _LONGEST_ID:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST_ID - 10]}~{digest}]"


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))

"""Which changes are tried: a fixed sample of those of the modules that must not be wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from metabench.seeding import Stream
from mutants.changes import ROOT, Mutant, mutants

__all__ = ["guarded", "sample"]

_GUARDED = (
    "metabench/ambient.py", "metabench/fingerprint.py", "metabench/quantities.py",
    "metabench/seeding.py", "metabench/strict_json.py",
    "metabench/data/*.py", "metabench/engine/*.py", "metabench/learning/*.py",
    "metabench/leaderboard/**/*.py", "metabench/metrics/*.py", "metabench/nn/**/*.py",
    "metabench/plan/*.py", "metabench/results/*.py", "metabench/session/cell/*.py",
    "metabench/session/replay/*.py", "metabench/store/*.py", "metabench/tasks/own/*.py",
    "metabench/tasks/reading/*.py", "plugins/metabench_algorithms/*.py",
    "plugins/metabench_samplers/*.py",
)  # fmt: skip
"""Modules that must not be wrong.

Those at the top of ``metabench`` that compute nothing are left out: ``errors``, ``escape``,
``lookalikes``, ``privacy`` and ``suggest`` word what is printed, ``limits`` bounds what is read,
``import_path`` and ``__main__`` start the command.
"""


def guarded() -> Iterator[Path]:
    """Yield the modules that must not be wrong, in the order of their paths."""
    yield from sorted({file for pattern in _GUARDED for file in ROOT.glob(pattern)})


def sample(count: int, *, seed: int, packages: Sequence[str]) -> list[Mutant]:
    """Return a fixed sample, as many of each package as there are."""
    by_package: dict[str, list[Mutant]] = defaultdict(list)
    for path in guarded():
        for mutant in mutants(path):
            if not packages or mutant.package in packages:
                by_package[mutant.package].append(mutant)
    drawn = []
    for package, found in sorted(by_package.items()):
        order = Stream.root(seed).child("mutants", package).numpy().permutation(len(found))
        drawn.append([found[int(place)] for place in order])
    rounds = zip_longest(*drawn)
    return [mutant for one in rounds for mutant in one if mutant is not None][:count]

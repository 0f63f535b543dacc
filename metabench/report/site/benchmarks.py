"""The benchmarks of a site as values, and the names of their pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

from metabench.plan.names import slugs

if TYPE_CHECKING:
    from metabench.api.leaderboard import Leaderboard
    from metabench.api.report import Report
    from metabench.results.collect import Collected

__all__ = ["Places", "SiteBenchmark", "SiteRun", "places_of"]

_WIDTH = 60


@final
@dataclass(frozen=True, slots=True)
class SiteRun:
    """A run folder.

    Args:
        name: its name in commands and tables.
        collected: its results.
    """

    name: str
    collected: Collected


@final
@dataclass(frozen=True)
class SiteBenchmark:
    """A benchmark: the runs of it, merged.

    Args:
        name: unique in the site.
        runs: its run folders.
        collected: their results, merged.
        report: their leaderboard with the data of its figures.
        pairs: the same leaderboard with every method as a baseline; None where that is too much.
    """

    name: str
    runs: tuple[SiteRun, ...]
    collected: Collected
    report: Report
    pairs: Leaderboard | None

    @cached_property
    def tasks(self) -> Mapping[str, str]:
        """The task of each column of the leaderboard; the average has none."""
        return {column.name: column.task for column in self.collected.note.columns}

    @cached_property
    def origins(self) -> Mapping[str, str]:
        """The run that each shown result is from, by key."""
        return {
            key: run.name
            for run in reversed(self.runs)
            for key, result in run.collected.results.items()
            if self.collected.results.get(key) is result
        }

    def merged_name(self, run: SiteRun, method: str) -> str:
        """Return the name of a run's method in the leaderboard; a second one of a name differs."""
        uses = {_place(use) for use in run.collected.note.uses if use.method == method}
        names = [use.method for use in self.collected.note.uses if _place(use) in uses]
        others = (name for name in names if name.startswith(f"{method} ("))
        return method if method in names else next(others, method)


def _place(use: object) -> tuple[object, ...]:
    named = ("key", "column", "meta_seed", "finetune_seed", "draw")
    return tuple(getattr(use, name) for name in named)


@final
@dataclass(frozen=True, slots=True)
class Places:
    """The page of each benchmark, method and task."""

    benchmarks: Mapping[str, str]
    methods: Mapping[str, str]
    tasks: Mapping[str, str]


def places_of(benchmarks: Sequence[SiteBenchmark]) -> Places:
    """Return the names of the pages: letters, digits, hyphens and a dot, whatever the names are."""
    return Places(
        _pages("benchmark", [each.name for each in benchmarks]),
        _pages("method", [name for each in benchmarks for name in each.collected.note.methods]),
        _pages("task", [task for each in benchmarks for task in each.tasks.values()]),
    )


def _pages(kind: str, names: Sequence[str]) -> Mapping[str, str]:
    return {name: f"{kind}-{slug}.html" for name, slug in slugs(names, width=_WIDTH).items()}

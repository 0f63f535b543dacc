"""From run folders to a site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metabench.errors import UsageError
from metabench.frontend.comparing import RUNS_READ, compare

if TYPE_CHECKING:
    from metabench.api.leaderboard import Leaderboard
    from metabench.report.site.benchmarks import SiteBenchmark
    from metabench.results.collect import Collected
    from metabench.store.run_folder import Store

__all__ = ["build_site"]

_MOST_DIFFERENCES = 20_000
"""With more, only the differences to the baselines are in a page, which must open at once."""


def build_site(folders: Sequence[Path]) -> tuple[Mapping[str, bytes], tuple[str, ...]]:
    """Return the files of a site by name, and notes on damaged records and repeated cells.

    Runs of one benchmark are merged, as ``metabench compare A B`` does; where they cannot be
    compared, each has a page.

    Args:
        folders: run folders.

    Raises:
        StoreError: one is not a run folder.
    """
    from metabench.report.site.pages import site_files
    from metabench.results.collect import collect
    from metabench.store.run_folder import Store, reading_many

    with reading_many():
        stores = [Store(folder) for folder in dict.fromkeys(folders)]
        groups: dict[tuple[str, bool], list[tuple[Store, Collected]]] = {}
        for store in stores:
            found = collect(store)
            groups.setdefault((found.note.name, found.note.smoke), []).append((store, found))
        benchmarks: list[SiteBenchmark] = []
        for runs in groups.values():
            for part, merged in _merged(runs):
                taken = [each.name for each in benchmarks]
                benchmarks.append(_benchmark(part, merged, taken))
        files = {name: text.encode() for name, text in site_files(benchmarks)}
    notes = (
        text for each in benchmarks for text in (*each.collected.damage, *each.collected.notes)
    )
    return files, tuple(notes)


_Runs = Sequence[tuple["Store", "Collected"]]


def _merged(runs: _Runs) -> Sequence[tuple[_Runs, Collected]]:
    """Return runs merged, each with the runs it is made of: all in one, or each for itself."""
    from metabench.results.merge import merge

    try:
        return [(runs, merge([found for _, found in runs]))]
    except UsageError:
        return [([each], each[1]) for each in runs]


def _benchmark(runs: _Runs, collected: Collected, taken: Sequence[str]) -> SiteBenchmark:
    from metabench.report.site.benchmarks import SiteBenchmark, SiteRun

    stores = [store for store, _ in runs]
    shown = tuple(SiteRun(_shown(store.folder), found) for store, found in runs)
    found = compare(stores, collected, most_runs=RUNS_READ)
    name = f"{collected.note.name}{' (smoke run)' * collected.note.smoke}"
    others = [f"{name} ({shown[0].name}{', again' * more})" for more in range(len(taken))]
    unique = next(each for each in (name, *others) if each not in taken)
    return SiteBenchmark(unique, shown, collected, found.report(), _pairs(stores, collected))


def _pairs(stores: Sequence[Store], collected: Collected) -> Leaderboard | None:
    """Return the leaderboard with every method as a baseline; None where that is too much."""
    methods = collected.note.methods
    if len(methods) * (len(methods) - 1) * (len(collected.note.columns) + 1) > _MOST_DIFFERENCES:
        return None
    return compare(stores, collected, baselines=methods).board


def _shown(folder: Path) -> str:
    """Return a run folder as pages show it: its path where that is relative, else its name."""
    inside = not folder.is_absolute() and ".." not in folder.parts
    return folder.as_posix() if inside else folder.name

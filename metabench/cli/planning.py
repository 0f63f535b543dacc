"""From a benchmark file to a plan: the one path that `run` and `validate` share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from metabench.cli.installed import installed
from metabench.cli.places import find_benchmark

if TYPE_CHECKING:
    from metabench.plan.plan import Plan
    from metabench.plugin.catalog import Catalog
    from metabench.tasks.hub import Hub

__all__ = ["Planned", "installed", "make_plan"]


@final
@dataclass(frozen=True)
class Planned:
    """A plan and what it was made with."""

    plan: Plan
    catalog: Catalog
    hub: Hub

    @property
    def folder_name(self) -> str:
        """Name of the run folder; a smoke run has one of its own."""
        spec = self.plan.benchmark.spec
        return f"{spec.name}.smoke" if spec.smoke else spec.name


def make_plan(file: str, *, sets: Sequence[str], smoke: bool, hub: Path | None) -> Planned:
    """Read a benchmark file, check it and plan its cells; nothing is written.

    Raises:
        MetabenchError: the file is not valid, or something that it needs is not there.
    """
    from metabench.plan.build import build_plan
    from metabench.spec.load import load_benchmark
    from metabench.tasks.hub import Hub

    path = find_benchmark(file)
    catalog = installed()
    benchmark = load_benchmark(path, catalog=catalog, sets=sets, smoke=smoke)
    where = Hub(mirror=hub)
    plan = build_plan(benchmark, catalog=catalog, hub=where)
    return Planned(plan, catalog, where)

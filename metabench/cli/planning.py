"""From a benchmark file to a plan: the one path that `run` and `validate` share."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from metabench.cli.places import find_benchmark
from metabench.cli.text import warn

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


def installed() -> Catalog:
    """Return the catalog of what is installed; says on stderr which plugins are broken."""
    from metabench.plugin.catalog import load_catalog

    named = re.split(r"[,\s]+", os.environ.get("METABENCH_DISABLE_PLUGINS", ""))
    catalog = load_catalog(blocked=frozenset(name for name in named if name))
    for plugin in catalog.plugins:
        if plugin.state not in {"ok", "blocked"}:
            warn(
                f"plugin {plugin.name!r} of {plugin.origin}: {plugin.state}: {plugin.detail};"
                f" METABENCH_DISABLE_PLUGINS={plugin.distribution} leaves it out"
            )
    return catalog


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

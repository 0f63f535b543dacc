"""From a benchmark file to a plan: the one path that `run` and `validate` share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from metabench.cli.inputs.installed import installed
from metabench.cli.inputs.places import find_benchmark
from metabench.errors import UsageError
from metabench.store.file_names import SMOKE_SUFFIX

if TYPE_CHECKING:
    from metabench.plan.plan import Plan
    from metabench.plan.selection import Selection
    from metabench.plugin.catalog import Catalog
    from metabench.store.run_folder import Store
    from metabench.tasks.hub import Hub


__all__ = ["Planned", "Prepared", "installed", "make_plan", "prepare", "refuse_shared_folders"]


@final
@dataclass(frozen=True)
class Planned:
    """A plan and the inputs that it was made with."""

    plan: Plan
    catalog: Catalog
    hub: Hub

    @property
    def folder_name(self) -> str:
        """Name of the run folder; a smoke run has a separate one."""
        spec = self.plan.benchmark.spec
        return f"{spec.name}{SMOKE_SUFFIX}" if spec.smoke else spec.name


def make_plan(file: str, *, sets: Sequence[str], smoke: bool, hub: Path | None) -> Planned:
    """Read a benchmark file, check it and plan its cells; nothing is written.

    Raises:
        MetabenchError: the file is not valid, or something that it needs is not there.
    """
    from metabench.plan.build import build_plan
    from metabench.spec.reading.load import load_benchmark
    from metabench.tasks.hub import Hub

    path = find_benchmark(file)
    catalog = installed()
    benchmark = load_benchmark(path, catalog=catalog, sets=sets, smoke=smoke)
    where = Hub(mirror=hub)
    plan = build_plan(benchmark, catalog=catalog, hub=where)
    return Planned(plan, catalog, where)


@final
@dataclass(frozen=True)
class Prepared:
    """A plan that is ready to be run, and where."""

    plan: Plan
    catalog: Catalog
    hub: Hub
    store: Store
    selection: Selection | None

    @property
    def selected(self) -> Plan:
        """The plan with the selected cells alone."""
        from dataclasses import replace

        if self.selection is None:
            return self.plan
        keys = self.selection.keys
        return replace(self.plan, cells=tuple(cell for cell in self.plan.cells if cell.key in keys))


def prepare(
    file: str,
    *,
    sets: Sequence[str],
    only: Sequence[str],
    smoke: bool,
    hub: Path | None,
    runs: Path,
) -> Prepared:
    """Check and plan a benchmark file and select the requested part; nothing is written.

    Raises:
        MetabenchError: the file is not valid, something that it needs is missing, or nothing is
            selected.
    """
    from metabench.plan.selection import select
    from metabench.plan.states import with_stored_names
    from metabench.store.run_folder import Store

    planned = make_plan(file, sets=sets, smoke=smoke, hub=hub)
    store = Store(runs / planned.folder_name)
    plan = with_stored_names(planned.plan, store)
    selection = select(plan, only) if only else None
    return Prepared(plan, planned.catalog, planned.hub, store, selection)


def refuse_shared_folders(prepared: Sequence[Prepared]) -> None:
    """Refuse two files of one name.

    Raises:
        UsageError: two files would write to one run folder.
    """
    seen: dict[Path, Prepared] = {}
    for one in prepared:
        other = seen.setdefault(one.store.folder, one)
        if other is not one:
            raise UsageError(
                f"its run folder would be {str(one.store.folder)!r}, which is that of"
                f" {str(other.plan.benchmark.path)!r}",
                where=str(one.plan.benchmark.path),
                hint="give one of them another name",
            )

"""From a benchmark, as a file or as Python values, to a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, final

from metabench.errors import UsageError
from metabench.store.file_names import SMOKE_SUFFIX

if TYPE_CHECKING:
    from metabench.plan.plan import Plan
    from metabench.plan.selection import Selection
    from metabench.plugin.catalog import Catalog
    from metabench.store.run_folder import Store
    from metabench.tasks.hub import Hub


__all__ = ["Planned", "Prepared", "Request", "make_plan", "prepare", "refuse_shared_folders"]


@final
@dataclass(frozen=True)
class Request:
    """A benchmark to plan.

    Args:
        path: the benchmark file; where ``text`` is given, the name to use in messages.
        sets: overrides, each ``key.path=value``.
        smoke: whether every cell is shrunk to a few steps.
        hub: mirror of datasets and encoders; None for the Hugging Face Hub alone.
        text: TOML in place of the file's content.
    """

    path: Path
    sets: Sequence[str] = ()
    smoke: bool = False
    hub: Path | None = None
    text: str | None = None


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


def make_plan(request: Request, catalog: Catalog) -> Planned:
    """Read a benchmark, check it and plan its cells; writes nothing.

    Raises:
        MetabenchError: the benchmark is not valid, or something it needs is not available.
    """
    from metabench.plan.build import build_plan
    from metabench.spec.reading.load import load_benchmark
    from metabench.tasks.hub import Hub

    benchmark = load_benchmark(
        request.path,
        catalog=catalog,
        sets=request.sets,
        smoke=request.smoke,
        text=request.text,
    )
    where = Hub(mirror=request.hub)
    plan = build_plan(benchmark, catalog=catalog, hub=where)
    _check_trained(plan, where)
    return Planned(plan, catalog, where)


def _check_trained(plan: Plan, hub: Hub) -> None:
    """Compare the parts of theta that a file names with the encoder; without any, load nothing.

    Raises:
        UsageError: a name matches nothing.
    """
    from metabench.spec.model.sections import EVERYTHING

    spec, places = plan.benchmark.spec, {}
    for table, settings in (("meta", spec.meta), ("finetune", spec.finetune)):
        places[f"{table}.train"] = settings.train
    for number, method in enumerate(plan.benchmark.methods):
        if method.train is not None:
            where = f"methods[{number}].train"
            places[where] = (*(method.train.meta or ()), *(method.train.finetune or ()))
    named = {where: train for where, train in places.items() if set(train) - set(EVERYTHING)}
    if not named:
        return
    from metabench.nn.encoder import parameter_names
    from metabench.nn.trained import frozen_names

    names = parameter_names(plan.cells[0].work.model, hub=hub)
    for where, train in named.items():
        frozen_names(names, train, where=f"{plan.benchmark.path}: {where}")


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
        if self.selection is None:
            return self.plan
        keys = self.selection.keys
        return replace(self.plan, cells=tuple(cell for cell in self.plan.cells if cell.key in keys))


def prepare(request: Request, catalog: Catalog, *, only: Sequence[str], runs: Path) -> Prepared:
    """Check and plan a benchmark and select a part of it; writes nothing.

    Args:
        request: the benchmark.
        catalog: the installed plugins.
        only: ``KEY=VALUE`` for each restriction; empty for all cells.
        runs: directory of the run folders.

    Raises:
        MetabenchError: the benchmark is not valid, something it needs is not available, or
            nothing is selected.
    """
    from metabench.plan.selection import select
    from metabench.plan.states import with_stored_names
    from metabench.store.run_folder import Store

    planned = make_plan(request, catalog)
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

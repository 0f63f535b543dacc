"""A run folder opened once more, so that its cells can be fine-tuned again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from metabench.cli.inputs.command_line import typed
from metabench.store.file_names import CACHE

if TYPE_CHECKING:
    from metabench.plan.cell import Cell
    from metabench.plan.plan import Plan
    from metabench.plugin.catalog import Catalog
    from metabench.session.cell.context import WorkerContext
    from metabench.store.records.cell import Result
    from metabench.store.run_folder import Store
    from metabench.tasks.hub import Hub

__all__ = ["OpenedRun", "open_run"]


@final
@dataclass(frozen=True)
class OpenedRun:
    """A run folder with the plan that it came from."""

    store: Store
    plan: Plan
    hub: Hub
    catalog: Catalog

    def done(self, folder: str) -> tuple[Cell, Result]:
        """Return an adapt cell and its record; see `metabench.session.replay.replan.done_cell`."""
        from metabench.session.replay.replan import done_cell

        return done_cell(self.plan, self.store, folder)

    def context(self, device: str, *, like: Result) -> WorkerContext:
        """Return a worker context; ``auto`` is the CPU if that is recorded.

        Raises:
            DeviceError: the device does not exist.
        """
        from metabench.session.cell.context import open_context
        from metabench.session.runtime import Assignment, Runtime

        recorded = "cpu" if like.provenance.device == "cpu" else "auto"
        spec = self.plan.benchmark.spec
        runtime = Runtime(
            hub=self.hub,
            device=recorded if device == "auto" else device,
            jobs=1,
            cache=self.store.folder.parent / CACHE,
            command=typed(),
        )
        assignment = Assignment(
            folder=self.store.folder,
            benchmark=spec.name,
            spec_hash="",
            cells=self.plan.by_key,
            runtime=runtime,
            compute=spec.compute,
            files=self.catalog.files,
        )
        return open_context(assignment)


def open_run(folder: Path, *, file: Path | None, hub: Path | None, catalog: Catalog) -> OpenedRun:
    """Return a run with its plan.

    Raises:
        MetabenchError: it cannot be planned as it was; see
            `metabench.session.replay.replan.plan_again`.
    """
    from metabench.session.replay.replan import plan_again
    from metabench.store.run_folder import Store
    from metabench.tasks.hub import Hub

    store, where = Store(folder), Hub(mirror=hub)
    plan = plan_again(store, catalog=catalog, hub=where, file=file)
    return OpenedRun(store, plan, where, catalog)

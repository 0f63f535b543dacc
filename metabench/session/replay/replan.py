"""From a run folder back to its plan: the cells to run again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from metabench.errors import NothingMatchedError, SetupError, UsageError
from metabench.plan.build import build_plan
from metabench.plan.cell import FineTuneWork
from metabench.plan.difference import differences
from metabench.plan.states import with_stored_names
from metabench.spec.reading.load import load_benchmark
from metabench.store.file_names import RESOLVED

if TYPE_CHECKING:
    from metabench.plan.cell import Cell
    from metabench.plan.plan import Plan
    from metabench.plugin.catalog import Catalog
    from metabench.spec.model.benchmark import Benchmark
    from metabench.spec.model.sections import BenchmarkSpec
    from metabench.store.records.cell import Result
    from metabench.store.run_folder import Store
    from metabench.tasks.hub import Hub

__all__ = ["done_cell", "key_change", "plan_again"]

_MOST = 3


def plan_again(store: Store, *, catalog: Catalog, hub: Hub, file: Path | None = None) -> Plan:
    """Return the plan of a run from its own copy of the benchmark file, or from ``file``.

    Raises:
        UsageError: its tasks come from files with paths relative to the benchmark file.
        MetabenchError: something that it needs is gone.
    """
    note = store.run()
    path = file or store.folder / RESOLVED
    if file is None:
        store.require_file(RESOLVED)
    sets, smoke = (note.overrides, note.smoke) if file else ((), False)
    benchmark = load_benchmark(path, catalog=catalog, sets=sets, smoke=smoke)
    if file is None and _reads_files_beside(benchmark.spec):
        raise UsageError(
            f"{note.name!r} reads custom datasets from files next to its benchmark file",
            hint="name that file with --file FILE",
        )
    if file is None:
        benchmark = _as_given(benchmark)
    return with_stored_names(build_plan(benchmark, catalog=catalog, hub=hub), store)


def _as_given(benchmark: Benchmark) -> Benchmark:
    """Return the benchmark of a resolved file, without a default length that was not given."""
    model = benchmark.spec.model
    if model.max_length != type(model).model_fields["max_length"].default:
        return benchmark
    fields = model.model_fields_set - {"max_length"}
    again = type(model)(**model.model_dump(include=fields))
    return replace(benchmark, spec=benchmark.spec.model_copy(update={"model": again}))


def done_cell(plan: Plan, store: Store, folder: str) -> tuple[Cell, Result]:
    """Return a fine-tune cell of a plan and its result, by the name of its folder.

    Raises:
        UsageError: it is a cell of another kind.
        NothingMatchedError: it has no result.
        SetupError: an input of its numbers has changed, so they cannot be computed again.
    """
    stored = store.cell(folder)
    if stored.kind in {"meta", "pretrain"}:
        raise UsageError(
            f"{folder!r} is a {stored.kind} cell, which has no classifier",
            hint="name an adapt cell; `metabench status` lists them",
        )
    result = stored.result
    if result is None:
        failure = stored.failure
        why = f"failed: {failure.status}: {failure.message}" if failure else "is not done"
        raise NothingMatchedError(
            f"{folder!r} {why}",
            hint="run it with `metabench run FILE --retry-failed`, or name another cell",
        )
    cell = plan.by_key.get(result.key)
    if cell is None or not isinstance(cell.work, FineTuneWork):
        raise SetupError(
            f"cannot be fine-tuned again as it was: {key_change(plan, store, folder)}",
            where=f"cell {folder}",
            hint="bring that back, or run the benchmark again and name the new cell",
        )
    return cell, result


def _reads_files_beside(spec: BenchmarkSpec) -> bool:
    own = [task for task in spec.tasks.define if task.dataset is None]
    paths = [path for task in own for path in (task.train, task.scored) if path is not None]
    return not all(Path(path).is_absolute() for path in paths)


def key_change(plan: Plan, store: Store, folder: str) -> str:
    """Return why no cell of a plan has the key that a cell of a store was run under."""
    stored = store.cell(folder)
    kin = [cell for cell in plan.cells if cell.name == stored.name]
    if not kin or not stored.inputs:
        return "the benchmark no longer asks for it"
    found = differences(stored.inputs, kin[0].inputs)
    return "; ".join(found[:_MOST]) or "its key is another"

"""From a benchmark to its plan: which cells there are and what each depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metabench.plan.keys import Inputs
from metabench.plan.maker import CellMaker, Column
from metabench.plan.names import METHOD_WIDTH, TASK_WIDTH, slugs
from metabench.plan.notes import plan_notes, support_notes
from metabench.plan.plan import CellUse, Plan
from metabench.plan.uses import TaskInUse, fraction_use, target_use, tasks_in_use
from metabench.tasks.architectures import check_architecture, saved_pooling
from metabench.tasks.embedded.suite import RECIPES
from metabench.tasks.encoder import model_identity
from metabench.tasks.encoder_config import encoder_config
from metabench.tasks.encoder_limits import encoder_limits
from metabench.tasks.hub import SHIPPED_CHARACTERS, SHIPPED_ENCODER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from metabench.plan.cell import Cell
    from metabench.plugin.catalog import Catalog
    from metabench.spec.model.benchmark import Benchmark, Method
    from metabench.spec.model.sections import BenchmarkSpec, ModelSpec
    from metabench.tasks.hub import Hub

__all__ = ["CellUse", "Plan", "build_plan"]

_STAGES = ("pretrain", "meta", "adapt")


def build_plan(benchmark: Benchmark, *, catalog: Catalog, hub: Hub) -> Plan:
    """Return the plan of a benchmark; data and encoder are known by identity, nothing is loaded.

    Raises:
        DataError: the rows of a task or the files of the encoder cannot be had.
        PluginError: the module of an algorithm, sampler or metric cannot be read.
    """
    spec = benchmark.spec
    tasks = tasks_in_use(benchmark, catalog=catalog, hub=hub)
    model = _with_characters(spec.model, tasks)
    config = encoder_config(model.id, revision=model.revision, hub=hub)
    masked_lm = spec.pretrain is not None
    check_architecture(model.id, config, pooling=model.pooling, masked_lm=masked_lm)
    model = _pooled(model, config, hub=hub)
    limited = _within_limits(model, hub=hub)
    identity = model_identity(model.id, revision=model.revision, weights=model.weights, hub=hub)
    meta_names = sorted((*spec.tasks.auxiliary, *spec.tasks.target))
    maker = CellMaker(
        spec=spec.model_copy(update={"model": limited}),
        meta_tasks=tuple(tasks[name] for name in meta_names),
        metrics={name: offer.value.target for name, offer in catalog.metrics.items()},
        inputs=Inputs(model, identity, spec.smoke, bert=config.get("model_type", "bert") == "bert"),
        method_slugs=slugs([method.id for method in benchmark.methods], width=METHOD_WIDTH),
        task_slugs=slugs(tasks, width=TASK_WIDTH),
        origins={name: offer.plugin.origin for name, offer in catalog.metrics.items()},
        ranges=catalog.metric_ranges,
    )
    columns = tuple(_columns(spec, tasks))
    uses = tuple(use for method in benchmark.methods for use in _uses(maker, method, columns))
    cells = sorted(maker.cells.values(), key=lambda cell: _STAGES.index(cell.kind))
    notes = plan_notes(tuple(tasks.values()), smoke=spec.smoke)
    if any(cell.kind == "meta" for cell in cells):
        notes += tuple(support_notes(maker.meta_tasks, spec.meta.batch_size))
    return Plan(benchmark, tuple(cells), uses, notes)


def _with_characters(model: ModelSpec, tasks: Mapping[str, TaskInUse]) -> ModelSpec:
    """Return the encoder's settings; the shipped one can spell where a task has words of its own.

    With the embedded tasks alone it stays as it is, and so do the keys and scores of their cells.
    """
    if model.id != SHIPPED_ENCODER or set(tasks) <= set(RECIPES):
        return model
    return model.model_copy(update={"id": SHIPPED_CHARACTERS})


def _pooled(model: ModelSpec, config: Mapping[str, Any], *, hub: Hub) -> ModelSpec:
    """Return the encoder's settings, with the pooling that its files ask for under ``auto``."""
    folder = hub.model_folder(model.id)
    saved = None if folder is None else saved_pooling(folder, config)
    if saved is None or model.pooling != "auto":
        return model
    return model.model_copy(update={"pooling": saved})


def _within_limits(model: ModelSpec, *, hub: Hub) -> ModelSpec:
    """Return the encoder's settings, a length that nobody gave cut to what the encoder has.

    Keys hold the length of the file: with such an encoder it always meant no more than that.

    Raises:
        DataError: the encoder has fewer positions than were asked for, or too few embeddings.
    """
    folder = hub.model_folder(model.id)
    if folder is None or not (folder / "config.json").is_file():
        return model
    limits = encoder_limits(folder)
    limits.check(model.id)
    given = "max_length" in model.model_fields_set
    length = limits.length(model.id, model.max_length, given=given)
    return model if length == model.max_length else model.model_copy(update={"max_length": length})


def _columns(spec: BenchmarkSpec, tasks: Mapping[str, TaskInUse]) -> Iterator[Column]:
    for name in spec.tasks.target:
        yield Column(tasks[name], target_use(tasks[name]))
    for entry in spec.tasks.transfers:
        for fraction in entry.fractions:
            use, unavailable = fraction_use(tasks[entry.task], fraction)
            yield Column(tasks[entry.task], use, fraction, unavailable)


def _uses(maker: CellMaker, method: Method, columns: Sequence[Column]) -> Iterator[CellUse]:
    for column in columns:
        for meta_seed in maker.spec.seeds.meta:
            start = _start(maker, method, column, seed=meta_seed)
            for finetune_seed in range(maker.spec.seeds.finetune):
                cell = maker.adapt(method, column, start, seeds=(meta_seed, finetune_seed))
                name = column.use.card.name
                yield CellUse(method.id, name, column.fraction, meta_seed, finetune_seed, cell.key)


def _start(maker: CellMaker, method: Method, column: Column, *, seed: int) -> Cell | None:
    """Return the meta cell that a column of a method starts from, None where there is none."""
    if method.sampler is None:
        return None
    if not method.sampler.value.per_target:
        return maker.start(method, seed=seed, target=None)
    if column.use.role != "target":
        return None
    return maker.start(method, seed=seed, target=column.use.card.name)

"""From a benchmark to its plan: its cells and their inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metabench.plan.keys import Inputs
from metabench.plan.maker import CellMaker, Column
from metabench.plan.names import METHOD_WIDTH, TASK_WIDTH, slugs
from metabench.plan.notes import plan_notes, support_notes
from metabench.plan.plan import CellUse, Plan
from metabench.plan.uses import (
    TaskInUse,
    fraction_use,
    shots_use,
    target_use,
    tasks_in_use,
    with_drawn_set,
)
from metabench.spec.model.tasks import Size, TaskSpec
from metabench.tasks.architectures import check_architecture, saved_pooling
from metabench.tasks.embedded.suite import RECIPES
from metabench.tasks.encoder import model_identity
from metabench.tasks.encoder_config import encoder_config
from metabench.tasks.encoder_limits import encoder_limits
from metabench.tasks.hub import SHIPPED_CHARACTERS, SHIPPED_ENCODER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from metabench.plan.cell import Cell, TaskUse
    from metabench.plugin.catalog import Catalog
    from metabench.spec.model.benchmark import Benchmark, Method
    from metabench.spec.model.sections import BenchmarkSpec, ModelSpec
    from metabench.tasks.hub import Hub

__all__ = ["CellUse", "Plan", "build_plan"]

_STAGES = ("pretrain", "meta", "adapt")


def build_plan(benchmark: Benchmark, *, catalog: Catalog, hub: Hub) -> Plan:
    """Return the plan of a benchmark; data and encoder are known by identity, nothing is loaded.

    Raises:
        DataError: the examples of a task or the files of the encoder are not available.
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
    meta_names = sorted((*spec.tasks.auxiliary, *(entry.task for entry in spec.tasks.targets)))
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
    """Return the encoder's settings; the shipped one spells words of custom tasks.

    With embedded tasks only it is unchanged, and so are the keys and scores of their cells.
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
    """Return the encoder's settings, with a default length cut to the encoder's positions.

    Keys hold the length of the file, which always had this meaning for such an encoder.

    Raises:
        DataError: the encoder has fewer positions than requested, or too few embeddings.
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
    for entry in (*spec.tasks.targets, *spec.tasks.transfers):
        for size in entry.sizes:
            yield from _of_size(tasks[entry.task], size, entry)


def _of_size(task: TaskInUse, size: Size, entry: TaskSpec) -> Iterator[Column]:
    """Yield a column for each training set of a size: one, or one a draw."""
    if size.shots is not None:
        for draw in entry.draws:
            drawn = with_drawn_set(task, size.shots, draw=draw)
            use, unavailable = shots_use(drawn, size.shots, draw=draw)
            yield Column(drawn, use, size, unavailable)
    elif size.fraction is not None:
        use, unavailable = fraction_use(task, size.fraction)
        yield Column(task, use, size, unavailable)
    else:
        yield Column(task, target_use(task), size)


def _uses(maker: CellMaker, method: Method, columns: Sequence[Column]) -> Iterator[CellUse]:
    for column in columns:
        use = column.use
        for meta_seed in _meta_seeds(maker.spec, use):
            start = _start(maker, method, column, seed=meta_seed)
            for finetune_seed in range(maker.spec.seeds.finetune):
                cell = maker.adapt(method, column, start, seeds=(meta_seed, finetune_seed))
                yield CellUse(
                    method=method.id,
                    task=use.card.name,
                    size=column.size,
                    meta_seed=meta_seed,
                    finetune_seed=finetune_seed,
                    key=cell.key,
                    draw=use.draw,
                )


def _meta_seeds(spec: BenchmarkSpec, use: TaskUse) -> Sequence[int]:
    """Return the meta seeds that are fine-tuned on a training set: all, or its own where paired."""
    if use.draw is None or not spec.seeds.paired_draws:
        return spec.seeds.meta
    entries = (*spec.tasks.targets, *spec.tasks.transfers)
    draws = next(entry.draws for entry in entries if entry.task == use.card.name)
    return (spec.seeds.meta[draws.index(use.draw)],)


def _start(maker: CellMaker, method: Method, column: Column, *, seed: int) -> Cell | None:
    """Return the meta cell that a column of a method starts from, None where there is none."""
    if method.sampler is None:
        return None
    if not method.sampler.value.per_target:
        return maker.start(method, seed=seed, target=None)
    if column.use.role != "target":
        return None
    return maker.start(method, seed=seed, target=column.use.card.name)

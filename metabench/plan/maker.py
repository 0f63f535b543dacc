"""Makes cells: each once, however many methods it serves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar, final

from metabench.fingerprint import fingerprint
from metabench.plan.cell import Cell, FineTuneWork, MetaWork, PretrainWork, Provided, TaskUse, Work
from metabench.plan.notes import SMOKE, shuffled_notes, task_notes
from metabench.plan.steps import adapt_steps, meta_budget
from metabench.plan.uses import TaskInUse, meta_use
from metabench.spec.model.sections import EVERYTHING, FineTuneSpec, MetaSpec
from metabench.spec.model.tasks import Size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metabench.api import Options
    from metabench.plan.keys import Inputs
    from metabench.plugin.status import Offer
    from metabench.spec.model.benchmark import Method
    from metabench.spec.model.sections import BenchmarkSpec

__all__ = ["CellMaker", "Column"]

SettingsT = TypeVar("SettingsT", MetaSpec, FineTuneSpec)


@final
@dataclass(frozen=True, slots=True)
class Column:
    """A task, how much of it is trained on, and why that cannot be."""

    task: TaskInUse
    use: TaskUse
    size: Size
    unavailable: str = ""

    @property
    def slug(self) -> str:
        """The training set as the name of a cell spells it."""
        if self.size.shots is not None:
            return f"-{self.size.name}-d{self.use.draw}"
        return "" if self.size.fraction is None else f"-{self.use.rows}rows"


@final
@dataclass(frozen=True, slots=True)
class CellMaker:
    """A maker of the cells of one benchmark.

    Args:
        spec: the settings.
        meta_tasks: auxiliary and target tasks, by name.
        metrics: the dotted path of every metric.
        inputs: builds the inputs of keys.
        method_slugs: methods as spelled in cell names.
        task_slugs: the same for tasks.
        origins: the distribution and version of every metric.
        ranges: the range of each metric that declares one.
        cells: the cells made so far, by key; a cell is after those that it needs.
    """

    spec: BenchmarkSpec
    meta_tasks: tuple[TaskInUse, ...]
    metrics: Mapping[str, str]
    inputs: Inputs
    method_slugs: Mapping[str, str]
    task_slugs: Mapping[str, str]
    origins: Mapping[str, str] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    cells: dict[str, Cell] = field(default_factory=dict)
    _starts: dict[tuple[str, int, str | None], Cell] = field(default_factory=dict)
    _encoders: list[Cell] = field(default_factory=list)

    def encoder(self) -> Cell | None:
        """Return the cell of stage 1; None where the encoder is taken as it comes."""
        settings = self.spec.pretrain
        if settings is not None and not self._encoders:
            work = PretrainWork(self.spec.model, settings, tuple(map(meta_use, self.meta_tasks)))
            inputs = self.inputs.pretrain(settings, self.meta_tasks)
            notes = self._notes(*map(task_notes, self.meta_tasks))
            self._encoders.append(self._keep("pretrain", inputs, work, notes=notes))
        return self._encoders[0] if self._encoders else None

    def start(self, method: Method, *, seed: int, target: str | None) -> Cell:
        """Return the cell of stage 2 for a method that meta-trains."""
        asked = (method.id, seed, target)
        if asked not in self._starts:
            part = f"-{self.task_slugs[target]}" if target is not None else ""
            work = self._meta_work(method, seed=seed, target=target)
            self._starts[asked] = self._keep(
                f"meta-{self.method_slugs[method.id]}{part}-s{seed}",
                self.inputs.meta(work, self.meta_tasks),
                work,
                needs=(work.encoder,),
                method=method.id,
                notes=self._notes(self._controls(), *map(task_notes, self.meta_tasks)),
            )
        return self._starts[asked]

    def adapt(
        self, method: Method, column: Column, start: Cell | None, *, seeds: tuple[int, int]
    ) -> Cell:
        """Return the cell of stage 3 for a column, from a start or from the encoder itself."""
        work = self._adapt_work(method, column, start, seeds=seeds)
        inputs = self.inputs.adapt(work, column.task, keeps_head=_keeps_head(column, start))
        unavailable = column.unavailable or _unfit(method, column)
        if start is None and method.sampler is not None:
            unavailable = (
                f"sampler {method.sampler.value.name!r} needs a target task, "
                "and this one is not meta-trained on"
            )
            inputs["initialisation"] = unavailable
        return self._keep(
            self._adapt_name(method, column, seeds=seeds),
            inputs,
            work,
            needs=(work.encoder, work.initialisation),
            method=method.id,
            unavailable=unavailable,
            notes=self._notes(self._controls() if start else (), task_notes(column.task)),
        )

    def _meta_work(self, method: Method, *, seed: int, target: str | None) -> MetaWork:
        uses = tuple(map(meta_use, self.meta_tasks))
        sizes = [use.size for use in uses]
        settings = _training(self.spec.meta, method.train.meta if method.train else None)
        steps, epoch_steps = meta_budget(settings, sizes, method.options)
        encoder = self.encoder()
        return MetaWork(
            model=self.spec.model,
            encoder=encoder.key if encoder else None,
            settings=settings,
            tasks=uses,
            algorithm=_provided(method.algorithm, method.options),
            sampler=_provided(method.sampler, method.sampler_options),
            target=target,
            seed=seed,
            steps=steps,
            epoch_steps=epoch_steps,
        )

    def _adapt_work(
        self, method: Method, column: Column, start: Cell | None, *, seeds: tuple[int, int]
    ) -> FineTuneWork:
        encoder = self.encoder()
        adaptation = method.adaptation
        replaced = adaptation is not None and adaptation.value.target is not None
        return FineTuneWork(
            model=self.spec.model,
            encoder=encoder.key if encoder else None,
            initialisation=start.key if start else None,
            settings=self._tuning(method, start, replaced=replaced),
            task=column.use,
            metrics={name: self.metrics[name] for name in column.use.card.metrics},
            origins={name: self.origins.get(name, "") for name in column.use.card.metrics},
            ranges={
                name: self.ranges[name] for name in column.use.card.metrics if name in self.ranges
            },
            meta_seed=seeds[0],
            finetune_seed=seeds[1],
            steps=0 if replaced else adapt_steps(self.spec.finetune, column.use.size),
            adaptation=_provided(adaptation, method.adaptation_options) if replaced else None,
            inner=_inner_loop(method),
        )

    def _tuning(self, method: Method, start: Cell | None, *, replaced: bool) -> FineTuneSpec:
        """Return the settings of fine-tuning; an adaptation has the part that was meta-trained."""
        train: Sequence[str] | None = method.train.finetune if method.train else None
        if replaced:
            began = start.work if start else None
            train = began.settings.train if isinstance(began, MetaWork) else EVERYTHING
        return _training(self.spec.finetune, train)

    def _adapt_name(self, method: Method, column: Column, *, seeds: tuple[int, int]) -> str:
        task = self.task_slugs[column.use.card.name]
        return f"adapt-{self.method_slugs[method.id]}-{task}{column.slug}-s{seeds[0]}-f{seeds[1]}"

    def _controls(self) -> tuple[str, ...]:
        return shuffled_notes(self.meta_tasks)

    def _notes(self, *groups: Iterable[str]) -> tuple[str, ...]:
        smoke = (SMOKE,) if self.spec.smoke else ()
        return (*smoke, *(note for group in groups for note in group))

    def _keep(
        self,
        name: str,
        inputs: Mapping[str, Any],
        work: Work,
        *,
        needs: Iterable[str | None] = (),
        **rest: Any,
    ) -> Cell:
        """Return the cell with these inputs: the one that is there, or a new one."""
        key = fingerprint(inputs)
        if key not in self.cells:
            kind = inputs["stage"]
            known = tuple(need for need in needs if need is not None)
            self.cells[key] = Cell(kind, name, key, inputs, work, known, **rest)
        return self.cells[key]


def _training(settings: SettingsT, train: Sequence[str] | None) -> SettingsT:
    """Return a stage's settings with the parameters that a method trains, in one spelling."""
    names = {*(settings.train if train is None else train), "head"}
    one = EVERYTHING if "encoder" in names else tuple(sorted(names))
    return settings.model_copy(update={"train": one})


def _keeps_head(column: Column, start: Cell | None) -> bool:
    """Return whether meta-training leaves a head for the column's task."""
    return start is not None and column.use.role == "target"


def _inner_loop(method: Method) -> Provided | None:
    """Return the algorithm's inner loop if the method's adaptation takes it."""
    adaptation, loop = method.adaptation, method.algorithm.value.inner_loop
    if loop is None or adaptation is None or not adaptation.value.inner_loop:
        return None
    return replace(_provided(method.algorithm, method.options), target=loop)


def _unfit(method: Method, column: Column) -> str:
    """Return why a method's adaptation does not fit a task; empty where it does."""
    offer = method.adaptation
    if offer is None or offer.value.regression or not column.use.card.regression:
        return ""
    return f"adaptation {offer.value.name!r} needs classes, and the labels of this task are numbers"


def _provided(offer: Offer[Any] | None, options: Options | None) -> Provided:
    if offer is None or options is None:
        raise TypeError("an algorithm without meta-training has no meta cell")
    return Provided(
        name=offer.value.name,
        target=offer.value.target,
        options=options,
        distribution=offer.plugin.distribution,
        version=offer.plugin.version,
        revision=offer.value.revision,
    )

"""The inputs of cells as JSON values; a key is their hash."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from metabench.api import AlgorithmOptions
from metabench.errors import PluginError
from metabench.fingerprint import hash_module
from metabench.plan.uses import meta_use

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metabench.plan.cell import FineTuneWork, MetaWork, Provided, TaskUse
    from metabench.plan.uses import TaskInUse
    from metabench.spec.model.sections import ModelSpec, PretrainSpec

__all__ = [
    "DIFFERENCES_FORMAT",
    "ENGINE_FORMAT",
    "FEATURES_FORMAT",
    "Inputs",
    "Sources",
    "metric_inputs",
]

ENGINE_FORMAT = 2
"""Raised when the engine computes other numbers from the same inputs."""

DIFFERENCES_FORMAT = 3
"""Raised when only differences of gradients come to other numbers (`metabench.nn.curvature`)."""

FEATURES_FORMAT = 2
"""Raised when only encoders other than BERT come to other features or masks."""


@final
@dataclass(frozen=True, slots=True)
class Sources:
    """Hashes of the modules behind dotted targets; each module is read once."""

    _known: dict[str, str] = field(default_factory=dict)

    def of(self, target: str, *, owner: str) -> str:
        """Return the hash of the module of ``package.module:attribute``, without importing it.

        Args:
            target: the dotted path.
            owner: who names it, for the error.

        Raises:
            PluginError: there is no such module, or a package around it does not import.
        """
        module = target.partition(":")[0]
        if module not in self._known:
            try:
                self._known[module] = hash_module(module)
            except Exception as error:  # a parent package is the plugin's own code
                raise PluginError(
                    f"{owner} lives in module {module!r}, which cannot be read: {error}",
                    hint="fix or reinstall its plugin",
                ) from error
        return self._known[module]


@final
@dataclass(frozen=True, slots=True)
class Inputs:
    """A builder of the inputs of each kind of cell.

    Args:
        model: the encoder's settings.
        identity: content hash of its config, tokenizer and weights.
        smoke: whether this is a smoke run, whose cells are never shared with results.
        bert: whether the encoder is a BERT.
        sources: hashes of the modules in use.
    """

    model: ModelSpec
    identity: str
    smoke: bool = False
    bert: bool = True
    sources: Sources = field(default_factory=Sources)

    def pretrain(self, settings: PretrainSpec, tasks: Sequence[TaskInUse]) -> dict[str, Any]:
        """Return the inputs of a pretrained encoder."""
        return {
            **self._every("pretrain"),
            "pretrain": settings.key_values(),
            "tasks": {
                task.use.card.name: {
                    "split": task.use.train,
                    "data": task.train_identity,
                    "text": list(task.use.card.text),
                    "rows": meta_use(task).size,
                }
                for task in tasks
            },
        }

    def meta(self, work: MetaWork, tasks: Sequence[TaskInUse]) -> dict[str, Any]:
        """Return the inputs of an initialization."""
        told = {"budget", "epochs", "steps"}  # the number of meta-steps is included instead
        settings = work.settings.key_values(without=told)
        return {
            **self._every("meta"),
            "pooling": self.model.pooling,
            "encoder": work.encoder,
            "tasks": {task.use.card.name: _meta_task(task) for task in tasks},
            "algorithm": self._provided("algorithm", work.algorithm),
            "sampler": self._provided("sampler", work.sampler),
            "meta": {**settings, "steps": work.steps, "epoch_steps": work.epoch_steps},
            "seed": work.seed,
            "target": work.target,
            **_differences(work.algorithm),
        }

    def adapt(self, work: FineTuneWork, task: TaskInUse, *, keeps_head: bool) -> dict[str, Any]:
        """Return the inputs of scores; ``keeps_head``: meta-training has a head for the task."""
        kept = "keep" if keeps_head and work.settings.head != "fresh" else "fresh"
        head = "prototype" if work.prototypes else kept
        return {
            **self._every("adapt"),
            "pooling": self.model.pooling,
            "encoder": work.encoder,
            "initialisation": work.initialisation,
            "task": {"name": work.task.card.name, **_adapt_task(task, work.task)},
            **self._on_target(work, head),
            "meta_seed": work.meta_seed,
            "finetune_seed": work.finetune_seed,
            **({} if work.task.draw is None else {"draw": work.task.draw}),
            "metrics": metric_inputs(work.metrics, self.sources, bounds=work.task.card.bounds),
        }

    def _on_target(self, work: FineTuneWork, head: str) -> dict[str, Any]:
        """Return the settings of fine-tuning, or of the adaptation in its place."""
        if work.adaptation is not None:
            parts = {**self._provided("adaptation", work.adaptation), "head": head}
            if work.inner is not None:
                parts["inner"] = self._provided("inner loop", work.inner)
                parts["batch_size"] = work.settings.batch_size
            return {"adaptation": parts}
        settings = work.settings.key_values(without={"epochs", "min_steps", "head"})
        return {"finetune": {**settings, "head": head, "steps": work.steps}}

    def _every(self, stage: str) -> dict[str, Any]:
        every: dict[str, Any] = {
            "engine": ENGINE_FORMAT,
            "stage": stage,
            "model": self.identity,
            "max_length": self.model.max_length,
        }
        if not self.bert:
            every["features"] = FEATURES_FORMAT
        return {**every, "smoke": True} if self.smoke else every

    def _provided(self, kind: str, provided: Provided) -> dict[str, Any]:
        owner = f"{kind} {provided.name!r} of {provided.distribution} {provided.version}"
        return {
            "target": provided.target,
            "source": self.sources.of(provided.target, owner=owner),
            "revision": provided.revision,
            "options": provided.options.key_values(),
        }


def metric_inputs(
    targets: Mapping[str, str], sources: Sources, *, bounds: tuple[float, float] | None
) -> dict[str, Any]:
    """Return the inputs of scores besides the predictions, by metric.

    Args:
        targets: dotted path by metric.
        sources: hashes of the modules in use.
        bounds: the bounds that predictions are clipped to before scoring.

    Raises:
        PluginError: a metric's module cannot be read.
    """
    limits = {} if bounds is None else {"bounds": list(bounds)}
    return {
        name: {"target": target, "source": sources.of(target, owner=f"metric {name!r}"), **limits}
        for name, target in targets.items()
    }


def _differences(algorithm: Provided) -> dict[str, int]:
    options = algorithm.options
    way = options.uses_curvature() if isinstance(options, AlgorithmOptions) else None
    return {} if way in {None, "exact"} else {"differences": DIFFERENCES_FORMAT}


def _meta_task(task: TaskInUse) -> dict[str, Any]:
    return {
        **_labelled(task.use),
        "data": task.train_identity,
        "rows": meta_use(task).size,
        "role": task.use.role,
        "shuffled": task.shuffled,
    }


def _adapt_task(task: TaskInUse, use: TaskUse) -> dict[str, Any]:
    return {
        **_labelled(use),
        "data": task.train_identity,
        "rows": use.train_rows if use.rows is None else use.rows,
        **({} if use.shots is None else {"shots": use.shots}),
        "scored": use.scored,
        "scored_data": task.scored_identity,
        "scored_rows": min(use.scored_limit or use.scored_rows, use.scored_rows),
    }


def _labelled(use: TaskUse) -> dict[str, Any]:
    card = use.card
    parts: dict[str, Any] = {
        "split": use.train,
        "text": list(card.text),
        "label": card.label,
        "labels": list(card.labels),
    }
    if card.values:
        parts["values"] = dict(card.values)
    if card.standardise:
        parts["standardised"] = True
    return parts

"""``--smoke``: the same cells, each as small as it can be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.api import AlgorithmOptions
    from metabench.spec.model.benchmark import Method
    from metabench.spec.model.sections import BenchmarkSpec
    from metabench.spec.model.tasks import TaskSpec

__all__ = ["SMOKE_SCORED_ROWS", "SMOKE_TRAIN_ROWS", "shrink_methods", "shrink_spec"]

SMOKE_TRAIN_ROWS = 64
"""Most training examples of a task."""
SMOKE_SCORED_ROWS = 128
"""Most evaluation examples of a task."""

_STEPS = 2
_BATCH = 8
_INNER_STEPS = "inner_steps"


def shrink_spec(spec: BenchmarkSpec) -> BenchmarkSpec:
    """Return the spec of a quick walk through every cell; doing it twice changes nothing."""
    meta = spec.meta.model_copy(
        update={
            "epochs": None,
            "budget": "examples",
            "steps": _STEPS,
            "tasks_per_step": min(spec.meta.tasks_per_step, 2),
            "batch_size": min(spec.meta.batch_size, _BATCH),
        }
    )
    finetune = spec.finetune.model_copy(
        update={
            "epochs": min(spec.finetune.epochs, 1.0),
            "min_steps": min(spec.finetune.min_steps, _STEPS),
            "batch_size": min(spec.finetune.batch_size, _BATCH),
        }
    )
    pretrain = spec.pretrain and spec.pretrain.model_copy(
        update={
            "steps": min(spec.pretrain.steps, _STEPS),
            "batch_size": min(spec.pretrain.batch_size, _BATCH),
        }
    )
    seeds = spec.seeds.model_copy(update={"meta": spec.seeds.meta[:1], "finetune": 1})
    tasks = spec.tasks.model_copy(
        update={
            "target": tuple(map(_of_one_draw, spec.tasks.target)),
            "transfer": tuple(map(_of_one_draw, spec.tasks.transfer)),
        }
    )
    return spec.model_copy(
        update={
            "meta": meta,
            "finetune": finetune,
            "pretrain": pretrain,
            "seeds": seeds,
            "tasks": tasks,
            "smoke": True,
        }
    )


def _of_one_draw(entry: str | TaskSpec) -> str | TaskSpec:
    if isinstance(entry, str):
        return entry
    return entry.model_copy(update={"draws": entry.draws[:1]})


def shrink_methods(methods: Sequence[Method]) -> tuple[Method, ...]:
    """Return the methods with at most two inner steps."""
    return tuple(replace(method, options=_shrunk(method)) for method in methods)


def _shrunk(method: Method) -> AlgorithmOptions:
    steps = getattr(method.options, _INNER_STEPS, None)
    fixed = _INNER_STEPS in method.algorithm.value.preset
    if fixed or not isinstance(steps, int) or steps <= _STEPS:
        return method.options
    return method.options.model_copy(update={_INNER_STEPS: _STEPS})

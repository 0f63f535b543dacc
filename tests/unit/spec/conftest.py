"""A small catalog, and benchmark files that are written on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, model_validator

from metabench.api import (
    AlgorithmInfo,
    AlgorithmOptions,
    GeneratedSource,
    MetricInfo,
    Options,
    SamplerInfo,
    TaskCard,
)
from metabench.errors import SpecError
from metabench.plugin.catalog import Catalog
from metabench.plugin.status import Offer, PluginStatus
from metabench.spec.reading.load import load_benchmark

MINIMAL = """\
schema = 1
name = "small"

[model]
id = "embedded/encoder"

[tasks]
auxiliary = ["toy/large"]
target = ["toy/small"]
transfer = ["toy/other"]

[[methods]]
id = "Plain"
algorithm = "plain"

[[methods]]
id = "Loop"
algorithm = "loop"
"""


class LoopOptions(AlgorithmOptions):
    inner_steps: Annotated[int, Field(ge=1)] = 5
    inner_lr: Annotated[float, Field(gt=0)] = 1e-3
    second_order: bool = True
    order: Literal["first", "last"] = "first"
    scale: int | Literal["auto"] = "auto"

    @model_validator(mode="after")
    def _go_together(self) -> LoopOptions:
        if self.inner_steps == 7 and self.inner_lr == 0.5:
            raise ValueError("seven steps of 0.5 are too much")
        return self


class MixedOptions(Options):
    ratio: Annotated[int, Field(ge=1)] = 2


def card(name: str, **changes: object) -> TaskCard:
    settings: dict[str, object] = {
        "name": name,
        "title": name,
        "source": GeneratedSource(target="toy_rows:rows"),
        "text": ("sentence",),
        "labels": ("no", "yes"),
        "metrics": ("accuracy",),
        "splits": {"train": 1000, "validation": 100, "test": 50},
        "scored": "validation",
        "summary": "a toy",
        "licence": "none",
        "citation": "nobody",
        **changes,
    }
    return TaskCard.model_validate(settings)


@pytest.fixture
def status() -> PluginStatus:
    return PluginStatus("toy", "toy", "toy", "1.0")


@pytest.fixture
def catalog(status: PluginStatus) -> Catalog:
    algorithms = (
        AlgorithmInfo("plain", None, AlgorithmOptions, "no meta-training"),
        AlgorithmInfo("loop", "toy:Loop", LoopOptions, "an inner loop"),
        AlgorithmInfo(
            "firstloop", "toy:Loop", LoopOptions, "preset", preset={"second_order": False}
        ),
    )
    samplers = (
        SamplerInfo("pps", "toy:Pps", Options, "by size"),
        SamplerInfo("mixed", "toy:Mixed", MixedOptions, "alternates", per_target=True),
    )
    tasks = (card("toy/large"), card("toy/small"), card("toy/other"), card("toy/spare"))
    return Catalog(
        algorithms={info.name: Offer(info, status) for info in algorithms},
        samplers={info.name: Offer(info, status) for info in samplers},
        tasks={task.name: Offer(task, status) for task in tasks},
        metrics={
            "accuracy": Offer(MetricInfo("accuracy", "toy:accuracy", "Acc", of="classes"), status),
            "pearson": Offer(MetricInfo("pearson", "toy:pearson", "P", of="numbers"), status),
        },
        plugins=(status,),
    )


@pytest.fixture
def minimal() -> str:
    return MINIMAL


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def _write(text: str) -> Path:
        path = tmp_path / "bench.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


@pytest.fixture
def problems(catalog, write):
    def _problems(text, *sets):
        path = write(text)
        with pytest.raises(SpecError, match=r"bench|--set") as caught:
            load_benchmark(path, catalog=catalog, sets=sets)
        return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]

    return _problems

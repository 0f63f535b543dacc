"""A small installed world: two algorithms, two samplers, generated tasks, an encoder's files."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from metabench.api import (
    AlgorithmInfo,
    AlgorithmOptions,
    EpisodeShape,
    GeneratedSource,
    MetricInfo,
    Options,
    SamplerInfo,
    TaskCard,
)
from metabench.api.algorithm import CurvatureWay
from metabench.plan.build import build_plan
from metabench.plan.plan import Plan
from metabench.plugin.catalog import Catalog
from metabench.plugin.status import Offer, PluginStatus
from metabench.spec.reading.load import load_benchmark
from metabench.tasks.hub import Hub

FILE = """\
schema = 1
name = "small"

[model]
id = "{encoder}"
weights = "random"

[tasks]
auxiliary = ["toy/large"]
target = ["toy/small", "toy/tiny"]
transfer = [{ task = "toy/other", fractions = [0.001, 0.5] }]

[meta]
epochs = 2
tasks_per_step = 2
batch_size = 4

[seeds]
meta = [0, 1]

[[methods]]
id = "Plain"
algorithm = "plain"

[[methods]]
id = "Loop"
algorithm = "loop"
"""

SIZES = {"toy/large": 1000, "toy/small": 100, "toy/tiny": 40, "toy/other": 1500, "toy/spare": 10}

_count = itertools.count()


class LoopOptions(AlgorithmOptions):
    inner_steps: Annotated[int, Field(ge=1)] = 3
    inner_lr: Annotated[float, Field(gt=0)] = 1e-3
    way: CurvatureWay | None = None

    def uses_curvature(self) -> CurvatureWay | None:
        return self.way

    def episode_shape(self) -> EpisodeShape:
        return EpisodeShape(support=self.inner_steps, query=1)


@dataclass(frozen=True)
class World:
    """What is installed, and where its source lies."""

    catalog: Catalog
    source: Path
    folder: Path

    def plan(
        self, *changes: tuple[str, str], sets: tuple[str, ...] = (), smoke: bool = False
    ) -> Plan:
        """Plan the small benchmark with parts of its text replaced."""
        text = FILE.replace("{encoder}", str(self.folder / "encoder"))
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = self.folder / "bench.toml"
        path.write_text(text, encoding="utf-8")
        benchmark = load_benchmark(path, catalog=self.catalog, sets=sets, smoke=smoke)
        return build_plan(benchmark, catalog=self.catalog, hub=Hub())


@pytest.fixture
def make_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., World]:
    """Return a maker of worlds; each call installs modules of names that were never seen."""

    def make(
        source: str = "class Loop: ...\n",
        *,
        version: str = "1.0",
        sizes: Mapping[str, int] = SIZES,
        module: str | None = None,
        generated: bool = True,
    ) -> World:
        name = module or f"toy_algorithm_{next(_count)}"
        folder = tmp_path / f"site{next(_count)}"
        (folder / "encoder").mkdir(parents=True)
        (folder / "encoder" / "config.json").write_text("{}", encoding="utf-8")
        (folder / "encoder" / "tokenizer.json").write_text("{}", encoding="utf-8")
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
        (folder / "toy_rows.py").write_text("def rows(name, split): ...\n", encoding="utf-8")
        monkeypatch.syspath_prepend(str(folder))
        sys.path_importer_cache.clear()
        catalog = _catalog(name, version=version, sizes=sizes, generated=generated)
        return World(catalog, folder / f"{name}.py", folder)

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


def _catalog(module: str, *, version: str, sizes: Mapping[str, int], generated: bool) -> Catalog:
    status = PluginStatus("toy", module, "toy", version)
    algorithms = (
        AlgorithmInfo("plain", None, AlgorithmOptions, "no meta-training"),
        AlgorithmInfo("loop", f"{module}:Loop", LoopOptions, "an inner loop"),
        AlgorithmInfo(
            "fixed", f"{module}:Loop", LoopOptions, "a preset", preset={"inner_steps": 3}
        ),
    )
    samplers = (
        SamplerInfo("pps", f"{module}:Pps", Options, "by size"),
        SamplerInfo("each", f"{module}:Each", Options, "one target", per_target=True),
    )
    cards = (_card(name, size, generated=generated) for name, size in sizes.items())
    return Catalog(
        algorithms={info.name: Offer(info, status) for info in algorithms},
        samplers={info.name: Offer(info, status) for info in samplers},
        tasks={card.name: Offer(card, status) for card in cards},
        metrics={
            "accuracy": Offer(MetricInfo("accuracy", f"{module}:accuracy", "Accuracy"), status)
        },
        plugins=(status,),
    )


def _card(name: str, size: int, *, generated: bool) -> TaskCard:
    return TaskCard(
        name=name,
        title=name,
        source=GeneratedSource(target="toy_rows:rows"),
        text=("sentence",),
        labels=("no", "yes"),
        metrics=("accuracy",),
        splits={"train": size, "validation": 200, "test": 60},
        scored="validation",
        summary="a toy",
        licence="none",
        citation="nobody",
        generated=generated,
    )

"""What is written says everything: loading it gives the same spec."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metabench.spec.model.sections import BenchmarkSpec, MethodSpec, ModelSpec
from metabench.spec.model.tasks import TasksSpec
from metabench.spec.reading.load import load_benchmark
from metabench.spec.write import to_toml

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"

numbers = st.floats(1e-9, 0.9, allow_nan=False)
optional = st.fixed_dictionaries(
    {},
    optional={
        "pretrain": st.fixed_dictionaries({"steps": st.integers(1, 99)}),
        "meta": st.fixed_dictionaries(
            {"optimizer": st.fixed_dictionaries({"lr": numbers})},
            optional={"epochs": numbers, "batch_size": st.integers(1, 99)},
        ),
        "finetune": st.fixed_dictionaries(
            {},
            optional={
                "head": st.sampled_from(["keep", "fresh", "prototype"]),
                "epochs": st.integers(1, 9),
            },
        ),
        "seeds": st.fixed_dictionaries(
            {"meta": st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=3, unique=True)}
        ),
        "compute": st.fixed_dictionaries({"threads": st.integers(1, 8)}),
    },
)
method = st.fixed_dictionaries(
    {"id": st.text(min_size=1, max_size=20).filter(str.isprintable), "algorithm": st.just("loop")},
    optional={
        "options": st.fixed_dictionaries(
            {}, optional={"inner_lr": numbers, "scale": st.sampled_from([3, "auto"])}
        ),
        "grid": st.fixed_dictionaries({"inner_steps": st.just([1, 2])}),
        "sampler": st.sampled_from(["pps", {"name": "mixed", "ratio": 3}, {"name": "mixed"}]),
    },
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(optional, st.lists(method, min_size=1, max_size=3, unique_by=lambda one: one["id"]))
def test_load_after_write_is_the_identity(catalog, write, tables, methods):
    data = {
        "schema": 1,
        "name": "x",
        "model": {"id": "a"},
        "tasks": {
            "target": ["toy/small"],
            "transfer": ["toy/other"],
            "splits": {"toy/small": {"train": "test"}},
        },
        **tables,
        "methods": methods,
    }
    once = load_benchmark(write(tomli_w.dumps(data)), catalog=catalog)
    again = load_benchmark(write(to_toml(once.spec)), catalog=catalog)

    assert again.spec == once.spec
    assert again.methods == once.methods
    assert to_toml(again.spec) == to_toml(once.spec)


def test_every_default_is_written_out(catalog, write, minimal):
    data = tomllib.loads(to_toml(load_benchmark(write(minimal), catalog=catalog).spec))

    assert data["meta"]["epochs"] == 5.0
    assert data["meta"]["optimizer"]["betas"] == [0.9, 0.999]
    assert data["finetune"]["optimizer"]["clip"] == 1.0
    assert data["methods"][1]["sampler"]["name"] == "pps"
    assert data["methods"][1]["options"]["inner_steps"] == 5
    assert "smoke" not in data


def test_a_grid_that_is_not_expanded_is_written_as_it_is():
    method = MethodSpec(id="A", algorithm="loop", grid={"inner_steps": (1, 3)})
    spec = BenchmarkSpec(
        schema=1,
        name="x",
        model=ModelSpec(id="a"),
        tasks=TasksSpec(target=("b",)),
        methods=(method,),
    )

    assert tomllib.loads(to_toml(spec))["methods"][0]["grid"] == {"inner_steps": [1, 3]}


@pytest.mark.parametrize(
    "path",
    sorted(path for path in BENCHMARKS.rglob("*.toml") if path.parent.name != "published"),
    ids=lambda path: path.stem,
)
def test_the_benchmarks_that_ship_are_toml_with_a_name(path):
    assert "name" in tomllib.loads(path.read_text(encoding="utf-8"))

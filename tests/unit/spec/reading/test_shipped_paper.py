"""The four benchmarks of the paper hold what the paper says, and its tables fit them."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabench.plugin.catalog import load_catalog
from metabench.spec.reading.load import load_benchmark

FOLDER = Path(__file__).parents[4] / "benchmarks"
TABLES = {
    "glue_low_resource": ["Table 1", "Figure 2"],
    "paper/task_distributions": ["Table 2"],
    "paper/inner_loop": ["Table 3"],
    "paper/scitail": ["Figure 2"],
}


@pytest.fixture(scope="module")
def benchmarks():
    catalog = load_catalog()
    return {
        name: load_benchmark(FOLDER / f"{name}.toml", catalog=catalog, sets=()) for name in TABLES
    }


@pytest.mark.parametrize("name", TABLES)
def test_the_setting_is_that_of_section_3(benchmarks, name):
    spec = benchmarks[name].spec

    assert spec.tasks.auxiliary == ("glue/sst2", "glue/qqp", "glue/mnli", "glue/qnli")
    assert spec.tasks.target == ("glue/cola", "glue/mrpc", "glue/stsb", "glue/rte")
    assert (spec.meta.epochs, spec.meta.tasks_per_step, spec.meta.batch_size) == (5, 8, 32)
    assert (spec.meta.optimizer.name, spec.meta.optimizer.lr) == ("adam", 5e-5)
    assert spec.model.id == "google-bert/bert-base-uncased"
    assert spec.pretrain is None


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_that_are_named_are_those_that_the_benchmark_runs(benchmarks, name):
    published = benchmarks[name].published
    methods = {method.id for method in benchmarks[name].methods}
    rows = {row.ours or row.method for one in published for row in one.table.rows}

    assert [one.table.name for one in published] == TABLES[name]
    assert rows == methods


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_a_table_is_a_column_of_its_benchmark(benchmarks, name):
    spec = benchmarks[name].spec
    columns = {*spec.tasks.target} | {
        f"{entry.task}@{fraction:g}"
        for entry in spec.tasks.transfers
        for fraction in entry.fractions
    }
    named = {column.name for one in benchmarks[name].published for column in one.table.columns}

    assert named <= columns


def test_table_2_varies_the_task_distribution_alone(benchmarks):
    methods = benchmarks["paper/task_distributions"].methods

    assert {
        (m.algorithm.value.name, m.options.inner_steps, m.options.inner_lr) for m in methods
    } == {("reptile", 5, 1e-3)}
    assert [(m.sampler.value.name, getattr(m.sampler_options, "ratio", None)) for m in methods] == [
        ("pps", None),
        ("uniform", None),
        ("mixed", 2),
        ("mixed", 5),
    ]


def test_table_3_varies_the_inner_loop_alone(benchmarks):
    methods = benchmarks["paper/inner_loop"].methods

    assert [(m.options.inner_steps, m.options.inner_lr) for m in methods] == [
        (3, 1e-3), (5, 1e-4), (5, 1e-3), (5, 1e-2), (7, 1e-3),
    ]  # fmt: skip
    assert {(m.algorithm.value.name, m.sampler.value.name) for m in methods} == {("reptile", "pps")}


def test_fine_tuning_is_the_same_in_all_four(benchmarks):
    """But for the least number of updates, which only SciTail's smallest parts reach."""
    assert len({
        benchmark.spec.finetune.model_copy(update={"min_steps": 0}).model_dump_json()
        for benchmark in benchmarks.values()
    }) == 1  # fmt: skip
    assert len({benchmark.spec.seeds.meta for benchmark in benchmarks.values()}) == 1

"""The study's files share one setting, and each companion varies one thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabench.plugin.catalog import load_catalog
from metabench.spec.reading.load import load_benchmark

FOLDER = Path(__file__).parents[4] / "benchmarks" / "studies"
FULL = ["glue_minilm", "glue_minilm_scitail", "glue_minilm_task_distributions"]
FULL += ["glue_minilm_inner_loop"]
SMALL = ["glue_minilm_l3", "glue_minilm_l3_epochs"]
PLAIN = "glue_minilm_plain"


@pytest.fixture(scope="module")
def benchmarks():
    catalog = load_catalog()
    paths = sorted(FOLDER.glob("*.toml"))
    return {path.stem: load_benchmark(path, catalog=catalog) for path in paths}


def options(method):
    return method.options.model_dump()


def test_there_are_the_study_its_companions_and_the_small_ones(benchmarks):
    assert set(benchmarks) == {*FULL, *SMALL, PLAIN}
    for name, benchmark in benchmarks.items():
        assert benchmark.spec.name == name.replace("_", "-")


def test_the_tasks_are_those_of_the_paper_in_every_file(benchmarks):
    for name, benchmark in benchmarks.items():
        tasks = benchmark.spec.tasks
        assert tasks.target == ("glue/cola", "glue/mrpc", "glue/stsb", "glue/rte")
        if name == PLAIN:
            assert not tasks.auxiliary
            continue
        assert tasks.auxiliary == ("glue/sst2", "glue/qqp", "glue/mnli", "glue/qnli")
        assert tasks.splits["glue/qnli"].train == "validation"


def test_plain_fine_tuning_is_that_of_the_full_study_s_encoder_without_meta_training(benchmarks):
    plain, full = (benchmarks[name] for name in (PLAIN, "glue_minilm"))

    assert plain.spec.model.id == full.spec.model.id
    assert [method.algorithm.value.name for method in plain.methods] == ["finetune"]


def test_the_companions_share_every_setting_so_that_their_numbers_stand_side_by_side(benchmarks):
    shared = [
        (one.spec.model, one.spec.meta, one.spec.finetune, one.spec.seeds)
        for one in (benchmarks[name] for name in FULL)
    ]

    assert all(each == shared[0] for each in shared)
    assert len(shared[0][3].meta) == 10


def test_the_small_studies_share_their_meta_training_and_differ_in_fine_tuning(benchmarks):
    few, long = (benchmarks[name] for name in SMALL)

    assert (few.spec.model, few.spec.meta) == (long.spec.model, long.spec.meta)
    assert few.spec.seeds == long.spec.seeds
    shared = {method.id: (method.algorithm, options(method)) for method in few.methods}
    assert all(shared[each.id] == (each.algorithm, options(each)) for each in long.methods)
    assert long.spec.finetune.epochs > few.spec.finetune.epochs


@pytest.mark.parametrize("name", SMALL)
def test_four_targets_can_reach_a_verdict_with_the_seeds_of_a_small_study(benchmarks, name):
    spec = benchmarks[name].spec
    tests, seeds = len(spec.tasks.target), len(spec.seeds.meta)

    assert tests * 2 ** (1 - seeds) <= spec.compare.alpha
    assert tests * 2 ** (1 - (seeds - 1)) > spec.compare.alpha  # with one seed less, none could


@pytest.mark.parametrize("name", ["glue_minilm", "glue_minilm_scitail", "glue_minilm_l3"])
def test_scitail_is_transferred_to_with_24_and_236_rows(benchmarks, name):
    (entry,) = benchmarks[name].spec.tasks.transfers

    rows = [round(fraction * 23_596) for fraction in entry.fractions]
    assert entry.task == "scitail"
    assert rows[:2] == [24, 236]
    assert rows[2:] == ([549] if name == "glue_minilm_scitail" else [])


def test_one_companion_varies_the_task_distribution_alone(benchmarks):
    methods = benchmarks["glue_minilm_task_distributions"].methods

    assert len({str(options(method)) for method in methods}) == 1
    assert [method.sampler.value.name for method in methods] == ["pps", "uniform", "mixed", "mixed"]
    ratios = [getattr(method.sampler_options, "ratio", None) for method in methods]
    assert ratios == [None, None, 2, 5]


def test_one_companion_varies_the_inner_loop_alone(benchmarks):
    methods = benchmarks["glue_minilm_inner_loop"].methods

    varied = {(options(method)["inner_steps"], options(method)["inner_lr"]) for method in methods}
    assert varied == {(3, 1e-3), (5, 1e-4), (5, 1e-3), (5, 1e-2), (7, 1e-3)}
    assert {method.sampler.value.name for method in methods} == {"pps"}


def test_the_methods_of_the_small_study_are_among_those_of_the_full_one(benchmarks):
    def names(name):
        return [method.id for method in benchmarks[name].methods]

    assert names("glue_minilm") == ["MiniLM", "Joint", "MAML", "FOMAML", "Reptile"]
    assert set(names("glue_minilm_l3")) == set(names("glue_minilm")) - {"MAML"}
    assert names("glue_minilm_scitail") == names("glue_minilm")

"""What a benchmark file names: methods and tasks once, in one role, of plugins that are there."""

from __future__ import annotations

import dataclasses

import pytest

from metabench.errors import PluginError, SpecError
from metabench.plugin.status import PluginStatus
from metabench.spec.reading.load import load_benchmark


def test_an_algorithm_without_meta_training_takes_no_sampler(problems, minimal):
    text = minimal.replace('"plain"\n', '"plain"\nsampler = "pps"\n')

    assert problems(text) == [
        "15: methods[0].sampler: algorithm 'plain' has no meta-training, so it takes none"
    ]


def test_problems_of_shape_do_not_hide_unknown_names(problems, minimal):
    text = minimal.replace('"toy/large"', '"toy/lrge", 5').replace('"loop"', '"looop"')

    assert problems(text) == [
        "8: tasks.auxiliary[0]: there is no task 'toy/lrge'; did you mean 'toy/large'?",
        "8: tasks.auxiliary[1]: expected text, got 5",
        "18: methods[1].algorithm: there is no algorithm 'looop'; did you mean 'loop'?",
    ]


def test_a_broken_method_is_not_told_a_second_time_as_a_missing_one(problems, minimal):
    text = minimal.replace('id = "Plain"\n', "").replace('id = "Loop"\n', "id = 3\n")

    assert problems(text) == [
        "12: methods[0].id: missing",
        "16: methods[1].id: expected text, got 3",
    ]


def test_branches_of_a_union_are_one_problem(problems, minimal):
    text = minimal.replace('["toy/other"]', '[5, { task = "toy/other", fractions = [0, 2] }]')

    assert problems(text) == [
        "10: tasks.transfer[0]: expected text or a table, got 5",
        "10: tasks.transfer[1].fractions[0]: must be more than 0, got 0",
        "10: tasks.transfer[1].fractions[1]: must be at most 1, got 2",
    ]


def test_a_method_that_stands_there_twice_is_refused(problems, minimal):
    (problem,) = problems(minimal.replace('"Loop"', '"Plain"'))

    assert "'Plain' appears twice" in problem


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Plain\u3164", r"written out, it is Plain\u3164"),
        ("Pl\u0430in", "has U+0430 of Cyrillic among Latin letters, which looks like a"),
    ],
)
def test_a_method_that_looks_like_another_is_refused(problems, minimal, name, said):
    (problem,) = problems(minimal.replace('"Loop"', f'"{name}"'))

    assert "methods[1].id: has " in problem
    assert problem.endswith(said)


def test_a_task_has_one_role(problems, minimal):
    assert problems(minimal.replace('"toy/large"', '"toy/small"')) == [
        "7: tasks: 'toy/small' cannot play two roles"
    ]


def test_what_is_trained_on_is_not_scored(problems, minimal):
    given = minimal + "[tasks.splits.'toy/small']\ntrain = 'validation'\n"

    assert problems(given) == [
        (
            "20: tasks.splits.\"toy/small\".train: task 'toy/small' would be trained on "
            "'validation', the split that is scored"
        )
    ]


def test_an_auxiliary_task_may_be_trained_on_any_split(catalog, write, minimal):
    path = write(minimal + "[tasks.splits.'toy/large']\ntrain = 'validation'\n")

    benchmark = load_benchmark(path, catalog=catalog)

    assert benchmark.spec.tasks.splits["toy/large"].train == "validation"


def test_splits_and_controls_refer_to_what_is_there(problems, minimal):
    text = minimal.replace(
        "[tasks]",
        "[tasks]\nshuffled = ['toy/other']\nsplits.'toy/spare'.train = 'test'\n"
        "splits.'toy/large'.train = 'validaton'",
    )

    assert problems(text) == [
        (
            "8: tasks.shuffled[0]: 'toy/other' is no auxiliary or target task; "
            "there are 'toy/large', 'toy/small'"
        ),
        (
            "9: tasks.splits.\"toy/spare\": task 'toy/spare' is not in use here; "
            "did you mean 'toy/large'?"
        ),
        (
            "10: tasks.splits.\"toy/large\".train: task 'toy/large' has no split 'validaton'; "
            "did you mean 'validation'?"
        ),
    ]


def test_a_metric_that_nobody_offers_is_a_problem(catalog, write, minimal):
    path = write(minimal)
    bare = dataclasses.replace(catalog, metrics={})

    with pytest.raises(SpecError, match="there is no metric 'accuracy'"):
        load_benchmark(path, catalog=bare)


def test_a_name_of_a_plugin_that_failed_is_that_plugins_fault(catalog, write, minimal):
    broken = PluginStatus("fancy", "fancy", "metabench-fancy", "0.1", "failed", "ImportError: x")
    path = write(minimal.replace('"loop"', '"fancy"'))
    with_broken = dataclasses.replace(catalog, plugins=(*catalog.plugins, broken))

    with pytest.raises(PluginError, match=r"'fancy' is provided by metabench-fancy 0\.1, which"):
        load_benchmark(path, catalog=with_broken)


def test_a_misspelt_name_is_the_files_fault_even_beside_a_broken_plugin(catalog, write, minimal):
    broken = PluginStatus("fancy", "fancy", "metabench-fancy", "0.1", "failed", "ImportError: x")
    with_broken = dataclasses.replace(catalog, plugins=(*catalog.plugins, broken))

    with pytest.raises(SpecError, match="there is no algorithm 'lop'; did you mean 'loop'"):
        load_benchmark(write(minimal.replace('"loop"', '"lop"')), catalog=with_broken)


def test_a_name_that_two_plugins_offer_is_their_fault(catalog, status, write, minimal):
    other = PluginStatus("other", "other", "other", "2.0")
    clash = {name: offer for name, offer in catalog.algorithms.items() if name != "loop"}
    torn = dataclasses.replace(
        catalog, algorithms=clash, conflicts={("algorithm", "loop"): (status, other)}
    )

    with pytest.raises(PluginError, match=r"provided by both toy 1\.0 and other 2\.0"):
        load_benchmark(write(minimal), catalog=torn)


def test_mistakes_of_the_file_come_before_faults_of_plugins(catalog, status, write, minimal):
    clash = {name: offer for name, offer in catalog.algorithms.items() if name != "loop"}
    torn = dataclasses.replace(
        catalog, algorithms=clash, conflicts={("algorithm", "loop"): (status, status)}
    )

    with pytest.raises(SpecError, match="stps: unknown key"):
        load_benchmark(write(minimal + "[meta]\nstps = 1\n"), catalog=torn)

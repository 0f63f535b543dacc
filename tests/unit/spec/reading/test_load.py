"""A benchmark file is a value, or every problem that it has, each at its line."""

from __future__ import annotations

import pytest

from metabench.errors import SpecError
from metabench.spec.reading.load import load_benchmark


def test_defaults_are_filled_in(catalog, write, minimal):
    path = write(minimal)
    benchmark = load_benchmark(path, catalog=catalog)

    plain, loop = benchmark.methods
    assert benchmark.path == path
    assert benchmark.text == minimal
    assert benchmark.spec.meta.epochs == 5
    assert (plain.id, plain.sampler) == ("Plain", None)
    assert loop.sampler is catalog.samplers["pps"]
    assert loop.options.inner_steps == 5
    assert benchmark.spec.methods[1].options["inner_lr"] == 1e-3


def test_presets_are_options_but_not_settings(catalog, write, minimal):
    path = write(minimal.replace('"loop"', '"firstloop"'))
    benchmark = load_benchmark(path, catalog=catalog)

    assert benchmark.methods[1].options.second_order is False
    assert "second_order" not in benchmark.spec.methods[1].options


def test_three_mistakes_are_three_lines(problems, minimal):
    text = minimal.replace("[tasks]", "[taks]").replace('"loop"', '"lop"') + "[meta]\nsteps = '5'\n"

    assert problems(text) == [
        "1: tasks: missing",
        "7: taks: unknown key; did you mean 'tasks'?",
        "18: methods[1].algorithm: there is no algorithm 'lop'; did you mean 'loop'?",
        "20: meta.steps: expected an integer, got '5'; write 5, without quotation marks",
    ]


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ("[meta]\nsteps = true", "20: meta.steps: expected an integer, got true"),
        ("[meta]\nsteps = 5.0", "20: meta.steps: expected an integer, got 5.0"),
        ("[meta]\nsteps = 0", "20: meta.steps: must be at least 1, got 0"),
        ("[meta]\nepochs = nan", "20: meta.epochs: expected a finite number, got nan"),
        ("[meta]\nepochs = 1e400", "20: meta.epochs: expected a finite number, got inf"),
        ("[meta]\nepochs = 2024-01-01", "20: meta.epochs: is a date or a time"),
        ("[meta]\nepochs = 1\nsteps = 1", "19: meta: give epochs or steps, not both"),
        ("[meta]\noptimizer.name = 'adm'", "expected 'adam' or 'sgd', got 'adm'; did you mean 'ad"),
        ("[meta]\noptimizer.betas = [0.9]", "20: meta.optimizer.betas: too few entries"),
        ("[seeds]\nmeta = []", "20: seeds.meta: needs at least 1 entry"),
        ("[seeds]\nmeta = [0, 0]", "20: seeds.meta: names one thing twice"),
        ("[seeds]\nmeta = [0, 'x']", "20: seeds.meta[1]: expected an integer, got 'x'"),
        ("[compute]\nthreads = { a = 1 }", "threads: expected an integer, got a table"),
        ("[compute]\nthreads = [1]", "20: compute.threads: expected an integer, got an array"),
        ("[compute]\nthreads = 0x" + "f" * 90, "must be at most 1,024, got 2348"),
        ("[seeds]\nmeta = '0, 1'", "20: seeds.meta: expected an array, got '0, 1'"),
        ("[meta]\nepochs = '1e-3'", "a number, got '1e-3'; write 1e-3, without quotation marks"),
        (
            "[finetune]\nhead = 'kept'",
            "expected 'keep', 'fresh' or 'prototype', got 'kept'; did you mean 'keep'",
        ),
        (
            "[compare]\nbaselines = ['Plan']",
            "20: compare.baselines[0]: there is no method 'Plan'; d",
        ),
        ("[model2]", "19: model2: unknown key; did you mean 'model'?"),
    ],
)
def test_a_wrong_value_is_one_line_in_plain_words(problems, minimal, added, expected):
    (problem,) = problems(f"{minimal}{added}\n")

    assert expected in problem


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        (
            "options.inner_setps = 3",
            "options.inner_setps: unknown key; did you mean 'inner_steps'?",
        ),
        ("options.inner_steps = 'five'", "inner_steps: expected an integer, got 'five'"),
        ("options.inner_steps = 0", "options.inner_steps: must be at least 1, got 0"),
        ("options.scale = 'x'", "options.scale: expected an integer or 'auto', got 'x'"),
        ("options.order = 'lst'", "expected 'first' or 'last', got 'lst'; did you mean 'last'?"),
        ("options = 3", "methods[1].options: expected a table, got 3"),
        ("sampler = 'pp'", "methods[1].sampler: there is no sampler 'pp'; did you mean 'pps'?"),
        ("sampler = { name = 'pp' }", "methods[1].sampler.name: there is no sampler 'pp'; did"),
        ("sampler = { name = 'mixed', ratio = 0 }", "methods[1].sampler.ratio: must be at least 1"),
        ("sampler = { nam = 'mixed' }", "methods[1].sampler.name: missing"),
        ("grid.inner_steps = []", "methods[1].grid.inner_steps: needs at least 1 entry"),
        ("grid.inner_steps = [1, 1]", "methods[1].grid.inner_steps: names one thing twice"),
        ("grid.inner_steps = [1, 0]", "methods[1].grid.inner_steps[1]: must be at least 1, got 0"),
        ("grid.inner_setps = [1, 2]", "methods[1].grid.inner_setps: unknown key; did you mean 'in"),
        ("grid.inner_steps = 3", "methods[1].grid.inner_steps: expected an array, got 3"),
        (
            "grid = { inner_steps = [5, 7], inner_lr = [0.1, 0.5] }",
            "methods: 'Loop[inner_steps=7,inner_lr=0.5]': seven steps of 0.5 are too much",
        ),
    ],
)
def test_a_wrong_option_is_told_like_a_wrong_setting(problems, minimal, added, expected):
    (problem,) = problems(f"{minimal}{added}\n")

    assert expected in problem


def test_a_preset_cannot_be_given(problems, minimal):
    text = minimal.replace('"loop"', '"firstloop"')

    assert problems(text + "options.second_order = false\n") == [
        "19: methods[1].options.second_order: algorithm 'firstloop' fixes this option"
    ]
    assert problems(text + "grid.second_order = [false]\n") == [
        "19: methods[1].grid.second_order: algorithm 'firstloop' fixes this option"
    ]


def test_an_override_is_named_where_it_is_wrong(problems, minimal):
    sets = ["meta.epoch=1", "methods.Loop.options.inner_steps=0", "seeds.finetune=2"]

    assert problems(minimal, *sets) == [
        "--set meta.epoch=1: meta.epoch: unknown key; did you mean 'epochs'?",
        (
            "--set methods.Loop.options.inner_steps=0: methods[1].options.inner_steps: "
            "must be at least 1, got 0"
        ),
    ]


def test_overrides_are_applied_and_kept(catalog, write, minimal):
    sets = ["meta.steps=3", "methods.Loop.options.inner_lr=0.5"]
    benchmark = load_benchmark(write(minimal), catalog=catalog, sets=sets)

    assert benchmark.overrides == tuple(sets)
    assert benchmark.spec.meta.steps == 3
    assert benchmark.methods[1].options.inner_lr == 0.5


def test_names_that_are_not_safe_for_a_folder_are_refused(problems, minimal):
    for name in ("../x", "a b", "/x", ".x", ""):
        (problem,) = problems(minimal.replace('"small"', f'"{name}"'))
        assert problem.startswith("2: name: ")


def test_control_characters_are_refused(problems, minimal):
    assert problems(minimal.replace("embedded/encoder", "a\\u0000b")) == [
        "5: model.id: must not hold control characters"
    ]


def test_too_many_cells_are_counted_and_not_made(problems, minimal):
    values = ", ".join(map(str, range(1, 101)))
    grid = f"grid = {{ inner_steps = [{values}], inner_lr = [{values}], scale = [{values}] }}\n"

    (problem,) = problems(minimal + grid)

    assert problem == "12: methods: ask for 3,000,003 cells; 100,000 is the most"


def test_a_method_is_a_table(problems, minimal):
    text = minimal[: minimal.index("[[methods]]")]

    assert problems("methods = [3]\n" + text) == ["1: methods[0]: expected a table, got 3"]


def test_a_table_without_settings_says_that_there_are_none(problems, minimal):
    text = minimal.replace('"plain"\n', '"plain"\noptions.depth = 3\n')

    assert problems(text) == ["15: methods[0].options.depth: unknown key; there are none here"]


@pytest.mark.parametrize(
    "filler",
    [
        "".join(f"k{index} = 1\n" for index in range(6000)),
        "x = [" + ",\n".join(["1"] * 20_000) + "]\n",
        "".join(f"[[methods]]\nid = '{index}'\nalgorithm = 'lop'\n" for index in range(1200)),
    ],
)
def test_many_mistakes_are_found_within_a_second(catalog, write, minimal, filler):
    import time

    path = write(minimal + filler)
    started = time.process_time()
    with pytest.raises(SpecError, match=r"unknown key|there is no"):
        load_benchmark(path, catalog=catalog)

    assert time.process_time() - started < 5  # seconds of CPU, far from noise

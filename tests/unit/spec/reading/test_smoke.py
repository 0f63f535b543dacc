"""A smoke run is as small as can be, and says that it is one."""

from __future__ import annotations

from metabench.spec.reading.load import load_benchmark
from metabench.spec.write import to_toml

FULL = """
[pretrain]
steps = 100
[finetune]
epochs = 3
min_steps = 50
[seeds]
meta = [4, 5]
finetune = 3
"""


def test_everything_is_small(catalog, write, minimal):
    spec = load_benchmark(write(minimal + FULL), catalog=catalog, smoke=True).spec

    assert spec.smoke
    assert (spec.meta.epochs, spec.meta.steps, spec.meta.tasks_per_step) == (None, 2, 2)
    assert spec.meta.batch_size == spec.finetune.batch_size == spec.pretrain.batch_size == 8
    assert spec.pretrain.steps == 2
    assert (spec.finetune.epochs, spec.finetune.min_steps) == (1, 2)
    assert (spec.seeds.meta, spec.seeds.finetune) == ((4,), 1)


def test_inner_loops_are_at_most_two_steps(catalog, write, minimal):
    text = minimal + "grid.inner_steps = [1, 2, 7]\n"
    benchmark = load_benchmark(write(text), catalog=catalog, smoke=True)

    assert [method.options.inner_steps for method in benchmark.methods[1:]] == [1, 2, 2]
    assert [method.options["inner_steps"] for method in benchmark.spec.methods[1:]] == [1, 2, 2]


def test_without_the_switch_it_is_no_smoke_run(catalog, write, minimal):
    assert not load_benchmark(write(minimal), catalog=catalog).spec.smoke


def test_the_file_that_a_smoke_run_leaves_is_a_smoke_run(catalog, write, minimal):
    once = load_benchmark(write(minimal + FULL), catalog=catalog, smoke=True)
    again = load_benchmark(write(to_toml(once.spec)), catalog=catalog)

    assert again.spec == once.spec
    assert again.methods == once.methods

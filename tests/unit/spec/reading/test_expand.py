"""A grid is one method per point."""

from __future__ import annotations

import pytest

from metabench.errors import SpecError
from metabench.spec.reading.load import load_benchmark


def test_there_is_one_method_per_point_in_the_order_of_the_product(catalog, write, minimal):
    grid = "options.inner_lr = 0.1\ngrid = { inner_steps = [1, 3], order = ['last', 'first'] }\n"
    benchmark = load_benchmark(write(minimal + grid), catalog=catalog)

    points = benchmark.methods[1:]
    assert [method.id for method in points] == [
        "Loop[inner_steps=1,order=last]",
        "Loop[inner_steps=1,order=first]",
        "Loop[inner_steps=3,order=last]",
        "Loop[inner_steps=3,order=first]",
    ]
    assert [(m.options.inner_steps, m.options.order) for m in points] == [
        (1, "last"),
        (1, "first"),
        (3, "last"),
        (3, "first"),
    ]
    assert {method.options.inner_lr for method in points} == {0.1}
    assert [method.id for method in benchmark.spec.methods] == [m.id for m in benchmark.methods]


def test_a_point_overrides_the_options(catalog, write, minimal):
    text = minimal + "options.inner_steps = 9\ngrid.inner_steps = [2]\n"

    assert load_benchmark(write(text), catalog=catalog).methods[1].options.inner_steps == 2


def test_a_baseline_is_a_point_of_a_grid(catalog, write, minimal):
    text = minimal + "grid.inner_steps = [1, 3]\n[compare]\nbaselines = ['{}']\n"

    load_benchmark(write(text.replace("{}", "Loop[inner_steps=3]")), catalog=catalog)
    with pytest.raises(SpecError, match="there is no method 'Loop'"):
        load_benchmark(write(text.replace("{}", "Loop")), catalog=catalog)


def test_ids_of_points_fit_and_differ(catalog, write, minimal):
    text = minimal.replace('"Loop"', f'"{"L" * 95}"') + "grid.inner_steps = [1, 3]\n"

    ids = [method.id for method in load_benchmark(write(text), catalog=catalog).methods]

    assert len(set(ids)) == 3
    assert max(map(len, ids)) <= 100

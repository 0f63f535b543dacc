"""Values that are pinned: keys, seeds, draws, held-out examples and subsamples.

They are what finished runs are known by. Where one of them changes, runs from before are computed
again or become incomparable: that is a decision, with a migration and a line in the changelog, and
not a value to be copied from the failure.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from metabench.api import EpisodeShape
from metabench.data.episodes import episode_rows
from metabench.data.order import epoch_batches, permutation, subsample
from metabench.plan.build import build_plan
from metabench.plugin.catalog import load_catalog
from metabench.seeding import Stream
from metabench.spec.reading.load import load_benchmark
from metabench.tasks.hub import Hub
from metabench.tasks.own.hold_out import held_out

QUICKSTART = Path(__file__).parents[1] / "fixtures" / "quickstart" / "run" / "spec.toml"
"""The quickstart as version 0.1 shipped it."""

KEYS = {
    "pretrain": "95a4e7b831d431b9",
    "meta-joint-s0": "f1be0a8736112f31",
    "meta-joint-s1": "1b5c3d418e1653e0",
    "meta-maml-s0": "f464b913c292e980",
    "meta-fomaml-s2": "b8000673d19daa2b",
    "meta-reptile-s0": "3866fc9fd84c58bc",
    "adapt-fine-tuning-embedded-similarity-s0-f0": "0aaeeed2e32a433f",
    "adapt-fine-tuning-embedded-science-50rows-s0-f0": "3517c894fda16831",
    "adapt-fine-tuning-embedded-science-300rows-s0-f0": "50aabf25672377f6",
    "adapt-maml-embedded-entailment-s0-f0": "6353c83deac9d3fc",
    "adapt-maml-embedded-science-50rows-s0-f0": "690c1931646ea499",
    "adapt-reptile-embedded-entailment-s0-f0": "7948352234ccb17e",
}
"""Of the quickstart: the first 16 digits. All but Reptile's are those of version 0.1."""

DRAWS = [
    ((0,), 5720724199474677157, [442, 361, 959, 202, 940], [0.321077, 0.726472, 0.419028]),
    (
        (7, "meta", "tasks", 3),
        3149930715356746816,
        [836, 496, 991, 200, 617],
        [0.890478, 0.175419, 0.308554],
    ),
    (
        (1, "glue/rte", "größe", "文", -5),
        6864580466214014031,
        [746, 163, 211, 200, 625],
        [0.988108, 0.121068, 0.635765],
    ),
]
"""A stream's name, its seed, numpy's next integers below 1000 and torch's next numbers."""


def test_the_keys_of_the_quickstart_are_those_of_finished_runs():
    catalog = load_catalog()
    plan = build_plan(load_benchmark(QUICKSTART, catalog=catalog), catalog=catalog, hub=Hub())
    found = {cell.name: cell.key[:16] for cell in plan.cells}

    assert {name: found.get(name) for name in KEYS} == KEYS


@pytest.mark.parametrize(("name", "seed", "integers", "numbers"), DRAWS)
def test_a_stream_draws_what_it_always_drew(name, seed, integers, numbers):
    stream = Stream(name)

    assert stream.seed == seed
    assert stream.numpy().integers(1000, size=5).tolist() == integers
    assert torch.rand(3, generator=stream.torch()).tolist() == pytest.approx(numbers, abs=1e-6)


def test_examples_come_in_the_order_in_which_they_always_came():
    rows = Stream.root(3).child("rows")

    assert permutation(10, stream=rows).tolist() == [4, 9, 2, 0, 1, 7, 6, 3, 8, 5]
    assert [batch.tolist() for batch in epoch_batches(5, batch_size=3, steps=3, stream=rows)] == [
        [1, 0, 3],
        [2, 4],
        [1, 2, 4],
    ]
    assert [
        part.tolist()
        for part in episode_rows(
            permutation(10, stream=rows), shape=EpisodeShape(2, 1), batch_size=3, task="t"
        )
    ] == [[4, 9, 2], [0, 1, 7], [6, 3, 8]]


def test_a_subsample_holds_the_examples_that_it_always_held():
    scored = Stream.root(0).child("scored", "glue/rte")

    assert subsample(2490, 8, stream=scored).tolist() == [
        2383, 1754, 550, 661, 1470, 2236, 1962, 1425,
    ]  # fmt: skip


def test_the_examples_that_are_held_out_are_those_that_always_were():
    strata = ["yes" if number % 3 else "no" for number in range(20)]

    assert held_out(list(range(20)), strata, fraction=0.25)[1] == [1, 11, 15, 17, 18]

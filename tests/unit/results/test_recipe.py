"""A recipe is all that a score depends on but its seeds, of its cell and of where it starts."""

from __future__ import annotations

import pytest

from metabench.results.recipe import recipes
from metabench.store.records.run import UseNote

META = {"kind": "meta", "seed": 0, "lr": 1}
ADAPT = {"kind": "adapt", "meta_seed": 0, "finetune_seed": 0, "draw": 0, "steps": 3}


def use(key, method="A", column="x"):
    return UseNote(
        method=method, column=column, meta_seed=0, finetune_seed=0, cell=key, key=key * 64
    )


def recipe(adapt, meta=None):
    """Return the recipe of a cell of these inputs, which starts from one of those."""
    start = {} if meta is None else {"initialisation": "b" * 64}
    known = {"a" * 64: {**adapt, **start}, "b" * 64: meta}
    return recipes([use("a")], known.get).get(("A", "x"))


@pytest.mark.parametrize("seed", ["meta_seed", "finetune_seed", "draw", "seed"])
def test_seeds_are_no_part_of_it(seed):
    assert recipe(ADAPT | {seed: 7}) == recipe(ADAPT)
    assert recipe(ADAPT, META | {seed: 7}) == recipe(ADAPT, META)


def test_every_other_setting_is_of_the_cell_and_of_its_start():
    found = {
        recipe(adapt, meta)
        for adapt in (ADAPT, ADAPT | {"steps": 4}, ADAPT | {"more": None})
        for meta in (None, META, META | {"lr": 2})
    }

    assert len(found) == 9


def test_the_key_of_the_start_is_none_for_its_seed_is_in_it():
    inputs = {key * 64: ADAPT | {"initialisation": start * 64} for key, start in ("ab", "cd")} | {
        "b" * 64: META,
        "d" * 64: META | {"seed": 1},
    }
    found = recipes([use("a"), use("c", column="y")], inputs.get)

    assert found["A", "x"] == found["A", "y"]


def test_where_a_cell_or_its_start_is_unknown_the_next_that_is_known_counts():
    inputs = {
        "a" * 64: ADAPT | {"initialisation": "b" * 64},  # of which nothing is recorded
        "c" * 64: ADAPT,
        "d" * 64: ADAPT | {"steps": 9},
    }

    assert recipes([use("a"), use("e")], inputs.get) == {}
    assert recipes([use("e"), use("a"), use("c"), use("d")], inputs.get) == {
        ("A", "x"): recipe(ADAPT)
    }


def test_an_initialisation_that_is_no_key_is_a_setting():
    assert recipe(ADAPT | {"initialisation": {"model": "m"}}) != recipe(ADAPT)

"""Designs that a pilot advises: the narrowest in a budget, the cheapest for a difference."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from metabench.errors import UsageError
from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.design import advice
from metabench.leaderboard.statistics.design import Components, components
from metabench.results.collect import collect

PAIRS = [10 * seed + draw for seed in range(4) for draw in range(5)]


def advised(store, **asked):
    collected = collect(store)
    return advice([store], collected, build_leaderboard(collected, **asked))


def with_draws(store, place):
    """Number the runs by meta seed and draw, which the run knows as one number."""
    note = store.run()
    changes = [place(use.meta_seed) for use in note.uses]
    uses = tuple(
        use.model_copy(update={"meta_seed": seed, "draw": draw})
        for use, (seed, draw) in zip(note.uses, changes, strict=True)
    )
    store.commit_run("", "", note.model_copy(update={"uses": uses}))
    return store


def test_seeds_and_draws_are_told_apart(predicted):
    store, right = predicted(seeds=PAIRS)
    found = advised(with_draws(store, lambda number: divmod(number, 10)))
    tasks = [(right["Joint", x] - right["BERT", x]).reshape(4, 5, -1) for x in "xy"]

    assert (found.crossed, found.pilot, found.baseline) == (True, (4, 5), "BERT")
    assert asdict(found.components) == pytest.approx(asdict(components(tasks)))


def test_paired_draws_count_as_seeds(predicted):
    store, right = predicted()
    found = advised(with_draws(store, lambda number: (number, number)))
    tasks = [(right["Joint", x] - right["BERT", x])[:, None] for x in "xy"]

    assert (found.crossed, found.pilot) == (False, (4, 1))
    assert asdict(found.components) == pytest.approx(asdict(components(tasks)))


def test_a_cell_costs_once_by_seed_or_by_draw(predicted):
    store, _ = predicted(seeds=PAIRS)
    found = advised(with_draws(store, lambda number: divmod(number, 10)))
    cells = [result.wall_seconds for result in collect(store).results.values()]

    assert found.fixed + 4 * found.per_seed + 20 * found.per_draw == pytest.approx(sum(cells))
    assert found.per_draw > 0


@pytest.fixture
def found(predicted):
    store, _ = predicted(seeds=PAIRS)
    spread = Components(seeds=4e-4, draws=9e-4, both=1e-4, examples=1e-5, count=60)
    known = advised(with_draws(store, lambda number: divmod(number, 10)))
    return replace(known, components=spread, fixed=100.0, per_seed=50.0, per_draw=10.0)


def test_no_design_in_the_budget_is_narrower(found):
    best = found.narrowest(3000)
    others = [found.design(seeds, draws) for seeds in range(3, 60) for draws in range(2, 101)]

    assert best.seconds <= 3000
    assert best.half_width == min(one.half_width for one in others if one.seconds <= 3000)
    assert found.narrowest(300) is None


def test_it_beats_as_many_draws_as_seeds_at_the_same_cost(found):
    """Seen in simulated means: their variance, not the formula of the width."""
    draw = np.random.default_rng(3)
    best = found.narrowest(3000)
    equal = max(n for n in range(3, 100) if found.design(n, n).seconds <= 3000)

    def variance(seeds, draws):
        parts = found.components
        means = (
            draw.normal(0, parts.seeds**0.5, (4000, seeds)).mean(axis=1)
            + draw.normal(0, parts.draws**0.5, (4000, draws)).mean(axis=1)
            + draw.normal(0, parts.both**0.5, (4000, seeds * draws)).mean(axis=1)
        )
        return means.var()

    assert variance(best.seeds, best.draws) < variance(equal, equal)


def test_no_design_that_finds_the_difference_is_cheaper(found):
    best = found.cheapest(0.03)
    finding = [
        found.design(seeds, draws)
        for seeds in range(3, 200)
        for draws in range(2, 101)
        if found.components.detectable(seeds, draws, alpha=0.05) <= 0.03
    ]

    assert best.seconds == min(one.seconds for one in finding)
    assert found.cheapest(0.001) is None


def test_a_pilot_that_cannot_tell_says_why(predicted):
    store, _ = predicted(without={("Joint", "x", 2)})
    with pytest.raises(UsageError, match="Joint lacks predictions on x"):
        advised(store)
    collected = collect(store)
    board = replace(build_leaderboard(collected), baselines=())
    with pytest.raises(UsageError, match="no method with a baseline"):
        advice([store], collected, board)


def test_one_meta_seed_has_no_spread(predicted):
    store, _ = predicted(seeds=[7])
    with pytest.raises(UsageError, match="BERT has 1 meta seed on x; a spread takes two"):
        advised(store)


def test_methods_of_other_seeds_are_not_paired(predicted):
    store, _ = predicted()
    note = store.run()
    uses = [use for use in note.uses if (use.method, use.meta_seed) != ("Joint", 3)]
    store.commit_run("", "", note.model_copy(update={"uses": tuple(uses)}))
    with pytest.raises(UsageError, match="do not have the same meta seeds"):
        advised(store)

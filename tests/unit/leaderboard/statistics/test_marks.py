"""Properties of the marks of a column, with p-values from scipy."""

import itertools

import numpy as np
import pytest
from scipy import stats

from metabench.leaderboard.statistics.marks import Marks, marks

ALPHA = 0.05


def methods(**values):
    return {name: dict(enumerate(numbers)) for name, numbers in values.items()}


def drawn(seed, *, count=5, seeds=8, apart=0.02):
    draw = np.random.default_rng(seed)
    shared = draw.normal(0.6, 0.02, seeds)
    return {
        f"m{k}": dict(enumerate((shared + draw.normal(apart * k, 0.02, seeds)).tolist()))
        for k in range(count)
    }


@pytest.mark.parametrize("seed", range(30))
def test_the_marks_are_those_of_scipys_paired_t_and_studentized_range(seed):
    table = drawn(seed, apart=0.01 * (seed % 4))
    means = {name: float(np.mean(list(values.values()))) for name, values in table.items()}
    ascending = sorted(table, key=means.__getitem__)
    top = ascending[-1]
    worse = set()
    for methods, name in zip(range(5, 1, -1), ascending, strict=False):
        t = stats.ttest_rel(list(table[top].values()), list(table[name].values())).statistic
        if stats.studentized_range.sf(2**0.5 * t, methods, 7) > ALPHA:
            break
        worse.add(name)

    found = marks(table, alpha=ALPHA)

    assert found.highest == {top}
    assert found.worse == worse
    assert found.close == (set(table) - {top} - worse if worse else set())


def test_a_lower_mean_never_has_the_mark_that_a_higher_one_lacks():
    for seed in range(300):
        table = drawn(seed, seeds=3 + seed % 6, apart=0.01)
        found = marks(table, alpha=ALPHA)
        mean = {name: np.mean(list(values.values())) for name, values in table.items()}

        for better, other in itertools.permutations(table, 2):
            if mean[better] > mean[other] and other in found.close:
                assert better in found.close | found.highest


@pytest.mark.parametrize("seeds", [1, 2])
def test_below_three_seeds_nothing_is_marked(seeds):
    assert marks(drawn(1, seeds=seeds, apart=1.0), alpha=ALPHA) == Marks()


def test_a_single_method_and_an_empty_table_have_no_marks():
    assert marks(methods(a=[0.1, 0.2, 0.3]), alpha=ALPHA) == Marks()
    assert marks({}, alpha=ALPHA) == Marks()


def test_methods_with_equal_means_have_no_marks():
    assert marks(methods(a=[0.1, 0.2, 0.3], b=[0.3, 0.2, 0.1]), alpha=ALPHA) == Marks()


def test_where_all_would_have_the_quiet_mark_none_has_it():
    found = marks(methods(a=[0.70, 0.60, 0.65], b=[0.60, 0.70, 0.64]), alpha=ALPHA)

    assert (found.highest, found.close, found.worse) == ({"a"}, frozenset(), frozenset())


def test_a_constant_gap_has_no_p_value_and_no_quiet_mark():
    found = marks(methods(a=[0.5, 0.6, 0.7], b=[0.4, 0.5, 0.6]), alpha=ALPHA)

    assert found.highest == {"a"}
    assert "b" not in found.close


def test_of_two_methods_with_one_set_of_scores_both_are_highest():
    found = marks(methods(a=[0.5, 0.6, 0.7], b=[0.5, 0.6, 0.7], c=[0.1, 0.2, 0.31]), alpha=ALPHA)

    assert found.highest == {"a", "b"}
    assert found.worse == {"c"}


def test_one_seed_more_does_not_tell_less():
    """The same test at every n: a gap that 8 seeds separate is not lost at 9."""
    gaps = [0.05, 0.06, 0.04, 0.055, 0.045, 0.05, 0.052, 0.048, 0.051]
    base = [0.5, 0.52, 0.48, 0.51, 0.49, 0.5, 0.53, 0.47, 0.5]
    for n in (3, 8, 9):
        table = methods(
            a=[b + g for b, g in zip(base[:n], gaps[:n], strict=True)], b=base[:n],
            c=[b - g for b, g in zip(base[:n], gaps[:n], strict=True)],
        )  # fmt: skip
        assert marks(table, alpha=ALPHA).worse == {"b", "c"}

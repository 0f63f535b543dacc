"""The conclusion of tables that are made to provoke, each read whole."""

import re

import pytest

from metabench.leaderboard.build import build_leaderboard
from metabench.results.collect import collect

TASKS = "abcd"
WAVE = (0.0, 0.012, -0.007, 0.009, -0.011, 0.004, -0.003, 0.008, -0.006, 0.002)


def scores(seeds, **methods):
    """Return scores of four targets: a level for each method, a wave that seeds share, a ripple."""
    return {
        (method, task): {
            seed: level + WAVE[seed] + 0.1 * WAVE[(3 * seed + 2 * place + at) % 10]
            for seed in range(seeds)
        }
        for place, (method, level) in enumerate(methods.items())
        for at, task in enumerate(TASKS)
    }


@pytest.fixture
def said(make_study):
    """Return the function that makes a run of such scores and returns its conclusion."""

    def make(wanted, **fields):
        return build_leaderboard(collect(make_study(wanted, **fields))).conclusion

    return make


def test_eight_seeds_and_a_clear_gap(said):
    first, *rest = said(scores(8, BERT=0.5, Joint=0.6))

    assert first.startswith("Joint has the highest average: 60.2 over 8 meta seeds, +10.0 points")
    assert "compared with BERT (95 % CI " in first
    assert first.endswith("all other methods are significantly worse.")
    assert rest[0].startswith(
        "Joint is significantly better than BERT on A, B, C, D and average (+"
    )
    assert not any("Too few" in line or "No significant" in line for line in rest)


def test_no_gap_and_what_could_have_been_found(said):
    lines = said(scores(8, BERT=0.5, Joint=0.5))

    assert any("these seeds separate no method from it" in line for line in lines)
    (open_,) = (line for line in lines if line.startswith("No significant difference"))
    assert "to BERT for Joint; the minimum detectable effect at 80 % power is" in open_
    assert open_.endswith("points.")


def test_three_seeds_tell_how_many_it_takes_and_what_intervals_say_meanwhile(said):
    lines = said(scores(3, BERT=0.5, Joint=0.6, MAML=0.501))

    assert (
        "Too few seeds for significance (3): it takes 8 for the 4 targets and 6 for the average."
        in lines
    )
    assert (
        "Uncorrected confidence intervals of the difference to BERT exclude 0 for Joint (5 of 5"
        " columns above)" in "".join(lines)
    )
    assert any(
        line.startswith("Next: 3 more meta seeds would decide Joint against") for line in lines
    )


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_or_two_seeds_claim_nothing(said, seeds):
    first, *rest = said(scores(seeds, BERT=0.5, Joint=0.9))

    assert first.endswith("it has too few seeds, failed seeds or no spread, and is not tested.")
    assert "CI" not in first
    assert not any("significantly" in line or "exclude 0" in line for line in rest)


def test_a_single_method_is_compared_with_nothing(said):
    assert said(scores(3, BERT=0.5), baselines=()) == (
        "BERT has the only average: 50.2 over 3 meta seeds.",
    )


def test_methods_that_agree_in_every_seed_are_neither_better_nor_worse(said):
    wanted = scores(8, BERT=0.5)
    wanted |= {("Joint", task): wanted["BERT", task] for task in TASKS}
    lines = said(wanted)

    assert lines[0].endswith("and is not tested.")
    assert not any("significantly better" in line for line in lines)


def test_a_method_with_failed_seeds_is_never_called_better(said):
    wanted = scores(10, BERT=0.5, Joint=0.6)
    wanted["Joint", "a"] |= {0: "diverged"}
    lines = said(wanted)

    better = [line for line in lines if "Joint is significantly better" in line]
    assert better
    assert all(" on B, C and D " in line for line in better)
    assert any(line.startswith("Runs failed: Joint (1 run)") for line in lines)


def test_collapsed_runs_are_named_with_their_denominator(said):
    wanted = scores(8, BERT=0.5, Joint=0.6)
    wanted["Joint", "b"] |= {
        seed: {"scores": {"accuracy": 0.5}, "collapsed": True} for seed in (1, 2, 5)
    }

    assert (
        "Runs that predict a single class: Joint on B (3/8; against BERT McNemar p 0.25); means and"
        " intervals describe them badly." in said(wanted)
    )


def test_a_verdict_that_rests_on_the_collapsed_runs_says_so(said):
    wanted = scores(10, BERT=0.5, Joint=0.5)
    wanted["BERT", "b"] |= {
        seed: {"scores": {"accuracy": 0.2 - 0.01 * seed}, "collapsed": True} for seed in range(8)
    }
    wanted["Joint", "b"] |= {8: wanted["BERT", "b"][8] + 0.01, 9: wanted["BERT", "b"][9] + 0.01}
    lines = said(wanted)

    assert any(line.startswith("Joint is significantly better than BERT on B") for line in lines)
    assert (
        "Without the seeds with such runs no interval excludes 0: Joint against BERT on B." in lines
    )


def test_what_has_not_been_run_is_named(said):
    wanted = scores(8, BERT=0.5, Joint=0.6)
    wanted["Joint", "c"] |= {6: None, 7: None}

    assert "Not complete: Joint lacks scores that have not been run." in said(wanted)


def test_a_column_at_the_top_of_its_scale_is_called_saturated(said):
    wanted = scores(8, BERT=0.5, Joint=0.6)
    for method in ("BERT", "Joint"):
        wanted[method, "d"] = {seed: 1.0 - 0.001 * (seed % 2) for seed in range(8)}

    assert "Saturated: on D every method reaches the top of the scale." in said(wanted)


def test_the_same_comparison_is_not_told_twice_with_two_baselines(said):
    lines = said(scores(8, BERT=0.5, Joint=0.6, MAML=0.4), baselines=("BERT", "Joint"))

    assert any("Joint is significantly better than BERT" in line for line in lines)
    assert not any("BERT is significantly worse than Joint" in line for line in lines)
    assert any("MAML is significantly worse than Joint" in line for line in lines)


def test_forty_methods_are_counted_where_they_would_fill_the_screen(said):
    lines = said(scores(8, BERT=0.5, **{f"M{k}": 0.5 for k in range(40)}))

    assert all(len(line) < 300 for line in lines)
    assert any(re.search(r"M\d+ and \d\d more; the minimum", line) for line in lines)


def test_it_is_short_enough_for_the_end_of_a_terminal(said):
    assert len(said(scores(8, BERT=0.5, Joint=0.6, MAML=0.45, Reptile=0.55))) <= 8


def test_a_smoke_run_concludes_nothing(said):
    assert said(scores(3, BERT=0.5, Joint=0.9), smoke=True) == (
        "This is a smoke run: its scores are no result.",
    )


def test_a_run_without_scores_says_so(said):
    wanted = {place: dict.fromkeys(range(3)) for place in scores(3, BERT=0.5, Joint=0.6)}

    assert said(wanted)[0] == "No method has a score yet."


def test_what_the_highest_mean_takes_is_compared_with_the_first_baseline(said):
    wanted = scores(8, BERT=0.5, Joint=0.6)
    for (method, _), values in wanted.items():
        taken = {"BERT": 10.0, "Joint": 25.0}[method]
        values |= {
            seed: {"scores": {"accuracy": score}, "wall_seconds": taken}
            for seed, score in values.items()
        }

    assert "Joint takes 2.5 × the wall time of BERT." in said(wanted)
    for values in wanted.values():
        values |= {seed: {**fields, "cpu_seconds": 20.0} for seed, fields in values.items()}
    assert "Joint takes the same CPU time as BERT." in said(wanted, folder="cpu")
    assert "Joint takes 2.5 × the wall time of BERT." in said(
        wanted, folder="gpu", facts={"Joint": {"device": "cuda:0"}}
    )


def test_unequal_numbers_of_outer_updates_are_part_of_the_conclusion(said):
    start = {"Joint": {"steps": 405}, "MAML": {"steps": 102}}
    lines = said(scores(8, BERT=0.5, Joint=0.6, MAML=0.501), start=start)

    assert (
        "Unequal meta-training: 405 outer updates for Joint, 102 for MAML. A difference between"
        " these methods may be one of their budgets." in lines
    )


def test_the_whole_conclusion_of_eight_seeds_and_a_clear_gap(said):
    assert said(scores(8, BERT=0.5, Joint=0.6)) == (
        (
            "Joint has the highest average: 60.2 over 8 meta seeds, +10.0 points compared with BERT"
            " (95 % CI +10.0 to +10.0); all other methods are significantly worse."
        ),
        "Joint is significantly better than BERT on A, B, C, D and average (+10.0 points).",
        "Joint takes the same wall time as BERT.",
    )


def test_the_whole_conclusion_of_a_method_with_a_failed_seed(said):
    wanted = scores(10, BERT=0.5, Joint=0.6)
    wanted["Joint", "a"] |= {0: "diverged"}

    assert said(wanted) == (
        (
            "Joint has the highest average: 60.1 over 9 meta seeds, +10.0 points compared with BERT"
            " (95 % CI +10.0 to +10.0); it has too few seeds, failed seeds or no spread, and is not"
            " tested."
        ),
        "Joint is significantly better than BERT on B, C and D (+10.0 points).",
        (
            "Runs failed: Joint (1 run); a method with failed seeds is never called better: the"
            " completed seeds may be its easy ones."
        ),
        "Joint takes the same wall time as BERT.",
    )

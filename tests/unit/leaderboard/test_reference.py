"""The majority class and chance are rows that are never tested; scores not above them are named."""

import pytest
from kit.formats import render_terminal
from scipy.stats import ttest_1samp

from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.reference import is_at_the_floor
from metabench.report.formats.csv_text import render_csv
from metabench.results.collect import collect

LOW = (0.50, 0.53, 0.52, 0.49)


def run(score, majority=0.5, chance=0.25):
    references = {"majority": {"accuracy": majority}, "chance": {"accuracy": chance}}
    return {"scores": {"accuracy": score}, "references": references}


@pytest.fixture
def board(make_study):
    """Return the leaderboard of two methods on two tasks, one of them at the floor on x."""
    scores = {
        ("BERT", "x"): {seed: run(score) for seed, score in enumerate(LOW)},
        ("Joint", "x"): {seed: run(score + 0.2) for seed, score in enumerate(LOW)},
        ("BERT", "y"): {seed: run(score + 0.3, 0.6) for seed, score in enumerate(LOW)},
        ("Joint", "y"): {seed: run(score + 0.3, 0.6) for seed, score in enumerate(LOW)},
    }
    return build_leaderboard(collect(make_study(scores)))


def test_they_are_rows_of_their_own_with_an_average(board):
    majority, chance = board.references

    assert (majority.method, chance.method) == ("majority class", "chance")
    assert [score.mean for score in majority.scores] == pytest.approx([0.5, 0.6, 0.55])
    assert [score.mean for score in chance.scores] == [0.25] * 3
    assert not any(score.differences or score.best for score in majority.scores)
    assert all(len(row.scores[0].differences) < 2 for row in board.rows)


def test_every_format_of_text_has_them(board):
    assert "for reference" in render_terminal(board)
    assert "majority class,computed from the labels,x" in render_csv(board)


def test_the_floor_is_in_the_caption_and_in_the_conclusion(board):
    assert "FLOOR: not significantly better than the majority class: BERT on X" in board.captions
    assert "Not significantly better than the majority class: BERT on X." in board.conclusion
    assert [row.scores[0].floor for row in board.rows] == [True, False]


def test_the_floor_is_decided_by_the_t_test_of_one_sample():
    majority = dict.fromkeys(range(4), 0.5)
    for shift in (0.0, 0.01, 0.02, 0.05):
        values = {seed: score + shift for seed, score in enumerate(LOW)}
        p = ttest_1samp(list(values.values()), 0.5).pvalue
        assert is_at_the_floor(values, majority, alpha=0.05) == (p > 0.05)
    assert is_at_the_floor({0: 0.4, 1: 0.3, 2: 0.35}, majority, alpha=0.05)


def test_two_seeds_above_the_majority_class_are_not_tested():
    assert not is_at_the_floor({0: 0.51, 1: 0.52}, {0: 0.5, 1: 0.5}, alpha=0.05)
    assert is_at_the_floor({0: 0.5, 1: 0.5}, {0: 0.5, 1: 0.5}, alpha=0.05)
    assert not is_at_the_floor({0: 0.5}, {}, alpha=0.05)


def test_records_without_them_have_no_rows_and_no_floor(make_study):
    board = build_leaderboard(collect(make_study({("BERT", "x"): {0: 0.5, 1: 0.5, 2: 0.4}})))

    assert board.references == ()
    assert not board.rows[0].scores[0].floor

"""Draws of few-shot training sets on a leaderboard: averaged in a meta seed, never counted as n."""

from __future__ import annotations

import statistics

import pytest

from metabench.leaderboard.build import build_leaderboard
from metabench.report.formats.csv_text import render_csv, render_long_csv
from metabench.report.formats.terminal import BEST, terminal_text
from metabench.report.tables.page import leaderboard_page
from metabench.results.collect import collect
from metabench.results.score_lines import score_lines

BASE = {"Plain": 0.5, "Meta": 0.6}
SEEDS, DRAWS, SHOTS = range(3), range(4), (4, 8, 16)


def score(method, shots, seed, draw):
    return BASE[method] + 0.005 * shots + 0.01 * seed + 0.02 * draw + 0.001 * seed * draw


@pytest.fixture
def few_shot(make_study):
    """Return the function that makes a run of shots and returns its values."""

    def make(pairs, tasks=("air",), lost=()):
        columns = [f"{task}@{shots}-shot" for task in tasks for shots in SHOTS]
        scores = {
            (method, column): {
                10 * seed + draw: None
                if (seed, draw) in lost
                else score(method, int(column.partition("@")[2].partition("-")[0]), seed, draw)
                for seed, draw in pairs
            }
            for method in BASE
            for column in columns
        }
        store = make_study(scores, roles=dict.fromkeys(columns, "transfer"))
        note = store.run()
        changes = [
            {"meta_seed": use.meta_seed // 10, "draw": use.meta_seed % 10} for use in note.uses
        ]
        uses = tuple(
            use.model_copy(update=change) for use, change in zip(note.uses, changes, strict=True)
        )
        named = tuple(
            column.model_copy(
                update={
                    "task": column.name.partition("@")[0],
                    "title": column.name.partition("@")[0].title(),
                    "label": column.name.partition("@")[2],
                }
            )
            for column in note.columns
        )
        store.commit_run("", "", note.model_copy(update={"uses": uses, "columns": named}))
        return collect(store)

    return make


CROSSED = [(seed, draw) for seed in SEEDS for draw in DRAWS]


def test_a_score_is_the_mean_over_draws_and_meta_seeds_and_counts_meta_seeds(few_shot):
    board = build_leaderboard(few_shot(CROSSED))
    cell = board.rows[1].scores[0]
    values = {pair: score("Meta", 4, *pair) for pair in CROSSED}
    by_seed = [statistics.fmean(values[seed, draw] for draw in DRAWS) for seed in SEEDS]
    by_draw = [statistics.fmean(values[seed, draw] for seed in SEEDS) for draw in DRAWS]

    assert (cell.n, cell.planned, cell.runs) == (3, 3, 12)
    assert cell.mean == pytest.approx(statistics.fmean(values.values()))
    assert cell.deviation == pytest.approx(statistics.stdev(by_seed))
    assert cell.draw_deviation == pytest.approx(statistics.stdev(by_draw))
    assert cell.differences[0].n == 3


def test_one_meta_seed_has_a_spread_over_draws_and_no_interval(few_shot):
    cell = build_leaderboard(few_shot([(0, draw) for draw in DRAWS])).rows[0].scores[0]

    assert (cell.n, cell.deviation) == (1, None)
    assert cell.draw_deviation == pytest.approx(statistics.stdev(0.02 * draw for draw in DRAWS))


def test_pairs_have_one_spread_over_both(few_shot):
    board = build_leaderboard(few_shot([(0, 0), (1, 1), (2, 2)]))

    assert board.rows[0].scores[0].n == 3
    assert board.rows[0].scores[0].draw_deviation is None
    assert "shots: each meta seed has a separate draw of the training set; ± is over both" in (
        board.captions
    )


def test_a_meta_seed_without_all_of_its_draws_has_no_mean(few_shot):
    cell = build_leaderboard(few_shot(CROSSED, lost={(1, 2)})).rows[0].scores[0]

    assert [seed for seed, _ in cell.seeds] == [0, 2]
    assert [draw for draw, _ in cell.draws] == [0, 1, 3]
    assert cell.status == "missing"


def test_captions_and_the_explanation_tell_draws_from_seeds(few_shot):
    board = build_leaderboard(few_shot(CROSSED))

    assert (
        "mean ± standard deviation over 3 meta seeds, with one fine-tuning seed each; (2/3):"
        " scores of 2 of 3 seeds"
    ) in board.captions
    assert (
        "shots: each meta seed's score is the mean over 4 draws of the training set; d4.3:"
        " standard deviation over draws is 4.3"
    ) in board.captions
    assert "A few-shot score is the mean over 4 draws of the training set" in board.explanation


def test_the_spread_over_draws_is_in_both_csv_tables(few_shot):
    collected = few_shot(CROSSED)
    board = build_leaderboard(collected)
    header, first, *_ = (line.split(",") for line in render_csv(board).splitlines())
    long = [line.split(",") for line in render_long_csv(score_lines(collected)).splitlines()]
    spread = statistics.stdev(
        statistics.fmean(score("Plain", 4, seed, draw) for seed in SEEDS) for draw in DRAWS
    )

    assert float(first[header.index("draw_deviation")]) == pytest.approx(spread)
    assert {row[long[0].index("draw")] for row in long[1:]} == {"0", "1", "2", "3"}


def test_many_tasks_and_sizes_stay_readable_in_80_columns(few_shot):
    board = build_leaderboard(few_shot(CROSSED, tasks=[f"task{number}" for number in range(12)]))
    text = terminal_text(leaderboard_page(board, best=BEST), width=80)
    lines = text.splitlines()

    assert max(map(len, lines)) <= 80
    assert text.count("•66.2 ± 1.2 d2.7") == 12

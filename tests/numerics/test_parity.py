"""The study of fine-tuning beside Trainer: its arithmetic, and that it goes on where it stopped."""

from __future__ import annotations

import math

import pytest
from click.testing import CliRunner

from parity.__main__ import study
from parity.difference import difference, table
from parity.record import Finished, append, read


def run(side, seed, score):
    return Finished(
        task="glue/rte", seed=seed, side=side, settings="s", metric="accuracy", score=score,
        steps=1, first_loss=1.0, last_loss=1.0, wall_seconds=1.0,
    )  # fmt: skip


def runs(ours, theirs):
    sides = {"metabench": ours, "Trainer": theirs}
    return [
        run(side, seed, score)
        for side, scores in sides.items()
        for seed, score in enumerate(scores)
    ]


def test_the_interval_is_students_at_90_percent_in_points():
    """Differences 1, 2, 3: mean 2, deviation 1, t(0.95, 2) = 2.919986."""
    found = difference("glue/rte", runs([0.51, 0.62, 0.73], [0.5, 0.6, 0.7]))

    assert found.mean == pytest.approx(2)
    half = 2.919986 / math.sqrt(3)
    assert found.interval == pytest.approx((2 - half, 2 + half), abs=1e-5)


def test_only_seeds_that_both_have_done_count():
    found = difference("glue/rte", runs([0.5, 0.6, 0.9], [0.5, 0.6]))

    assert (found.n, found.ours, found.theirs) == (2, 55, 55)
    assert difference("glue/rte", runs([0.5], [])) is None


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [
        ([0.5, 0.5, 0.501], "within ± 2"),
        ([0.52, 0.5, 0.48], "open: about 5 seeds with this spread"),
        ([0.53, 0.54, 0.55], "the mean itself is beyond ± 2"),
        ([0.5], "one seed says nothing"),
    ],
)
def test_the_verdict_says_how_many_seeds_it_would_take(ours, verdict):
    """A deviation of 2 points: t(0.95, 4) · 2 / √5 = 1.907 is the first below 2."""
    found = difference("glue/rte", runs(ours, [0.5] * len(ours)))

    assert found.verdict == verdict
    assert table([found]).endswith(f"| {verdict} |")


def test_a_finished_run_is_read_back(tmp_path):
    path = tmp_path / "runs" / "parity.jsonl"
    wanted = [run("metabench", 0, 0.5), run("Trainer", 0, 0.25)]

    for each in wanted:
        append(path, each)

    assert read(path) == wanted


@pytest.mark.slow
def test_the_study_runs_each_side_once_and_then_nothing(tmp_path):
    asked = [
        "--seeds", "1", "--tasks", "embedded/similarity", "--model", "embedded/encoder", "--random",
        "--max-length", "32", "--steps", "2", "--output", str(tmp_path / "parity.jsonl"),
    ]  # fmt: skip
    first = CliRunner().invoke(study, asked, catch_exceptions=False)
    again = CliRunner().invoke(study, asked, catch_exceptions=False)

    assert [r.side for r in read(tmp_path / "parity.jsonl")] == ["metabench", "Trainer"]
    assert "| embedded/similarity | pearson | 1 |" in first.stdout
    assert again.stdout == first.stdout
    assert not again.stderr

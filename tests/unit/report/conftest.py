"""A board with all signs; golden files."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabench.api.leaderboard import (
    Cost,
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)

GOLDEN = Path(__file__).parent / "golden"
COLUMNS = (
    LeaderboardColumn("glue/cola", "CoLA", "target", "Matthews"),
    LeaderboardColumn("glue/rte", "RTE", "target", "Accuracy"),
    LeaderboardColumn("average", "average", "average", "mean of 2 targets"),
    LeaderboardColumn("scitail@0.001", "SciTail", "transfer", "Accuracy", label="0.1 % = 24 rows"),
    LeaderboardColumn("own/text", "Text", "transfer", "loss", percent=False),
)


def _score(mean, deviation=0.01, *differences, **fields):
    """Return a score of all of eight seeds, unless the fields say something else."""
    counts = {"n": 0 if mean is None else 8, "planned": 8} | fields
    spread = None if mean is None else deviation
    return LeaderboardScore(mean, spread, differences=differences, **counts)


def _minus(baseline, mean, low, high, **fields):
    return Difference(baseline, mean, (low, high), **({"n": 8} | fields))


def _board():
    """Return a board on which every sign occurs."""
    nothing = {"n": 0, "status": "missing", "detail": "8 not run"}
    few = {"n": 0, "status": "unavailable", "detail": "24 rows are asked for, 10 are there"}
    bert = (
        _score(0.521, 0.012, collapsed=1, runs=8, worse=True),
        _score(0.664, 0.02, best=True),
        _score(0.5925, best=True),
        _score(None, **few),
        _score(1.234, 0.1, best=True),
    )
    joint = (
        _score(0.53, 0.02, _minus("BERT", 0.009, -0.01, 0.028, p=0.5, improvement=0.625)),
        _score(
            0.65, 0.03, _minus("BERT", -0.014, -0.04, 0.01, n=7),
            n=7, status="failed", detail="1 diverged", failed=1,
        ),
        _score(
            0.59, 0.01, _minus("BERT", -0.0025, -0.01, 0.005, n=7), n=7, status="missing",
            close=True,
        ),
        _score(0.7, best=True),
        _score(1.3, 0.1, Difference("BERT", 0.066, None, 1), n=1, status="missing"),
    )  # fmt: skip
    reptile = (
        _score(
            0.575, 0.02,
            _minus("BERT", 0.054, 0.03, 0.078, p=0.0078125, verdict="better", detectable=0.03),
            _minus("Joint", 0.045, 0.001, 0.08, p=0.0625),
            best=True,
        ),
        _score(
            0.6, 0.03,
            _minus("BERT", -0.064, -0.09, -0.04, p=0.0005, verdict="worse", improvement=0.0),
            _minus("Joint", -0.05, -0.11, 0.001),
        ),
        _score(0.58, status="1/2"),
        _score(None, **nothing),
        _score(1.3, 0.1),
    )  # fmt: skip
    theirs = (0.521, 0.664, None, None, None)
    reported = tuple(
        LeaderboardScore(mean, None, 0, 0, detail="" if mean else "not reported") for mean in theirs
    )
    return Leaderboard(
        name="demo",
        smoke=False,
        columns=COLUMNS,
        rows=(
            LeaderboardRow("BERT", bert, Cost(1234.5, 12000, 0, 123456, 7.2e7, 3_200_000_000)),
            LeaderboardRow("Joint", joint, Cost(9.5, 12000.5, None, None, None, None)),
            LeaderboardRow("Reptile 2:1", reptile),
        ),
        baselines=("BERT", "Joint"),
        alpha=0.05,
        captions=("PARTIAL: 10 of 24 rows", "mean \N{PLUS-MINUS SIGN} standard deviation"),
        published=(
            LeaderboardRow(
                "BERT (2019)",
                reported,
                source="Dou et al. 2019, Table 1, test split",
            ),
        ),
        signature="mb:0.1.0|seeds:8m\N{MULTIPLICATION SIGN}1f|alpha:0.05",
        explanation="Every method was run with 8 meta seeds. Nothing is filled in.",
        conclusion=(
            "BERT has the highest average: 59.2 over 8 meta seeds.",
            "Next: *2* more_seeds.",
        ),
    )


@pytest.fixture(scope="session")
def signs():
    """Return a leaderboard on which every sign occurs."""
    return _board()


@pytest.fixture
def golden(request):
    """Return the function that compares a text with a golden file, byte by byte."""

    def check(name, text):
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            GOLDEN.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert path.read_bytes().decode() == text

    return check

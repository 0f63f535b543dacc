"""Which comparisons are adjusted together, and how many seeds their p takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from metabench.api.leaderboard import Difference, Leaderboard, LeaderboardColumn
from metabench.leaderboard.statistics.significance import pairs_needed
from metabench.quantities import listed
from metabench.store.records.run import ColumnNote

__all__ = ["ROLES", "family_names", "family_sizes", "seeds_needed", "shown_differences"]

ROLES = ("target", "average", "transfer")
"""The families, in the order of the columns."""


def family_sizes(columns: Sequence[ColumnNote]) -> Mapping[str, int]:
    """Return the number of tests in each family: targets, transfer columns, the average alone.

    All columns of the benchmark count, whichever of them are shown and have scores: a column that
    is left out must not make the others' p smaller. Each row against each baseline is a family of
    its own.
    """
    roles = [column.role for column in columns]
    return {"target": roles.count("target"), "average": 1, "transfer": roles.count("transfer")}


def family_names(columns: Sequence[ColumnNote]) -> Mapping[str, str]:
    """Return what a sentence calls each family."""
    nouns = {"target": "target", "average": "average", "transfer": "transfer column"}
    return {
        role: f"the {nouns[role]}" if size == 1 else f"the {size} {nouns[role]}s"
        for role, size in family_sizes(columns).items()
    }


def seeds_needed(
    columns: Sequence[ColumnNote],
    differences: Sequence[tuple[LeaderboardColumn, Difference]],
    *,
    alpha: float,
) -> str:
    """Return the seeds that a p takes where it is lacking, as ``8 for the 4 targets``, or nothing.

    Args:
        columns: all columns of the benchmark.
        differences: what is shown.
        alpha: that p is to reach.
    """
    lacking = {column.role for column, difference in differences if difference.p is None}
    sizes, names = family_sizes(columns), family_names(columns)
    needed = [
        f"{pairs_needed(alpha=alpha, tests=sizes[role])} for {names[role]}"
        for role in ROLES
        if role in lacking
    ]
    return listed(needed) if needed else ""


def shown_differences(board: Leaderboard) -> Iterator[tuple[LeaderboardColumn, Difference]]:
    """Yield every difference of a leaderboard with its column, row by row."""
    for row in board.rows:
        for column, score in zip(board.columns, row.scores, strict=True):
            for difference in score.differences:
                yield column, difference

"""Which comparisons are adjusted together, and how many seeds their p takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from metabench.api.leaderboard import Difference, Leaderboard, LeaderboardColumn
from metabench.leaderboard.statistics.significance import pairs_needed, reaches
from metabench.quantities import listed, plural
from metabench.store.records.run import RunNote

__all__ = ["family_sizes", "p_values_omitted", "seeds_needed", "shown_differences", "tested_over"]

_ROLES = ("target", "average", "transfer")
"""The families, in the order of the columns."""


def family_sizes(note: RunNote) -> Mapping[str, int]:
    """Return the number of tests that a p-value of each role of columns is corrected for.

    By default each method against each baseline has separate families: the targets, the transfer
    columns, and the average alone. With ``family = "table"`` all comparisons of the table are one
    family. All columns of the benchmark count, even if hidden or without scores: hiding a column
    must not make the others' p-values smaller.
    """
    roles = [column.role for column in note.columns]
    sizes = {"target": roles.count("target"), "average": 1, "transfer": roles.count("transfer")}
    if note.family == "method":
        return sizes
    pairs = sum(method != baseline for baseline in note.baselines for method in note.methods)
    return dict.fromkeys(sizes, pairs * sum(sizes.values()))


def _family_names(note: RunNote) -> Mapping[str, str]:
    """Return the name of each family in sentences."""
    sizes = family_sizes(note)
    if note.family == "table":
        return {role: f"all {size} comparisons of the table" for role, size in sizes.items()}
    nouns = {"target": "target", "average": "average", "transfer": "transfer column"}
    return {
        role: f"the {nouns[role]}" if size == 1 else f"the {size} {nouns[role]}s"
        for role, size in sizes.items()
    }


def seeds_needed(
    note: RunNote,
    differences: Sequence[tuple[LeaderboardColumn, Difference]],
    *,
    alpha: float,
) -> str:
    """Return the seeds that a missing p-value needs, as ``8 for the 4 targets``.

    Args:
        note: the run.
        differences: the differences shown.
        alpha: the level that the p-value has to reach.

    Returns:
        "" where every difference with a spread has one.
    """
    sizes, names = family_sizes(note), _family_names(note)
    needed = {
        f"{pairs_needed(alpha=alpha, tests=sizes[role])} for {names[role]}": None
        for role in _ROLES
        if any(
            column.role == role and not reaches(found.n, alpha=alpha, tests=sizes[role])
            for column, found in differences
        )
    }
    return listed(list(needed)) if needed else ""


def p_values_omitted(
    note: RunNote,
    differences: Sequence[tuple[LeaderboardColumn, Difference]],
    *,
    alpha: float,
) -> str:
    """Return why there are no p-values, and the seeds that they take; "" where there are."""
    needed = seeds_needed(note, differences, alpha=alpha)
    if not needed:
        return ""
    few = sorted({difference.n for _, difference in differences if difference.p is None})
    return (
        f"p-values omitted: with {plural(few, 'meta seed')} the sign-flip test cannot reach"
        f" {alpha:g} after Holm's correction; it needs {needed}"
    )


def tested_over(
    note: RunNote, differences: Sequence[tuple[LeaderboardColumn, Difference]]
) -> tuple[str, ...]:
    """Return the names of the families with a p-value."""
    names = _family_names(note)
    tested = {column.role for column, difference in differences if difference.p is not None}
    return tuple(dict.fromkeys(names[role] for role in _ROLES if role in tested))


def shown_differences(board: Leaderboard) -> Iterator[tuple[LeaderboardColumn, Difference]]:
    """Yield every difference of a leaderboard with its column, method by method."""
    for row in board.rows:
        for column, score in zip(board.columns, row.scores, strict=True):
            for difference in score.differences:
                yield column, difference

"""From run folders to a leaderboard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from metabench.api.leaderboard import Leaderboard
    from metabench.api.report import Report
    from metabench.leaderboard.columns import Choice
    from metabench.results.collect import Collected
    from metabench.results.score_lines import ScoreLine
    from metabench.store.run_folder import Store

__all__ = ["RUNS_READ", "Compared", "collected_runs", "compare"]

RUNS_READ = 500
"""Most runs whose predictions are read for a report or JSON; --explain has no limit."""


@final
@dataclass(frozen=True)
class Compared:
    """Run folders, their results, and the leaderboard of them."""

    stores: tuple[Store, ...]
    collected: Collected
    board: Leaderboard

    def lines(self) -> Iterator[ScoreLine]:
        """Yield the scores of the methods and columns that the leaderboard shows."""
        from metabench.results.score_lines import score_lines

        shown = {column.name for column in self.board.columns}
        return (line for line in score_lines(self.collected) if line.column in shown)

    def report(self) -> Report:
        """Return the leaderboard with the data of its figures."""
        from metabench.report.report import build_report
        from metabench.store.run_folder import reading_many

        with reading_many():
            return build_report(self.stores, self.collected, self.board)


def collected_runs(stores: Sequence[Store]) -> Collected:
    """Return the results of one run or several.

    Raises:
        MetabenchError: a folder is not a run folder, or the runs cannot be compared.
    """
    from metabench.results.collect import collect
    from metabench.results.merge import merge
    from metabench.store.run_folder import reading_many

    with reading_many():
        return merge([collect(store) for store in stores])


def compare(
    stores: Sequence[Store],
    collected: Collected,
    *,
    baselines: Sequence[str] = (),
    choice: Choice | None = None,
    most_runs: float = 0,
) -> Compared:
    """Return the leaderboard of results.

    Args:
        stores: the run folders.
        collected: their results.
        baselines: methods to compare with, in place of those of the benchmark file.
        choice: the requested columns and options.
        most_runs: with as many scores or fewer, predictions are read too, for confidence intervals
            over seeds and evaluation examples.

    Raises:
        UsageError: a baseline, column, metric or level does not exist.
    """
    from metabench.leaderboard.build import build_leaderboard
    from metabench.leaderboard.columns import Choice
    from metabench.store.run_folder import reading_many

    with reading_many():
        board = build_leaderboard(collected, baselines=baselines, choice=choice or Choice())
        if len(collected.note.uses) <= most_runs:
            from metabench.leaderboard.crossed import with_crossed_intervals

            board = with_crossed_intervals(board, stores, collected)
    return Compared(tuple(stores), collected, board)

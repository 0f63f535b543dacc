"""The meaning of the signs of the text formats: a sentence for each that occurs."""

from __future__ import annotations

from collections.abc import Iterator

from metabench.api.leaderboard import Difference, Leaderboard
from metabench.leaderboard.conclusion.wording import best_mean
from metabench.report.tables.table import ELSEWHERE

__all__ = ["legend"]


def legend(leaderboard: Leaderboard, *, best: str, cost: bool) -> Iterator[str]:
    """Yield the sentences.

    Args:
        leaderboard: the leaderboard shown.
        best: the format's mark of the best of a column, such as ``bold``.
        cost: whether the table of cost is shown.
    """
    scores = [score for row in leaderboard.rows for score in row.scores]
    differences = [difference for score in scores for difference in score.differences]
    if any(score.best for score in scores):
        yield f"{best}: {best_mean(leaderboard.columns)} of its column"
    yield from _verdicts(differences, leaderboard.alpha)
    if any(_is_partial(leaderboard)):
        yield "†3/4: the mean over the 3 of 4 targets that have a score; not to be compared"
    yield from _published(leaderboard)
    if cost and any(row.cost for row in leaderboard.rows):
        yield (
            "cost: mean over the meta seeds of meta-training and all fine-tuning; cells that"
            " methods share count for each; the peak is the most of any cell"
        )


def _verdicts(differences: list[Difference], alpha: float) -> Iterator[str]:
    tested = any(difference.p is not None for difference in differences)
    decided = {difference.verdict for difference in differences} - {"undecided"}
    if any(each.improvement is not None and each.n > 1 for each in differences):
        yield "P: probability of improvement, the share of seeds with the better score"
    if tested or decided:
        signs = f"; ▲ better, ▼ worse: p is at most {alpha:g}" if decided else ""
        yield f"p: Holm-corrected p-value{signs}"


def _is_partial(leaderboard: Leaderboard) -> Iterator[bool]:
    for row in leaderboard.rows:
        for score, column in zip(row.scores, leaderboard.columns, strict=True):
            yield column.role == "average" and score.mean is not None and "/" in score.status


def _published(leaderboard: Leaderboard) -> Iterator[str]:
    sources: dict[str, list[str]] = {}
    for row in leaderboard.published:
        sources.setdefault(row.source, []).append(row.method)
    for source, methods in sources.items():
        yield f"{ELSEWHERE} ({', '.join(methods)}), never tested: {source}"

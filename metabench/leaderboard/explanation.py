"""The statistics of a leaderboard in words, with its own numbers: a paragraph for a paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metabench.api.leaderboard import Difference, Leaderboard, LeaderboardColumn
from metabench.leaderboard.columns import AVERAGE, averaged_means
from metabench.leaderboard.conclusion.wording import best_mean, detectable_points
from metabench.leaderboard.failures import failures_as_majority
from metabench.leaderboard.families import p_values_omitted, shown_differences, tested_over
from metabench.quantities import listed, percent, plural, span
from metabench.results.collect import Collected

__all__ = ["explanation"]


def explanation(collected: Collected, board: Leaderboard) -> str:
    """Return the paragraph; every number in it is that of this leaderboard."""
    sentences = [
        *_scores(collected, board),
        *_differences(collected, board),
        *_ties(board),
        *_gaps(collected, board),
    ]
    return " ".join(sentences)


def _scores(collected: Collected, board: Leaderboard) -> Iterator[str]:
    meta, nested = collected.seed_counts
    if not meta:
        return
    one_each = nested == [1]
    inner = "" if one_each else f" on the mean of its {span(nested)} fine-tuning runs"
    yield (
        f"Every method was run with {plural(meta, 'meta seed')}, each with its own meta-training,"
        f" and {plural(nested, 'fine-tuning seed')} for each of them."
    )
    if meta == [1]:
        yield f"A score is that of the one meta seed{inner}; it has no interval."
    else:
        yield (
            f"A score is the mean over meta seeds{inner}; ± is the standard deviation over meta"
            " seeds, the unit that is replicated."
        )
    draws = [len(score.draws) for row in board.rows for score in row.scores if score.draws]
    if draws:
        yield (
            f"A few-shot score is the mean over {plural(sorted(set(draws)), 'draw')} of the"
            " training set within each meta seed; draws are the same for every method."
        )
    for index, column in enumerate(board.columns):
        if column.role == "average":
            yield f"The average is the {column.metric}, taken within each meta seed first."
            if means := averaged_means(collected.note, board.columns):
                yield f"In it, {means}."
            scores = [row.scores[index] for row in board.rows]
            if any(score.status and score.mean is not None for score in scores):
                yield (
                    "Where a method lacks a target, its average is over those that it has; it is"
                    " marked, not ranked, and compared over the targets that both methods have."
                )


def _differences(collected: Collected, board: Leaderboard) -> Iterator[str]:
    found = list(shown_differences(board))
    if not found:
        return
    pairs = sorted({difference.n for _, difference in found})
    yield (
        f"Methods are compared with {listed(board.baselines)} by the difference of scores of one"
        f" meta seed ({plural(pairs, 'pair')})."
    )
    if pairs[-1] > 1:
        yield (
            f"Brackets show the {percent(1 - board.alpha)} % Student t confidence interval of the"
            " mean difference, not corrected for the number of comparisons."
        )
    yield from _tests(collected, board, found)
    yield from _detectable(found)


def _tests(
    collected: Collected, board: Leaderboard, found: Sequence[tuple[LeaderboardColumn, Difference]]
) -> Iterator[str]:
    tested = tested_over(collected.note, found)
    if tested:
        each = ", for each method and baseline separately" * (collected.note.family == "method")
        yield (
            "p-values are those of the exact two-sided sign-flip test of the pairs, Holm-corrected"
            f" over {listed(tested)}{each}; a method is called better or worse where the p-value"
            f" is at most {board.alpha:g}, and undecided elsewhere."
        )
    if omitted := p_values_omitted(collected.note, found, alpha=board.alpha):
        yield f"{omitted}."


def _detectable(found: Sequence[tuple[LeaderboardColumn, Difference]]) -> Iterator[str]:
    if sizes := detectable_points(found):
        yield (
            "The minimum detectable effect of that test at 80 % power, for this number of pairs and"
            f" the standard deviation that was observed, is {sizes} points."
        )


def _ties(board: Leaderboard) -> Iterator[str]:
    scores = [score for row in board.rows for score in row.scores]
    best = best_mean(board.columns)
    if any(score.worse for score in scores):
        yield (
            f"Bold is the {best} of a column; ≈ marks methods that are not significantly worse than"
            f" it (paired t test, by the studentized range, as the {best} is chosen from the data)."
        )
    elif any(score.best for score in scores):
        yield f"Bold is the {best} of a column; no method is significantly worse than it."


def _gaps(collected: Collected, board: Leaderboard) -> Iterator[str]:
    used = _used(collected, board)
    entries = [entry for (_, name), entry in collected.entries.items() if name in used]
    runs = sum(entry.runs for entry in entries)
    failed = sum(entry.failed for entry in entries)
    missing = sum(entry.missing for entry in entries)
    collapsed = sum(entry.collapsed for entry in entries)
    if failed or missing:
        yield (
            f"Of {plural([runs], 'planned score')} {failed} failed and {missing}"
            f" {'was' if missing == 1 else 'were'} not run; nothing is filled in for them."
        )
        yield from failures_as_majority(collected, board)
    else:
        yield f"All {plural([runs], 'planned score')} are available."
    if collapsed:
        yield (
            "1 run predicts a single class (collapsed) and counts as it is."
            if collapsed == 1
            else f"{collapsed} runs predict a single class (collapsed) and count as they are."
        )


def _used(collected: Collected, board: Leaderboard) -> set[str]:
    """Return the columns that are shown, and all targets where their average is."""
    shown = {column.name for column in board.columns}
    targets = {note.name for note in collected.note.columns if note.role == "target"}
    return shown | targets if AVERAGE in shown else shown

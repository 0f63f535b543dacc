"""What a leaderboard shows, in words: seeds or methods, the paper, published small encoders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metabench.api.leaderboard import (
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
)
from metabench.results.collect import Collected

__all__ = [
    "beside_small_encoders",
    "beside_the_paper",
    "left_to_run",
    "seeds_or_methods",
]

_PAPER = "Dou, Yu and Anastasopoulos 2019"
_SMALL = "Turc, Chang, Lee and Toutanova 2019"
_PLAIN_THERE = "BERT"
_PAIRS = 3  # fewer say little


def left_to_run(collected: Collected) -> Sequence[str]:
    """Return how many of the planned cells are done, and that it is partial where some are not."""
    planned = [cell for cell in collected.note.cells if not cell.unavailable]
    done = sum(cell.key in collected.results for cell in planned)
    if done == len(planned):
        return [f"- all {done} cells are done"]
    of_all = f"{done} of {len(planned)} cells are done"
    return [f"- **PARTIAL: {of_all}**; rerun the command to resume"]


def seeds_or_methods(board: Leaderboard) -> Sequence[str]:
    """Return a table of the spread between seeds and the largest difference of a method."""
    if not board.baselines:
        return []
    plain = next(row for row in board.rows if row.method == board.baselines[0])
    lines = []
    for place, column in enumerate(board.columns):
        spread = plain.scores[place].deviation
        found = [
            (abs(difference.mean), row.method, difference)
            for row in board.rows
            if (difference := row.scores[place].difference(plain.method)) and difference.n >= _PAIRS
        ]
        if column.role == "average" or spread is None or not found:
            continue
        size, method, difference = max(found, key=lambda one: one[:2])
        wider = "seeds" if spread > size else "the method"
        points = f"{100 * difference.mean:+.1f}"
        lines.append(f"| {_heading(column)} | {100 * spread:.1f} | {method} {points} | {wider} |")
    head = [
        f"What moves a score more: another seed of {plain.method} (the standard deviation between",
        f"its seeds), or another method (the largest mean difference to it, of {_PAIRS} pairs or",
        "more)?",
        "",
        "| task | between seeds | largest difference | what moves it more |",
        "| --- | ---: | ---: | --- |",
    ]
    return [*head, *lines] if lines else []


def beside_the_paper(board: Leaderboard) -> Sequence[str]:
    """Return a table of our differences to fine-tuning and those that the paper prints."""
    theirs = {row.method: row for row in board.published if row.source.startswith(_PAPER)}
    plain = theirs.get(_PLAIN_THERE)
    if plain is None or not board.baselines:
        return []
    lines = []
    for row in board.rows:
        there = theirs.get(row.method)
        if there is not None and row.method != board.baselines[0]:
            lines += list(_compared(board, row, plain=plain, there=there))
    head = [
        f"Points above standard fine-tuning: ours above {board.baselines[0]}, the paper's above",
        "BERT-base, on other examples and with another encoder. Theirs have no interval.",
        "",
        "| method | task | ours | the paper | |",
        "| --- | --- | ---: | ---: | --- |",
    ]
    return [*head, *lines] if lines else []


def beside_small_encoders(board: Leaderboard) -> Sequence[str]:
    """Return a table of fine-tuning here and of published BERTs of such sizes."""
    theirs = [row for row in board.published if row.source.startswith(_SMALL)]
    plain = next((row for row in board.rows if row.method in board.baselines[:1]), None)
    lines = []
    for place, column in enumerate(board.columns):
        known = [mean for row in theirs if (mean := row.scores[place].mean) is not None]
        ours = plain.scores[place].mean if plain else None
        if column.role == "average" or not known or ours is None:
            continue
        low, high = min(known), max(known)
        said = "below" if ours < low else "above" if ours > high else "within"
        known_range = f"{100 * low:.1f} to {100 * high:.1f}"
        lines.append(f"| {_heading(column)} | {100 * ours:.1f} | {known_range} | {said} |")
    head = [
        "Standard fine-tuning here, on each task's official validation split and with one setting",
        f"for all, compared with the range of {', '.join(row.method for row in theirs)},",
        "which was reported for GLUE's test sets, with the best of many settings for each task.",
        "",
        "| task | here | there | |",
        "| --- | ---: | ---: | --- |",
    ]
    return [*head, *lines] if lines else []


def _compared(
    board: Leaderboard, row: LeaderboardRow, *, plain: LeaderboardRow, there: LeaderboardRow
) -> Iterator[str]:
    for place, column in enumerate(board.columns):
        one, other = plain.scores[place].mean, there.scores[place].mean
        ours = row.scores[place].difference(board.baselines[0])
        if column.role == "average" or one is None or other is None or ours is None:
            continue
        points = 100 * (other - one)
        said = _agreement(ours, points)
        yield f"| {row.method} | {column.title} | {_interval(ours)} | {points:+.1f} | {said} |"


def _agreement(ours: Difference, theirs: float) -> str:
    if ours.verdict == "undecided":
        return "undecided"
    return "agrees" if (ours.verdict == "better") == (theirs > 0) else "departs"


def _interval(difference: Difference) -> str:
    mean = f"{100 * difference.mean:+.1f}"
    if difference.interval is None:
        return mean
    low, high = difference.interval
    return f"{mean} [{100 * low:+.1f}, {100 * high:+.1f}]"


def _heading(column: LeaderboardColumn) -> str:
    return f"{column.title} {column.label}".strip()

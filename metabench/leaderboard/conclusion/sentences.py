"""The conclusion: sentences on the values of a leaderboard, none stronger than they are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from metabench.api.leaderboard import (
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)
from metabench.leaderboard.budgets import unequal_budgets
from metabench.leaderboard.columns import AVERAGE
from metabench.leaderboard.conclusion.gaps import (
    at_the_floor,
    collapsed,
    elsewhere,
    failed,
    missing,
    saturated,
)
from metabench.leaderboard.conclusion.wording import (
    detectable_points,
    is_or_are,
    number,
    points,
    points_range,
    title,
)
from metabench.leaderboard.conclusion.worth import worth
from metabench.leaderboard.families import family_sizes, seeds_needed, shown_differences
from metabench.leaderboard.statistics.power import pairs_to_detect
from metabench.leaderboard.statistics.summary import FEWEST_PAIRS
from metabench.quantities import listed, named, percent, plural
from metabench.results.collect import Collected

__all__ = ["conclusion"]

_CHEAPER = 1.05
"""Ratios of time below this are noise."""


@final
@dataclass(frozen=True, slots=True)
class _Subject:
    """A leaderboard and the column that its conclusion is about."""

    collected: Collected
    board: Leaderboard
    index: int

    @property
    def column(self) -> LeaderboardColumn:
        return self.board.columns[self.index]

    @property
    def compared(self) -> list[tuple[LeaderboardRow, LeaderboardColumn, Difference]]:
        """All differences; of two baselines, only that of the later one to the earlier one."""
        rank = {name: at for at, name in enumerate(self.board.baselines)}
        return [
            (row, column, difference)
            for row in self.board.rows
            for column, score in zip(self.board.columns, row.scores, strict=True)
            for difference in score.differences
            if rank.get(row.method, len(rank)) > rank[difference.baseline]
        ]

    @property
    def scored(self) -> list[tuple[LeaderboardRow, LeaderboardScore]]:
        """Methods with a mean that can be ranked, best first; of an error, lower is better."""
        found = [
            (row, row.scores[self.index])
            for row in self.board.rows
            if row.scores[self.index].mean is not None and "/" not in row.scores[self.index].status
        ]
        return sorted(found, key=lambda item: item[1].mean or 0.0, reverse=not self.column.error)


def conclusion(collected: Collected, board: Leaderboard) -> tuple[str, ...]:
    """Return the conclusion, one sentence each, the most important one first.

    It is about the average of the targets where there is one, else about the first column with a
    score; the sentences on differences, failures and collapse are about every column.
    """
    if board.smoke:
        return ("This is a smoke run: its scores are no result.",)
    subject = next(
        (found for index in _order(board) if (found := _Subject(collected, board, index)).scored),
        None,
    )
    if subject is None:
        return ("No method has a score yet.", *missing(board))
    return (
        *_highest(subject),
        *(line for name in board.baselines for line in _against(subject, name)),
        *worth(collected, board, subject.scored[0][0].method),
        *_too_few(subject),
        *failed(board),
        *missing(board),
        *collapsed(board),
        *at_the_floor(board),
        *saturated(board),
        *elsewhere(board),
        *_budget(collected),
        *_cost(subject),
        *_next(subject),
    )


def _order(board: Leaderboard) -> list[int]:
    """Return the columns, the average first."""
    return sorted(range(len(board.columns)), key=lambda at: board.columns[at].role != AVERAGE)


def _highest(subject: _Subject) -> Iterator[str]:
    column = subject.column
    (top, score), *others = subject.scored
    where = "average" if column.role == AVERAGE else f"{column.metric} on {title(column)}"
    value = f"{number(score.mean, column)} over {plural([score.n], 'meta seed')}"
    if not others:
        yield f"{top.method} has the only {where}: {value}."
        return
    if len({number(other.mean, column) for _, other in subject.scored}) == 1 and not score.best:
        every = f"All {len(others) + 1}" if len(others) > 1 else "Both"
        yield f"{every} methods have the same {where}: {value}."
        return
    end = "lowest" if column.error else "highest"
    lead = f"{top.method} has the {end} {where}: {value}{_gain(subject)}"
    close = [row.method for row, other in others if other.close]
    if not score.best:
        yield f"{lead}; {_untested(score)}."
    elif close:
        yield f"{lead}; {named(close)} {is_or_are(close)} not significantly worse."
    elif worse := [row.method for row, other in others if other.worse]:
        all_ = "all other methods" if len(worse) == len(others) > 1 else named(worse)
        yield f"{lead}; {all_} {is_or_are(worse)} significantly worse (paired t test)."
    else:
        yield f"{lead}, but these seeds separate no method from it."


def _untested(score: LeaderboardScore) -> str:
    """Return why the best mean is not compared with the others by a test."""
    if score.n < score.planned:
        return f"it lacks {score.planned - score.n} of {score.planned} seeds and is not tested"
    if score.n < FEWEST_PAIRS:
        return f"below {FEWEST_PAIRS} seeds nothing is tested"
    return "the others lack seeds and are not tested"


def _gain(subject: _Subject) -> str:
    """Return how far the best mean is from the first baseline, with its interval."""
    difference = subject.scored[0][1].difference(
        subject.board.baselines[0] if subject.board.baselines else ""
    )
    if difference is None:
        return ""
    gain = f", {points(difference.mean, subject.column)} compared with {difference.baseline}"
    if difference.interval is None:
        return gain
    low, high = (points(end, subject.column).partition(" ")[0] for end in difference.interval)
    return f"{gain} ({percent(1 - subject.board.alpha)} % CI {low} to {high})"


def _against(subject: _Subject, baseline: str) -> Iterator[str]:
    """Yield the methods that are significantly better or worse than a baseline, and the others."""
    found = [
        (row.method, column, d) for row, column, d in subject.compared if d.baseline == baseline
    ]
    for verdict in ("better", "worse"):
        for method in dict.fromkeys(method for method, _, each in found if each.verdict == verdict):
            places = [(c, d) for m, c, d in found if m == method and d.verdict == verdict]
            yield (
                f"{method} is significantly {verdict} than {baseline} on"
                f" {named([title(column) for column, _ in places])} ({points_range(places)})."
            )
    decided = {method for method, _, each in found if each.verdict != "undecided"}
    tested = [item for item in found if item[2].p is not None and item[0] not in decided]
    if tested:
        methods = list(dict.fromkeys(method for method, _, _ in tested))
        sizes = detectable_points((column, each) for _, column, each in tested)
        could = f"; the minimum detectable effect at 80 % power is {sizes} points" if sizes else ""
        yield f"No significant difference to {baseline} for {named(methods)}{could}."


def _too_few(subject: _Subject) -> Iterator[str]:
    """Yield how many seeds a p-value takes, and which intervals exclude 0 meanwhile."""
    board = subject.board
    found = list(shown_differences(board))
    needed = seeds_needed(subject.collected.note, found, alpha=board.alpha)
    if not needed:
        return
    least = min(difference.n for _, difference in found)
    few = list(dict.fromkeys(title(column) for column, each in found if each.p is None))
    where = f" on {named(few)}" if any(each.p is not None for _, each in found) else ""
    yield (
        f"{plural([least], 'meta seed')}{where} {'is' if least == 1 else 'are'} too few for"
        f" p-values of the differences: the sign-flip test needs {needed}."
    )
    if signs := [text for name in board.baselines for text in _excluded(subject, name)]:
        sure = percent(1 - board.alpha)
        yield f"Uncorrected {sure} % CIs exclude 0: {'; '.join(signs)}."


def _excluded(subject: _Subject, baseline: str) -> Iterator[str]:
    """Yield on how many columns an interval without a p-value excludes 0, by side and method."""
    found = [item for item in subject.compared if item[2].baseline == baseline]
    counted = Counter(row.method for row, _, _ in found)
    sides = Counter(
        (row.method, "better" if (difference.mean > 0) != column.error else "worse")
        for row, column, difference in found
        if difference.excludes_zero and difference.p is None
    )
    for side in ("better", "worse"):
        groups: dict[str, list[str]] = {}
        for method in (method for method in counted if sides[method, side]):
            groups.setdefault(f"{sides[method, side]}/{counted[method]}", []).append(method)
        if groups:
            first, *_ = groups
            who = [f"{listed(m)} ({n}{' columns' * (n == first)})" for n, m in groups.items()]
            yield f"{named(who)} {side} than {baseline}"


def _cost(subject: _Subject) -> Iterator[str]:
    """Yield the cost of the method with the highest mean, compared with the first baseline."""
    if not subject.board.baselines:
        return
    baseline, (top, _) = subject.board.baselines[0], subject.scored[0]
    base = next((row for row in subject.board.rows if row.method == baseline), None)
    if top is base or base is None or top.cost is None or base.cost is None:
        return
    taken = [
        ("CPU time", top.cost.cpu_seconds, base.cost.cpu_seconds),
        ("wall time", top.cost.device_seconds, base.cost.device_seconds),
    ]
    for what, ours, theirs in taken[_on_a_device(subject.collected) :]:
        if ours and theirs:
            is_same = 1 / _CHEAPER < ours / theirs < _CHEAPER
            much = f"the same {what} as" if is_same else f"{ours / theirs:.2g} × the {what} of"
            yield f"{top.method} takes {much} {baseline}."
            return


def _on_a_device(collected: Collected) -> bool:
    """Return whether a cell was computed on something other than a CPU, which CPU time ignores."""
    devices = {result.provenance.device for result in collected.results.values()}
    return not devices <= {"", "cpu"}


def _budget(collected: Collected) -> Iterator[str]:
    """Yield the differences in meta-training budgets, which may explain a difference in scores."""
    if found := unequal_budgets(collected):
        yield f"Unequal meta-training: {'; '.join(found)}."


def _next(subject: _Subject) -> Iterator[str]:
    """Yield the number of further seeds for a verdict in the column of the conclusion."""
    tests = family_sizes(subject.collected.note)[subject.column.role]
    more: dict[int, list[str]] = {}
    for row, column, difference in subject.compared:
        deviation = _deviation(difference, subject.board.alpha)
        if column is not subject.column or difference.verdict != "undecided" or not deviation:
            continue
        effect = difference.mean / deviation
        pairs = pairs_to_detect(effect, alpha=subject.board.alpha, tests=tests)
        if pairs is not None and pairs > difference.n:
            what = f"{row.method} against {difference.baseline}"
            more.setdefault(pairs - difference.n, []).append(what)
    if more:
        fewest = min(more)
        yield (
            f"Next: {plural([fewest], 'more meta seed')} would decide {_few(more[fewest])} on the"
            f" {title(subject.column)}, if the effect stays as it is (80 % power)."
        )


def _few(comparisons: Sequence[str]) -> str:
    """Return the first of some comparisons, and how many more there are."""
    first, *others = comparisons
    return f"{first} and {plural([len(others)], 'more comparison')}" if others else first


def _deviation(difference: Difference, alpha: float) -> float | None:
    """Return the standard deviation of the pairs, from their interval."""
    if difference.interval is None or difference.n < FEWEST_PAIRS:
        return None
    from scipy.special import stdtrit  # noqa: PLC0415  (scipy.stats takes a second to load)

    half = (difference.interval[1] - difference.interval[0]) / 2
    return half * math.sqrt(difference.n) / float(stdtrit(difference.n - 1, 1 - alpha / 2))

"""Gates of ``metabench compare``: expressions over a leaderboard that make it exit with 6.

::

    expression = ["score:"] COLUMN [METHOD] OPERATOR NUMBER
    OPERATOR   = "<" | "<=" | ">" | ">="

Without ``score:`` it is about the paired difference to the first baseline. Numbers are as the
table shows them: points where scores are shown times 100. Names with blanks may be quoted.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from metabench.errors import UsageError
from metabench.leaderboard.columns import find_column
from metabench.suggest import suggest

if TYPE_CHECKING:
    from metabench.api.leaderboard import (
        Leaderboard,
        LeaderboardColumn,
        LeaderboardRow,
        LeaderboardScore,
    )

__all__ = ["BoundGate", "Gate", "parse_gate", "strict_reasons"]

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EXPRESSION = re.compile(
    r"\s*(?P<score>score:)?(?P<names>.*?)\s*(?P<sign><=|>=|<|>)"
    r"\s*(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*"
)
_NAME = re.compile(r"""(["'])(?P<quoted>.*?)\1|(?P<plain>\S+)""")
_HOW = "write COLUMN [METHOD] OPERATOR NUMBER, such as 'rte < -1.0' or 'score:rte MAML < 50'"


@final
@dataclass(frozen=True, slots=True)
class Gate:
    """A parsed expression; its names are not looked up yet.

    Args:
        text: the expression.
        is_score: whether it is about scores, not differences.
        column: name of the column.
        method: name of the method; empty for every method.
        sign: of the comparison.
        number: the number compared with.
    """

    text: str
    is_score: bool
    column: str
    method: str
    sign: str
    number: float

    def bind(self, board: Leaderboard) -> BoundGate:
        """Return the gate for a leaderboard.

        Raises:
            UsageError: the leaderboard has no such column, no such method or no baseline.
        """
        column = find_column(board.columns, self.column)
        baseline = "" if self.is_score else self._baseline(board)
        rows = board.rows
        if self.method:
            rows = (_row(board.rows, self.method),)
        elif baseline:
            rows = tuple(row for row in rows if row.method != baseline)
        if baseline and [row.method for row in rows] == [baseline]:
            raise UsageError(
                f"{baseline!r} is the first baseline and has no difference to itself",
                where=f"--fail-if {self.text!r}",
                hint="name another method, or begin with score:",
            )
        return BoundGate(self, column, board.columns.index(column), baseline, rows)

    def _baseline(self, board: Leaderboard) -> str:
        if not board.baselines:
            raise UsageError(
                "there is no baseline to take a difference to",
                where=f"--fail-if {self.text!r}",
                hint="name one with --baseline METHOD, or begin with score:",
            )
        return board.baselines[0]


@final
@dataclass(frozen=True, slots=True)
class BoundGate:
    """A gate with its column and methods resolved."""

    gate: Gate
    column: LeaderboardColumn
    index: int
    baseline: str
    rows: tuple[LeaderboardRow, ...]

    def reasons(self) -> Iterator[str]:
        """Yield a sentence for each method that fails it; a missing value fails too."""
        for row in self.rows:
            score = row.scores[self.index]
            value = self._value(score)
            named = f"{row.method!r} on {self.column.name!r}"
            if value is None:
                why = score.detail or score.status or "no seed in common"
                yield f"{named} has no {self._what} to check: {why}"
            elif _OPERATORS[self.gate.sign](value, self.gate.number):
                yield f"{named} has a {self._what} of {value:{'' if self.gate.is_score else '+'}g}"

    @property
    def _what(self) -> str:
        return "score" if self.gate.is_score else f"difference to {self.baseline!r}"

    def _value(self, score: LeaderboardScore) -> float | None:
        found = score if self.gate.is_score else score.difference(self.baseline)
        if found is None or found.mean is None:
            return None
        # 100 * 0.29 is a little less than 29; round to the intended number.
        return round(found.mean * (100 if self.column.percent else 1), 9)


def parse_gate(text: str) -> Gate:
    """Return the gate of an expression.

    Raises:
        UsageError: the expression does not follow the grammar.
    """
    found = _EXPRESSION.fullmatch(text.replace("\N{MINUS SIGN}", "-"))
    pieces = _NAME.finditer(found["names"]) if found else ()
    names = [match["quoted"] or match["plain"] for match in pieces]
    if found is None or not names or not all(names):
        raise UsageError("cannot be understood", where=f"--fail-if {text!r}", hint=_HOW)
    return Gate(
        text=text,
        is_score=found["score"] is not None,
        column=names[0],
        method=" ".join(names[1:]),
        sign=found["sign"],
        number=float(found["number"]),
    )


def strict_reasons(board: Leaderboard, mixed: Sequence[str]) -> Iterator[str]:
    """Yield the reasons why a leaderboard is incomplete: missing scores, mixed environments."""
    for index, column in enumerate(board.columns):
        for row in board.rows:
            score = row.scores[index]
            if score.status and column.role != "average":
                counted = f"{score.n} of {score.planned} seeds"
                why = score.detail or score.status
                yield f"{row.method!r} on {column.name!r} has {counted}: {why}"
    for line in mixed:
        yield f"methods of mixed origin: {line}"


def _row(rows: Sequence[LeaderboardRow], name: str) -> LeaderboardRow:
    folded = name.casefold()
    exact = [row for row in rows if row.method == name]
    found = exact or [row for row in rows if row.method.casefold() == folded]
    if len(found) != 1:
        names = [row.method for row in rows]
        raise UsageError(
            f"there is no method {name!r}{suggest(name, names)}",
            hint=f"the methods are {', '.join(names)}",
        )
    return found[0]

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
        Difference,
        Leaderboard,
        LeaderboardColumn,
        LeaderboardRow,
        LeaderboardScore,
    )

__all__ = ["Gate", "parse_gate", "strict_reasons"]

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

    def caught(self, board: Leaderboard) -> list[str]:
        """Return a sentence for each method that fails it; a missing value fails too.

        Raises:
            UsageError: the leaderboard has no such column, no such method or no baseline.
        """
        column = find_column(board.columns, self.column)
        index = board.columns.index(column)
        baseline = "" if self.is_score else self._baseline(board)
        what = "score" if self.is_score else f"difference to {baseline!r}"
        found = []
        for row in self._rows(board, baseline):
            score = row.scores[index]
            value = _value(score if self.is_score else score.difference(baseline), column)
            named = f"{row.method!r} on {column.name!r}"
            if value is None:
                why = score.detail or score.status or "no seed in common"
                found.append(f"{named} has no {what} to check: {why}")
            elif _OPERATORS[self.sign](value, self.number):
                found.append(f"{named} has a {what} of {value:{'' if self.is_score else '+'}g}")
        return found

    def _baseline(self, board: Leaderboard) -> str:
        if not board.baselines:
            raise UsageError(
                "there is no baseline to take a difference to",
                where=f"--fail-if {self.text!r}",
                hint="name one with --baseline METHOD, or begin with score:",
            )
        return board.baselines[0]

    def _rows(self, board: Leaderboard, baseline: str) -> Sequence[LeaderboardRow]:
        if not self.method:
            return [row for row in board.rows if row.method != baseline]
        row = _row(board.rows, self.method)
        if row.method == baseline:
            raise UsageError(
                f"{baseline!r} is the first baseline and has no difference to itself",
                where=f"--fail-if {self.text!r}",
                hint="name another method, or begin with score:",
            )
        return [row]


def _value(found: LeaderboardScore | Difference | None, column: LeaderboardColumn) -> float | None:
    if found is None or found.mean is None:
        return None
    # 100 * 0.29 is a little less than 29; round to the intended number.
    return round(found.mean * (100 if column.percent else 1), 9)


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

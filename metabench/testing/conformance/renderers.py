"""Checks of a format for leaderboards."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from metabench.api.leaderboard import (
    Cost,
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)
from metabench.plugin.target import load_target
from metabench.testing.conformance.ambient import same_ambient
from metabench.testing.conformance.check import ambient_laws, law, require

if TYPE_CHECKING:
    from metabench.testing.conformance.subject import Subject

__all__ = ["deterministic", "names_every_method", "returns_text"]

_COLUMNS = (
    LeaderboardColumn("glue/rte", "RTE", "target", "Accuracy"),
    LeaderboardColumn("average", "Average", "average", "", percent=False),
    LeaderboardColumn("scitail@0.001", "SciTail", "transfer", "Accuracy", label="0.1 % = 24 rows"),
)
_DIFFERENCE = Difference("Plain", 0.01, (-0.01, 0.03), 3, p=0.25, improvement=0.67)
_SCORES = (
    LeaderboardScore(0.62, 0.01, 3, 3, differences=(_DIFFERENCE,), best=True),
    LeaderboardScore(None, None, 2, 3, status="1/2", detail="RTE has no score", failed=1),
    LeaderboardScore(0.51, None, 1, 3, collapsed=1),
)
_BOARDS = {
    "a leaderboard": Leaderboard(
        name="bench",
        smoke=False,
        columns=_COLUMNS,
        rows=(
            LeaderboardRow("Plain", _SCORES, Cost(12.5, 100, 0, 3200, 51200, 1 << 30)),
            LeaderboardRow("Mine", _SCORES),
        ),
        baselines=("Plain",),
        alpha=0.05,
        captions=("PARTIAL: some rows are missing",),
        published=(LeaderboardRow("Theirs", _SCORES, source="a paper, test"),),
        signature="mb:0.1.0",
        explanation="Means over seeds.",
    ),
    "a leaderboard without a row": Leaderboard("bench", True, _COLUMNS, (), (), 0.05, ()),  # noqa: FBT003
    "names of control characters": Leaderboard(
        name="\x1b[2J<script>",
        smoke=True,
        columns=_COLUMNS,
        rows=(LeaderboardRow("\x1b]0;title\x07<b>", _SCORES),),
        baselines=(),
        alpha=0.05,
        captions=(),
    ),
}


@law("renderer")
def returns_text(subject: Subject) -> None:
    """It returns a text for every leaderboard: scores missing, no methods, odd names.

    Handle scores without a mean and leaderboards without a method.
    """
    for what, board in _BOARDS.items():
        text = _render(subject)(board)
        require(isinstance(text, str), f"of {what} it returned {type(text).__name__}")
        lone = any("\ud800" <= letter <= "\udfff" for letter in text)
        require(not lone, f"of {what} it returned half of a character")


@law("renderer")
def names_every_method(subject: Subject) -> None:
    """Every method of the leaderboard is in the text.

    Cut a long name if you must, but keep it recognisable.
    """
    text = _render(subject)(_BOARDS["a leaderboard"])
    absent = [row.method for row in _BOARDS["a leaderboard"].rows if row.method not in text]
    require(not absent, f"the text does not name {', '.join(absent)}")


@law("renderer")
def no_control_characters(subject: Subject) -> None:
    """No name reaches the terminal as an instruction to it.

    Put a space or an escape in the place of a letter that is not printable.
    """
    text = _render(subject)(_BOARDS["names of control characters"])
    bad = sorted({letter for letter in text if ord(letter) < ord(" ") and letter not in "\n\t"})
    require(not bad, f"the text of odd names holds {', '.join(map(repr, bad))}")


@law("renderer")
def deterministic(subject: Subject) -> None:
    """Equal leaderboards give equal texts.

    Show no time of day.
    """
    with same_ambient():
        first = _render(subject)(_BOARDS["a leaderboard"])
    with same_ambient():
        second = _render(subject)(_BOARDS["a leaderboard"])
    require(first == second, "one leaderboard gave two texts")


ambient_laws("renderer", lambda subject: partial(_render(subject), _BOARDS["a leaderboard"]))


def _render(subject: Subject) -> Callable[[Leaderboard], str]:
    render: Callable[[Leaderboard], str] = load_target(subject.value.target)
    return render

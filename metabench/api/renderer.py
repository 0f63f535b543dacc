"""The descriptor of a format for leaderboards; import-light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

__all__ = ["RendererInfo"]


@final
@dataclass(frozen=True, slots=True)
class RendererInfo:
    """A cheap descriptor of a format that ``compare --format NAME`` prints.

    Args:
        name: its name on the command line.
        target: ``package.module:function``; the function takes a
            `metabench.api.leaderboard.Leaderboard` and returns its text. Equal leaderboards give
            equal texts; the function has to escape names.
        summary: one line.
    """

    name: str
    target: str
    summary: str

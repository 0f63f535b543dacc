"""Formats of leaderboards that a plugin offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.errors import PluginError
from metabench.plugin.guard import Fault, guarded
from metabench.plugin.target import load_target

if TYPE_CHECKING:
    from metabench.api import RendererInfo
    from metabench.api.leaderboard import Leaderboard
    from metabench.plugin.status import Offer

__all__ = ["rendered"]


def rendered(offer: Offer[RendererInfo], board: Leaderboard) -> str:
    """Return what a plugin makes of a leaderboard.

    Raises:
        PluginError: its function cannot be loaded, raised, or returned no text.
    """
    render = load_target(offer.value.target)
    text = guarded(lambda: render(board))
    named, origin = f"format {offer.value.name!r}", offer.plugin.origin
    hint = f"use another format, or leave it out with -P no:{offer.plugin.distribution}"
    if isinstance(text, Fault):
        problem = f"{named} raised {text.detail}"
        raise PluginError(problem, where=origin, hint=hint) from text.error
    if not isinstance(text, str):
        problem = f"{named} returned {type(text).__name__}, not a text"
        raise PluginError(problem, where=origin, hint=hint)
    return text if text.endswith("\n") else f"{text}\n"

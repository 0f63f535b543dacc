"""The descriptor of an observer that runs only if ``--observer`` selects it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

__all__ = ["ObserverInfo"]


@final
@dataclass(frozen=True, slots=True)
class ObserverInfo:
    """A cheap descriptor of an observer.

    Args:
        name: its name for ``--observer``.
        target: ``package.module:Class``; called without arguments once per process; its methods
            marked with `hookimpl` are observer hooks.
        summary: one line.
    """

    name: str
    target: str
    summary: str

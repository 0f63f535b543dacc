"""Checks of an observer: it takes every event, and leaves the run alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING

from metabench.api import CellEnded, CellStarted, Event, Progressed, RunEnded, RunStarted
from metabench.testing.conformance.ambient import (
    kept_settings,
    network_watched,
)
from metabench.testing.conformance.check import ambient_laws, law, require

if TYPE_CHECKING:
    from metabench.testing.conformance.subject import Subject

__all__ = ["accepts_events", "no_network"]


@law("observer")
def accepts_events(subject: Subject) -> None:
    """Every event is handled without an exception: of failing cells, and of two consecutive runs.

    Handle scalars that are missing or nan; a run continues if you raise, and names you.
    """
    observer = subject.observer()
    with tempfile.TemporaryDirectory() as folder:
        for event in [*_events(folder), *_events(folder)]:
            problem = observer.tell(event, watched=False)  # other checks cover its changes
            require(problem is None, f"{type(event).__name__}: {problem and problem.problem}")


@law("observer")
def no_network(subject: Subject) -> None:
    """Nothing is asked of a network while a run waits.

    Write to a file, and send that afterwards; a run would wait for the network.
    """
    with network_watched() as tried:
        _told_again(subject)()
    require(not tried, f"tried {'; '.join(tried)}")


def _told_again(subject: Subject) -> Callable[[], None]:
    """Return a run that an observer is told of, after a first one: it may start something once."""
    observer = subject.observer()

    def tell() -> None:
        with tempfile.TemporaryDirectory() as folder:
            for event in _events(folder):
                observer.tell(event, watched=False)  # a run would undo the changes

    with kept_settings():
        tell()
    return tell


ambient_laws("observer", _told_again)


def _events(folder: str) -> list[Event]:
    steps = [
        Progressed("k", "meta", step, 3, {"loss_after": loss})
        for step, loss in enumerate((0.5, 0.25, float("nan")), start=1)
    ]
    return [
        RunStarted(folder, done=1, planned=3),
        CellStarted("k", "meta-name-00000000"),
        *steps,
        Progressed("k", "adapt", 1, 1),
        CellEnded("k", "meta-name-00000000", "ok", 1.5, {"accuracy": 0.5}),
        CellStarted("l", "adapt-name-00000000"),
        CellEnded("l", "adapt-name-00000000", "diverged", 0.0, message="a loss is nan"),
        RunEnded(folder, {"ok": 2, "diverged": 1}),
    ]

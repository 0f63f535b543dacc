"""Checks of an observer: it takes every event, and leaves the run alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING

from metabench.api import CellEnded, CellStarted, Event, Progressed, RunEnded, RunStarted
from metabench.testing.conformance.ambient import (
    changed_settings,
    drawn_generators,
    kept_settings,
    network_watched,
)
from metabench.testing.conformance.check import law, require

if TYPE_CHECKING:
    from metabench.testing.conformance.subject import Subject

__all__ = ["accepts_events", "leaves_globals", "no_ambient_randomness", "no_network"]


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
def no_ambient_randomness(subject: Subject) -> None:
    """No generator of the whole process is drawn from or seeded.

    Draw from the stream that is passed in, or from a generator that you make and seed.
    """
    drawn = _after_a_first_run(subject, drawn_generators)
    require(not drawn, f"drew from or seeded {', '.join(drawn)}")


@law("observer")
def leaves_globals(subject: Subject) -> None:
    """Threads, default dtype, grad mode, working folder, environment, signals stay as they are.

    Use a context manager that restores the setting; the first run may start something, such as a
    thread.
    """
    changed = _after_a_first_run(subject, changed_settings)
    require(not changed, f"changed {'; '.join(changed)[:300]}")


@law("observer")
def no_network(subject: Subject) -> None:
    """Nothing is asked of a network while a run waits.

    Write to a file, and send that afterwards; a run would wait for the network.
    """
    with network_watched() as tried:
        _after_a_first_run(subject, lambda _: [])
    require(not tried, f"tried {'; '.join(tried)}")


def _after_a_first_run(
    subject: Subject, watch: Callable[[Callable[[], object]], list[str]]
) -> list[str]:
    """Return the changes of a second run; an observer may start something once."""
    observer = subject.observer()
    with tempfile.TemporaryDirectory() as folder:

        def tell() -> None:
            for event in _events(folder):
                observer.tell(event, watched=False)  # a run would undo the changes

        with kept_settings():
            tell()
        return watch(tell)


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

"""A watch over a cell that takes too long: it writes down where everything is, and ends it."""

from __future__ import annotations

import faulthandler
import signal
import threading
import time
from typing import TYPE_CHECKING, Self, final

from metabench.errors import CellTimeoutError
from metabench.plugin.guard import Overdue

if TYPE_CHECKING:
    from io import BufferedWriter
    from types import FrameType, TracebackType

    from metabench.session.runtime import Limits

__all__ = ["Watch"]

_AGAIN = 1.0  # seconds after which a swallowed alarm is raised again
_SHORTEST = 1e-3  # a timer of 0 seconds is none


@final
class Watch:
    """A ``with`` block that ends its code when a limit is reached.

    The alarm is a signal, so that it interrupts any Python code, including a plugin's endless loop.
    A call into C is interrupted when it returns; if it never does, the coordinator has to end the
    process. ``SIGUSR1`` writes all stacks to the log at any time. Outside the main thread, where
    Python has no signals, the watchdog is off.

    Args:
        limits: the time limits of the cell.
        log: the file for the stacks of all threads.
        cell: its name, for the error.
    """

    def __init__(self, limits: Limits, log: BufferedWriter, *, cell: str) -> None:
        self._limits, self._log, self._cell = limits, log, cell
        self._began = self._beat = time.monotonic()
        self._exceeded = ""
        self._active = False

    def beat(self) -> None:
        """Note that a step is done."""
        self._beat = time.monotonic()

    def __enter__(self) -> Self:
        """Start; suspend an outer timer."""
        able = hasattr(signal, "setitimer")  # Windows has no such timer
        self._active = able and threading.current_thread() is threading.main_thread()
        if self._active:
            faulthandler.register(signal.SIGUSR1, file=self._log, all_threads=True, chain=False)
            self._handler = signal.signal(signal.SIGALRM, self._ring)
            self._timer = signal.setitimer(signal.ITIMER_REAL, self._left())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop; turn the alarm into an error.

        Raises:
            CellTimeoutError: a limit was reached.
        """
        if self._active:
            self._give_back()
        if isinstance(error, Overdue):
            raise CellTimeoutError(
                self._exceeded,
                where=self._cell,
                hint="see in the cell's log.txt where it was; --retry-failed resumes from its last"
                " checkpoint, --cell-timeout SECONDS gives it longer",
            ) from error

    def _left(self) -> float:
        now = time.monotonic()
        left = self._limits.left(taken=now - self._began, silent=now - self._beat)
        return max(left, _SHORTEST)

    def _ring(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        found = self._limits.exceeded(taken=now - self._began, silent=now - self._beat)
        if not found:  # there has been a step since the timer was set
            signal.setitimer(signal.ITIMER_REAL, self._left())
            return
        if not self._exceeded:
            self._exceeded = found
            self._log.write(f"{found}; all stacks, the innermost call first:\n".encode())
            self._log.flush()
            faulthandler.dump_traceback(self._log, all_threads=True)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        raise Overdue(found)

    def _give_back(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        faulthandler.unregister(signal.SIGUSR1)
        signal.signal(signal.SIGALRM, self._handler)
        before, interval = self._timer
        if before:  # an outer timer, which has advanced meanwhile
            rest = before - (time.monotonic() - self._began)
            signal.setitimer(signal.ITIMER_REAL, max(rest, _SHORTEST), interval)

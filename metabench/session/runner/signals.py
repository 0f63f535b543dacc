"""Requests to stop a run: after the step by a signal or `metabench cancel`, then at once."""

from __future__ import annotations

import os
import shlex
import signal
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self, final

from metabench.errors import HungUpError, MetabenchError, StoppedError, TerminatedError
from metabench.plugin.guard import StopNow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType, TracebackType

__all__ = ["Stopping"]

_ERRORS: dict[int, type[StoppedError]] = {
    signal.SIGINT: StoppedError,
    signal.SIGTERM: TerminatedError,
    **({signal.SIGHUP: HungUpError} if hasattr(signal, "SIGHUP") else {}),
}
_CANCELLED = "cancelled by `metabench cancel`"
_LOOK_SECONDS = 1.0  # from one look for a request to cancel to the next
_SAID = b"\nfinishing the step and saving it; once more stops at once\n"


@final
class Stopping:
    """A ``with`` block that notes a requested stop.

    It has no effect outside the main thread, where Python has no signals, or for a signal that was
    ignored before, such as SIGHUP under ``nohup``.

    Args:
        command: the command line that resumes.
        cancelled: whether another process asks to stop; asked once a second.
    """

    def __init__(
        self, command: Sequence[str] = (), *, cancelled: Callable[[], bool] = lambda: False
    ) -> None:
        self._command = shlex.join(command)
        self._is_cancelled, self._cancelled, self._looked = cancelled, False, 0.0
        self._signal: int | None = None
        self._places: list[str] = []
        self._handlers: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        """Listen."""
        if threading.current_thread() is threading.main_thread():
            before = {number: signal.getsignal(number) for number in _ERRORS}
            self._handlers = {n: how for n, how in before.items() if how != signal.SIG_IGN}
            self._listen()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hear no more."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()

    def requested(self) -> bool:
        """Return whether to stop; also listen again, where a plugin has put itself in between."""
        if self._handlers:
            self._listen()
        now = time.monotonic()
        if not self._cancelled and now - self._looked >= _LOOK_SECONDS:
            self._cancelled, self._looked = self._is_cancelled(), now
        return self._cancelled or self._signal is not None

    def note(self, stopped: MetabenchError) -> None:
        """Note where a cell has stopped."""
        self._places.append(f"{stopped.where}: {stopped.problem}")

    def end(self) -> None:
        """End the run if it was asked to stop.

        Raises:
            StoppedError: it was; the exit code is that of the signal.
        """
        if self._signal is None and not self._cancelled:
            return
        kind = StoppedError if self._signal is None else _ERRORS[self._signal]
        places = self._places or ["stopped between two cells"]
        hint = f"resume with: {self._command}" if self._command else ""
        raise kind("; ".join([_CANCELLED, *places] if self._cancelled else places), hint=hint)

    def _listen(self) -> None:
        for number in self._handlers:
            if signal.getsignal(number) != self._hear:
                signal.signal(number, self._hear)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if self._signal is not None:
            raise KeyboardInterrupt if number == signal.SIGINT else StopNow(128 + number)
        self._signal = number
        with suppress(OSError):  # the terminal may be gone
            os.write(2, _SAID)

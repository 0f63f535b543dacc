"""The guard that code of a plugin runs in: whatever it raises becomes a value."""

from __future__ import annotations

import contextlib
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, final

from metabench.ambient import Ambient

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Fault", "Meddled", "Overdue", "StopNow", "guarded"]

T = TypeVar("T")


class Overdue(BaseException):
    """Time is up for whatever runs; raised by an alarm, in the midst of anybody's code."""


class StopNow(SystemExit):
    """A second request to end the process, which no plugin can delay."""


class Meddled(Exception):  # noqa: N818  (told as the fault of a plugin, never raised)
    """A plugin changed process-global state, which was restored."""


@final
@dataclass(frozen=True, slots=True)
class Fault:
    """The exception of a plugin's code, and its one-line description."""

    detail: str
    error: BaseException

    @property
    def traceback(self) -> str:
        """The traceback as text."""
        return "".join(traceback.format_exception(self.error))

    def place_in(self, module: str) -> str:
        """Return ``file:line`` of the exception in a module's top-level package; "" if none."""
        error = self.error
        if isinstance(error, SyntaxError) and error.filename and error.lineno:
            return f"{error.filename}:{error.lineno}"
        package = module.partition(".")[0]
        places = [
            f"{frame.f_code.co_filename}:{line}"
            for frame, line in traceback.walk_tb(error.__traceback__)
            if str(frame.f_globals.get("__name__")).partition(".")[0] == package
        ]
        return places[-1] if places else ""


def guarded(call: Callable[[], T], *, watched: bool = True) -> T | Fault:
    """Return the result of ``call``, or its exception as a `Fault`.

    This includes ``SystemExit``: a plugin may not end the process. The call's output goes to
    stderr, since stdout is for results. Changes of process-global state are undone and count as a
    fault; without ``watched`` they are not checked.

    Raises:
        KeyboardInterrupt: a plugin cannot intercept the user's stop.
        Overdue: nor an alarm.
    """
    ambient = Ambient() if watched else Ambient(values=())
    try:
        with contextlib.redirect_stdout(sys.stderr):
            returned = call()
    except (KeyboardInterrupt, Overdue, StopNow):
        raise
    except BaseException as error:  # noqa: BLE001  (this is the one place that isolates plugins)
        ambient.restore()
        return Fault(_one_line(error), error)
    if changed := ambient.restore():
        meddled = Meddled(f"it changed {', '.join(changed)}")
        return Fault(_one_line(meddled), meddled)
    return returned


def _one_line(error: BaseException) -> str:
    try:
        said = " ".join(str(error).split())
    except Exception:  # noqa: BLE001  (an exception whose __str__ raises)
        said = ""
    kind = type(error).__name__
    return f"{kind}: {said}" if said else kind

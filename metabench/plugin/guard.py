"""The guard that code of a plugin runs in: whatever it raises becomes a value."""

from __future__ import annotations

import contextlib
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Fault", "Overdue", "guarded"]

T = TypeVar("T")


class Overdue(BaseException):
    """Time is up for whatever runs; raised by an alarm, in the midst of anybody's code."""


@final
@dataclass(frozen=True, slots=True)
class Fault:
    """What a plugin's code raised, and its one-line description."""

    detail: str
    error: BaseException

    @property
    def traceback(self) -> str:
        """The traceback as text."""
        return "".join(traceback.format_exception(self.error))

    def place_in(self, module: str) -> str:
        """Return ``file:line`` of what raised, in the top-level package of a module; "" if none."""
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


def guarded(call: Callable[[], T]) -> T | Fault:
    """Return what ``call`` returns, or what it raised as a `Fault`.

    ``SystemExit`` is no exception to this: a plugin may not end the process. What the call prints
    goes to stderr, since stdout belongs to results.

    Raises:
        KeyboardInterrupt: the user's wish to stop is not the plugin's to take.
        Overdue: nor is an alarm.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return call()
    except (KeyboardInterrupt, Overdue):
        raise
    except BaseException as error:  # noqa: BLE001  (this is the one place that isolates plugins)
        return Fault(_one_line(error), error)


def _one_line(error: BaseException) -> str:
    try:
        said = " ".join(str(error).split())
    except Exception:  # noqa: BLE001  (an exception whose __str__ raises)
        said = ""
    kind = type(error).__name__
    return f"{kind}: {said}" if said else kind

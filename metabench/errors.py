"""The error tree and the exit codes; the one place that words them.

::

    MetabenchError                  70
    ├── UsageError                   2   the command line
    │   └── SpecError                2   a benchmark file, all its problems at once
    ├── PluginError                  3   a fault or lack of an installed plugin     plugin_error
    ├── SetupError                   4   the environment of a run
    │   ├── DataError                4   datasets, encoders, examples               data_error
    │   │   └── UnavailableError     4   fewer examples than requested              unavailable
    │   ├── DeviceError              4   the requested device
    │   ├── StoreError               4   the run folder: disk, permission, damage
    │   └── LockError                4   another process holds the run folder
    ├── NothingMatchedError          5   a selection that selects nothing
    ├── GateFailedError              6   a gate of the command line
    ├── StoppedError               130   Ctrl-C; the work so far is saved
    │   ├── TerminatedError        143   SIGTERM
    │   └── HungUpError            129   the terminal is gone
    └── CellError                    1   inside a cell; becomes a record
        ├── DivergedError                                                           diverged
        ├── MemoryExhaustedError                                                    out_of_memory
        ├── DeviceFaultError
        ├── CellTimeoutError                                                        timeout
        ├── InvalidMetricError                                                      invalid_metric
        └── CurvatureError                                                          inexact

The last column is the status that the record of a cell gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "CellError",
    "CellTimeoutError",
    "CurvatureError",
    "DataError",
    "DeviceError",
    "DeviceFaultError",
    "DivergedError",
    "GateFailedError",
    "HungUpError",
    "InvalidMetricError",
    "LockError",
    "MemoryExhaustedError",
    "MetabenchError",
    "NothingMatchedError",
    "PluginError",
    "Problem",
    "SetupError",
    "SpecError",
    "StoppedError",
    "StoreError",
    "TerminatedError",
    "UnavailableError",
    "UsageError",
]


class MetabenchError(Exception):
    """A problem with its place and a hint.

    Args:
        problem: one lower-case sentence without a full stop.
        where: the place: ``file:line: key path``, a folder, a plugin. May be empty.
        hint: how to fix it, an imperative. May be empty.
    """

    exit_code: ClassVar[int] = 70
    status: ClassVar[str] = "error"

    def __init__(self, problem: str, *, where: str = "", hint: str = "") -> None:
        self.problem = problem
        self.where = where
        self.hint = hint
        super().__init__(problem, where, hint)

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes; the keyword-only arguments would be lost otherwise."""
        return _rebuild, (type(self), self.problem, self.where, self.hint)

    @override
    def __str__(self) -> str:
        """Return ``where: problem`` and, on a separate line, the hint."""
        line = f"{self.where}: {self.problem}" if self.where else self.problem
        return f"{line}\n  hint: {self.hint}" if self.hint else line


def _rebuild(kind: type[MetabenchError], problem: str, where: str, hint: str) -> MetabenchError:
    return kind(problem, where=where, hint=hint)


class UsageError(MetabenchError):
    """The command line asks for something that cannot be."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One located problem of a benchmark file.

    ``line`` counts from 1; 0 means that the place has no line (a ``--set``, a whole file).
    """

    file: str
    line: int
    path: str
    what: str

    @override
    def __str__(self) -> str:
        """Return ``file:line: key path: what``."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.path}: {self.what}" if self.path else f"{place}: {self.what}"


class SpecError(UsageError):
    """A benchmark file is not valid; carries every problem that was found, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes with the problems as they are."""
        return SpecError, (self.problems,)


class PluginError(MetabenchError):
    """An installed plugin failed, is missing, or registers a name of another one."""

    exit_code = 3
    status = "plugin_error"


class SetupError(MetabenchError):
    """Something around the run is not as it has to be."""

    exit_code = 4


class DataError(SetupError):
    """A dataset, an encoder or an example cannot be used."""

    status = "data_error"


class UnavailableError(DataError):
    """A cell needs more examples than there are."""

    status = "unavailable"


class DeviceError(SetupError):
    """The requested device does not exist or lacks a requested feature."""


class StoreError(SetupError):
    """The run folder cannot be read or written."""


class LockError(SetupError):
    """Another process works on the run folder."""


class NothingMatchedError(MetabenchError):
    """A selection selected nothing."""

    exit_code = 5


class GateFailedError(MetabenchError):
    """A gate of the command line did not hold."""

    exit_code = 6


class StoppedError(MetabenchError):
    """The run was asked to stop, and has; rerun it to resume."""

    exit_code = 130


class TerminatedError(StoppedError):
    """It was asked by SIGTERM."""

    exit_code = 143


class HungUpError(StoppedError):
    """Its terminal is gone."""

    exit_code = 129


class CellError(MetabenchError):
    """A cell could not be finished; the session records it and continues."""

    exit_code = 1


class DivergedError(CellError):
    """A loss, a gradient or an output is not finite."""

    status = "diverged"


class MemoryExhaustedError(CellError):
    """The device has no memory left."""

    status = "out_of_memory"


class DeviceFaultError(CellError):
    """CUDA has reported a fault, which every later call of the process reports too."""


class CellTimeoutError(CellError):
    """A cell ran longer than it may."""

    status = "timeout"


class InvalidMetricError(CellError):
    """A metric returned something that is not a finite number."""

    status = "invalid_metric"


class CurvatureError(CellError):
    """Second derivatives are further from those of double backward than they may be."""

    status = "inexact"

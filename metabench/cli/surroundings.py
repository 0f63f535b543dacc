"""Failures of a command's environment: closed or full streams, files, memory."""

from __future__ import annotations

import errno
import os
import sys
from typing import TextIO

from metabench.errors import SetupError
from metabench.import_path import hidden_module

__all__ = [
    "caused_outside",
    "flush_streams",
    "open_closed_streams",
    "require_docstrings",
    "silence",
    "unwritten",
]

_STREAMS = (0, 1, 2)
_OUTSIDE = {
    getattr(errno, name, 0)
    for name in (
        "EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EIO", "EMFILE", "ENFILE", "ENOMEM",
        "ENODEV", "ENXIO", "ESTALE", "ETIMEDOUT", "EREMOTEIO",
    )
}  # fmt: skip
"""Errors of a disk, a network folder, rights or limits; the others are mistakes of a program."""


def open_closed_streams() -> None:
    """Open the null device where a standard stream is closed.

    Otherwise the next file that is opened, perhaps a result, has the stream's number, and whatever
    is printed goes there.
    """
    for number in _STREAMS:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
            os.set_inheritable(number, True)  # noqa: FBT003
    if sys.stdout is None:
        sys.stdout = _to_nowhere()
    if sys.stderr is None:
        sys.stderr = _to_nowhere()


def _to_nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123


def require_docstrings() -> None:
    """Refuse Python without docstrings, which transformers reads.

    Raises:
        SetupError: Python was started with -OO.
    """
    if sys.flags.optimize > 1:
        found = f"PYTHONOPTIMIZE={sys.flags.optimize} (-OO)"
        raise SetupError(
            "docstrings are removed, which transformers reads",
            where=found,
            hint="unset PYTHONOPTIMIZE, or set it to 1",
        )


def caused_outside(error: BaseException) -> SetupError | None:
    """Return the error for an exception due to the environment; None for any other."""
    hidden = hidden_module(error)
    if hidden is not None:
        return SetupError(hidden[0], where=hidden[1], hint=hidden[2])
    match error:
        case MemoryError():
            return SetupError(
                "it has no memory left",
                where="this process",
                hint="end other programs, or raise its limit",
            )
        case OSError() if error.errno in _OUTSIDE:
            where = str(error.filename or "")
            does = "cannot be used" if _in_cache(where) else "cannot be read or written"
            return SetupError(f"{does}: {_reason(error)}", where=where, hint=_hint(error, where))
        case _:
            return None


def unwritten(error: OSError) -> SetupError:
    """Return the error for a failed write to stdout."""
    return SetupError(
        f"cannot be written: {_reason(error)}",
        where="standard output",
        hint="free some space, or write elsewhere; completed cells are in the run folder",
    )


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _hint(error: OSError, where: str) -> str:
    if _in_cache(where):
        return "name a folder that you can read and write with HF_HOME=DIR, or a mirror with --hub"
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return "close other programs, or raise the limit of open files (ulimit -n)"
    return "look at the rights of this user, and at the disk"


def _in_cache(where: str) -> bool:
    """Return whether a path is in the cache of Hugging Face, wherever it is."""
    named = (os.environ.get(name) for name in ("HF_HOME", "HF_HUB_CACHE", "HF_DATASETS_CACHE"))
    return "huggingface" in where or any(root and where.startswith(root) for root in named)


def flush_streams() -> SetupError | None:
    """Flush both streams; return the error of stdout. Errors of stderr are ignored."""
    lost = None
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            if stream is sys.stdout:
                if isinstance(error, BrokenPipeError):
                    raise
                lost = unwritten(error)
            silence(stream)
    return lost


def silence(stream: TextIO) -> None:
    """Discard a stream's buffer, which the interpreter would otherwise complain about at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

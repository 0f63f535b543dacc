"""Commands in a fork that is watched: what they open for writing, delete, rename, run."""

from __future__ import annotations

import ctypes
import gc
import io
import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, final

from kit.commands import _LOADED, _act
from kit.served import Served
from metabench.cli.main import main

__all__ = ["READS_ALL", "Seen", "Watched", "serve"]

SECONDS = 20
"""Of processor time that a command may take; of the clock three times as many."""
MEMORY = 2 * 1024**3
"""Bytes that a command may allocate, in addition to those in use when it starts."""

READS_ALL = 1 << 2
"""The right to read every file (CAP_DAC_READ_SEARCH), among those of a process."""

_KEEP_CAPABILITIES, _CAPABILITY_VERSION = 8, 0x20080522
_BUG = 70
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate",
    "os.chmod", "os.chown", "os.utime", "shutil.rmtree", "shutil.move", "os.setxattr",
}  # fmt: skip
_RUNS = {"os.system", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen"}
PROGRAMS = ("git", "uname")
"""Those that a command may run, by name alone."""
_HARMLESS = ("/dev/null", "/dev/shm", "/proc/self", "/dev/tty")  # noqa: S108  (no temporary file)


@final
@dataclass(frozen=True)
class Seen:
    """How a command ended: its exit code (minus a signal), what it said, what it did elsewhere."""

    code: int
    said: str
    did: tuple[str, ...]


@final
class Watched(Served):
    """Runs metabench commands in a watched fork, each with bounded memory and time.

    Forks and their ends take longer than most commands: those between two calls of ``anew`` have
    one in common, unless one of them does not live through it.
    """

    def __init__(self) -> None:
        super().__init__("kit.watched")

    def warm(self, folder: Path, *arguments: str) -> None:
        """Run a command in the process that forks, so that all that it imports is there."""
        self.ask({"arguments": arguments, "folder": str(folder), "warm": True})

    def anew(self) -> None:
        """Let the next command run in a fork of its own."""
        self.ask({"anew": True})

    def run(
        self, folder: Path, *arguments: str, allowed: Path, user: int = 0, umask: int = 0o022
    ) -> Seen:
        """Run ``metabench ARGUMENTS`` in a folder; changes below ``allowed`` are its own.

        As another ``user`` than 0 it runs in a fork that is of no more use for root's.
        """
        errors = folder / "said.txt"
        for path in (errors, Path(f"{errors}.out")):
            path.write_bytes(b"")
        answer = self.ask({
            "arguments": arguments, "folder": str(folder), "errors": str(errors),
            "environment": {"HOME": str(folder)},
            "allowed": str(allowed), "user": user, "umask": umask,
        })  # fmt: skip
        said = "".join(path.read_text(errors="replace") for path in (Path(f"{errors}.out"), errors))
        return Seen(answer["code"], said, tuple(answer["did"]))


def serve() -> None:
    """Answer one line of JSON after the other."""
    import importlib

    for name in (*_LOADED, "metabench.store.record_copy", "metabench.session.replay.reproduce"):
        importlib.import_module(name)
    with suppress(ImportError):  # looks for fonts when it is loaded first
        importlib.import_module("matplotlib.font_manager")
    child: _Child | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict[str, Any] = {}
        if "warm" in asked:
            child = child and child.end()
            _warm(asked)
        elif "anew" in asked:
            child = child and child.end()
        else:
            child = child or _Child()
            found = child.ask(line)
            answer = found or {"code": child.code(), "did": []}
            child = child if found else None
        print(json.dumps(answer), flush=True)  # noqa: T201  (the answer)


def _warm(asked: Mapping[str, Any]) -> None:
    os.chdir(asked["folder"])
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), suppress(SystemExit):
        main(list(asked["arguments"]))
    gc.freeze()  # a collection would copy every page of the process that it is forked from


@final
class _Child:
    """A fork that runs one command after the other."""

    def __init__(self) -> None:
        hears, says = os.pipe()
        theirs, mine = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(hears)
            os.close(mine)
            _serve_watched(theirs, says)
        os.close(says)
        os.close(theirs)
        self._asks, self._hears = os.fdopen(mine, "w"), os.fdopen(hears)

    def ask(self, line: str) -> dict[str, Any] | None:
        """Return how a command ended; None where the process did."""
        self._asks.write(line)
        self._asks.flush()
        answer = self._hears.readline()
        return dict(json.loads(answer)) if answer.endswith("\n") else None

    def code(self) -> int:
        """Return how the process ended."""
        with suppress(BrokenPipeError):
            self._asks.close()
        self._hears.close()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def end(self) -> None:
        """End it."""
        self.code()


def _serve_watched(hears: int, says: int) -> NoReturn:
    try:
        did: list[str] = []
        allowed: list[str] = []
        sys.dont_write_bytecode = True  # what Python caches of a module is no write of a command's
        sys.addaudithook(_hook(allowed, did))
        for line in os.fdopen(hears):
            asked = json.loads(line)
            did.clear()
            allowed[:] = (asked["allowed"], tempfile.gettempdir() + "/metabench", *_HARMLESS)
            os.write(says, json.dumps({"code": _limited(asked), "did": did}).encode() + b"\n")
    finally:
        os._exit(_BUG)


def _limited(asked: Mapping[str, Any]) -> int:
    """Return the exit code of a command; a signal ends it where it takes too much."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, most))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(3 * SECONDS)
    os.umask(asked["umask"])
    if asked["user"]:
        _become(asked["user"])
    try:
        return _act(asked)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else _BUG
    except BaseException:  # noqa: BLE001  (told by the code, and on stderr)
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        return _BUG
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)


def _become(user: int) -> None:
    """Be a user who may read everything, the installed code too, and write only what is theirs.

    Raises:
        OSError: the system does not let this process keep the right to read.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_KEEP_CAPABILITIES, 1, 0, 0, 0)
    os.setuid(user)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    rights = (ctypes.c_uint32 * 6)(READS_ALL, READS_ALL)  # effective, permitted
    if libc.capset(header, rights):
        raise OSError(ctypes.get_errno(), "capset")


def _hook(allowed: Sequence[str], did: list[str]) -> Any:
    """Return what hears of every event; a name without a folder is one of an open folder.

    Those are watched by what is left: the test looks at all that lies outside.
    """

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        for path in _touched(event, arguments):
            name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
            if event in _RUNS and name not in PROGRAMS:
                did.append(f"run {name!r}")
            elif (
                event not in _RUNS
                and name.startswith("/")
                and not os.path.normpath(name).startswith(tuple(allowed))
            ):
                did.append(f"{event} {name!r}")

    return hook


def _touched(event: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what an event changes or runs."""
    if event == "open":
        path, mode, flags = arguments
        writes = isinstance(mode, str) and bool(set(mode) & set("wax+"))
        return (path,) if writes or (flags or 0) & _WRITES else ()
    if event in _RUNS:
        return arguments[:1]
    return arguments[:2] if event in _CHANGES else ()

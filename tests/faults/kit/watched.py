"""A command in a fork that is watched: what it opens for writing, deletes, renames, runs."""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from kit.commands import _LOADED, _act
from kit.served import Served
from metabench.cli.main import main

__all__ = ["Seen", "Watched", "serve"]

SECONDS = 20
"""Of processor time that a command may take; of the clock three times as many."""
MEMORY = 2 * 1024**3
"""Bytes beside those that the process has when it begins."""

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
    """Runs metabench commands, each in a watched fork with bounded memory and time."""

    def __init__(self) -> None:
        super().__init__("kit.watched")

    def warm(self, folder: Path, *arguments: str) -> None:
        """Run a command in the process that forks, so that all that it imports is there."""
        self.ask({"arguments": arguments, "folder": str(folder), "warm": True})

    def run(self, folder: Path, *arguments: str, allowed: Path) -> Seen:
        """Run ``metabench ARGUMENTS`` in a folder; changes below ``allowed`` are its own."""
        errors = folder / "said.txt"
        for path in (errors, Path(f"{errors}.out")):
            path.write_bytes(b"")
        answer = self.ask({
            "arguments": arguments, "folder": str(folder), "errors": str(errors),
            "environment": {"HOME": str(folder)},
            "allowed": str(allowed),
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
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)  # noqa: T201  (the answer)


def _answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    if asked.get("warm"):
        os.chdir(asked["folder"])
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), suppress(SystemExit):
            main(list(asked["arguments"]))
        return {}
    hears, says = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hears)
        os._exit(_watched(asked, says))
    os.close(says)
    with os.fdopen(hears, "rb") as pipe:
        did = pipe.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status), "did": did.splitlines()}


def _watched(asked: Mapping[str, Any], says: int) -> int:
    code = _BUG
    try:
        allowed = (asked["allowed"], tempfile.gettempdir() + "/metabench", *_HARMLESS)
        sys.dont_write_bytecode = True  # what Python caches of a module is no write of a command's
        sys.addaudithook(_hook(allowed, says))
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        signal.alarm(3 * SECONDS)
        code = _act(asked)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else _BUG
    except BaseException:  # noqa: BLE001  (told by the code, and on stderr)
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    return code


def _hook(allowed: tuple[str, ...], says: int) -> Any:
    """Return what hears of every event; a name without a folder is one of an open folder.

    Those are watched by what is left: the test looks at all that lies outside.
    """

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        for path in _touched(event, arguments):
            name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
            if event in _RUNS and name not in PROGRAMS:
                os.write(says, f"run {name!r}\n".encode())
            elif (
                event not in _RUNS
                and name.startswith("/")
                and not os.path.normpath(name).startswith(allowed)
            ):
                os.write(says, f"{event} {name!r}\n".encode())

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

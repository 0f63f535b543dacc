"""The conformance checks of a plugin in child processes, which survive whatever it does."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import IO, Any, Literal, TypeAlias, final

from metabench import errors
from metabench.errors import MetabenchError, PluginError

__all__ = ["Outcome", "Request", "run_checks"]

_CHILD = "metabench.testing.conformance"
_GRACE_SECONDS = 20.0
_TIMED_OUT = "Timeout ("  # how the child's faulthandler begins when time is up
Event: TypeAlias = dict[str, Any]


@final
@dataclass(frozen=True, slots=True)
class Request:
    """The request for checks.

    Args:
        name: a plugin, a distribution, or a registration of a plugin.
        seconds: time limit of loading and of each check.
        left_out: plugins that are not loaded.
        files: single-file plugins, by their absolute paths.
        hub: an offline mirror, by its absolute path.
    """

    name: str
    seconds: float = 60.0
    left_out: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    hub: str | None = None


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one check; ``detail`` is the reason of a failure or skip, ``hint`` the fix."""

    kind: str
    name: str
    origin: str
    check: str
    law: str
    hint: str
    state: Literal["ok", "failed", "skipped"]
    detail: str = ""
    seconds: float = 0.0


def run_checks(request: Request, tell: Callable[[Event], None]) -> tuple[Outcome, ...]:
    """Run all checks of a name's registrations; report each event as it comes.

    A check that ends its process, or does not end, has failed; a new process runs the next one.

    Raises:
        PluginError: the plugin cannot be loaded, ends the process, or hangs.
        NothingMatchedError: nothing has that name.
    """
    outcomes: list[Outcome] = []
    while True:
        last = _attempt(request, outcomes, tell)
        if last["event"] == "over":
            return tuple(outcomes)
        if last["event"] == "refused":
            raise getattr(errors, last["kind"])(
                last["problem"], where=last["where"], hint=last["hint"]
            )
        if last["event"] != "begun":
            raise _never_began(request, last)
        broken = {**last["case"], "state": "failed", "detail": last["ending"]}
        outcomes.append(Outcome(**broken, seconds=last["seconds"]))
        tell({"event": "ended", **asdict(outcomes[-1])})


def _attempt(request: Request, outcomes: list[Outcome], tell: Callable[[Event], None]) -> Event:
    """Run the remaining checks in one process; return its last event and how it ended."""
    done = [[one.kind, one.name, one.check] for one in outcomes]
    last: Event = {"event": "started"}
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as stderr,
    ):
        process = _start({**asdict(request), "done": done}, stderr, folder)
        try:
            for last in _events(process, request.seconds + _GRACE_SECONDS):
                began = time.monotonic()
                tell(last)
                if last["event"] == "ended":
                    told = {key: value for key, value in last.items() if key != "event"}
                    outcomes.append(Outcome(**told))
        finally:
            process.kill()
            code = process.wait()
        seconds = time.monotonic() - began
        ending = _ending(code, _read(stderr), seconds, limit=request.seconds)
    return {**last, "ending": ending, "seconds": seconds}


def _start(request: Event, stderr: IO[str], folder: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  (our own module)
        [sys.executable, "-P", "-X", "faulthandler", "-m", _CHILD, json.dumps(request)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        encoding="utf-8",
    )


def _events(process: subprocess.Popen[str], seconds: float) -> Iterator[Event]:
    """Yield the child's events until it ends or is silent for so many seconds."""
    lines: queue.Queue[str | None] = queue.Queue()

    def pump() -> None:
        if process.stdout is not None:
            for line in process.stdout:
                lines.put(line)
        lines.put(None)

    threading.Thread(target=pump, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=seconds)
        except queue.Empty:
            return
        if line is None:
            process.wait(seconds)
            return
        yield json.loads(line)


def _read(stderr: IO[str]) -> str:
    stderr.seek(0)
    return stderr.read()


def _ending(code: int, said: str, seconds: float, *, limit: float) -> str:
    """Return how a child ended before its time, with the place where it was."""
    place = _place(said)
    if seconds >= limit or _TIMED_OUT in said:
        return f"did not end within {limit:g} s{place}"
    if code < 0:
        return f"killed the process with {signal.Signals(-code).name}{place}"
    return f"ended the process with exit code {code}{place}"


def _place(said: str) -> str:
    """Return the child's position from the interpreter's traceback."""
    _, _, stack = said.rpartition("(most recent call first)")
    frames = [line.strip() for line in stack.splitlines() if line.strip().startswith("File ")]
    return f", in {frames[0]}" if frames else ""


def _never_began(request: Request, last: Event) -> MetabenchError:
    plugin = last.get("plugin", {})
    named = plugin.get("distribution", request.name)
    return PluginError(
        f"loading it {last['ending']}",
        where=plugin.get("origin", f"{request.name!r}"),
        hint=f"fix it, or leave it out with METABENCH_DISABLE_PLUGINS={named}",
    )

"""An agent: a process that runs one cell after another for a coordinator.

It reads lines from its standard input and writes lines to its standard output; `wire` defines them.
All other output goes to its standard error.
"""

from __future__ import annotations

import atexit
import os
import signal
import socket
import sys
import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, final

from metabench.api.events import CellEnded, Noticed, Progressed
from metabench.errors import MetabenchError, StoppedError
from metabench.plugin.local import register_local_files
from metabench.session.runner.claim import claim
from metabench.session.runner.scratch import Scratch
from metabench.session.runner.wire import (
    assignment_of,
    cell_of,
    files_of,
    packed,
    packed_error,
    packed_event,
    unpacked,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.api.events import Event
    from metabench.session.cell.context import WorkerContext

__all__ = ["main"]

_OF_TERMINALS = [signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
"""Signals that a terminal sends to all its processes; the coordinator handles them."""
_CHUNK = 1 << 16
_REPORTED_SECONDS = 0.1  # from one step that is reported to the next


def main() -> None:
    """Run cells until the coordinator has no more, or is gone."""
    for number in _OF_TERMINALS:
        signal.signal(number, signal.SIG_IGN)
    channel = _Channel(*_own_streams())
    channel.write("ready", host=socket.gethostname(), pid=os.getpid())
    try:
        _serve(channel)
    except MetabenchError as error:
        channel.write("error", **packed_error(error))
    _leave()


def _leave() -> None:
    """End the process: clean up after libraries, and skip the interpreter's shutdown."""
    sys.stdout.flush()
    sys.stderr.flush()
    atexit._run_exitfuncs()  # noqa: SLF001  (taking modules apart takes seconds with torch)
    os._exit(0)


def _serve(channel: _Channel) -> None:
    begun = channel.read()
    if begun is None:
        return
    register_local_files(files_of(begun))  # before anything is made of their classes
    assignment, scratch = assignment_of(begun), None
    if not begun["shared"]:
        scratch = Scratch(channel.read, channel.send)
        atexit.register(scratch.close)
        assignment = scratch.assignment(assignment, tuple(begun["checkout"]))

    from metabench.session.cell.context import open_context  # noqa: PLC0415  (torch loads here)
    from metabench.session.cell.provenance import hardware_facts  # noqa: PLC0415

    context = open_context(assignment)
    channel.write("opened", hardware=hardware_facts(context.device))
    while not context.faulted and (given := channel.read()) is not None:
        try:
            if scratch is None:
                _run(given, context, channel)
            else:
                _run_apart(given, context, channel, scratch)
        except StoppedError as stopped:
            channel.write("stopped", **packed_error(stopped))
            return


def _run(given: Mapping[str, Any], context: WorkerContext, channel: _Channel) -> None:
    from metabench.session.cell.run import run_cell  # noqa: PLC0415

    cell, *needed = map(cell_of, given["cells"])
    context.take({one.key: one for one in (cell, *needed)})
    seen = None if given["seen"] is None else tuple(map(tuple, given["seen"]))
    with claim(cell, context.store, seen) as elsewhere:
        if elsewhere is None:
            emit = _Reporter(channel, context)
            run_cell(cell, context, emit=emit, stop=channel.stops, number=given["attempt"])
    if elsewhere is not None:
        channel.write("event", **packed_event(elsewhere))


def _run_apart(
    given: Mapping[str, Any], context: WorkerContext, channel: _Channel, scratch: Scratch
) -> None:
    """Run a cell that the coordinator holds, in a folder of this agent's own."""
    from metabench.session.cell.run import run_cell  # noqa: PLC0415

    cell, *needed = map(cell_of, given["cells"])
    context.take({one.key: one for one in (cell, *needed)})
    scratch.take(cell, given["inputs"])
    emit = _Reporter(channel, context, scratch)
    try:
        run_cell(cell, context, emit=emit, stop=channel.stops, number=given["attempt"])
    except StoppedError:
        scratch.send_checkpoint()
        raise
    finally:
        scratch.clear()


@final
class _Reporter:
    """Tells the coordinator of a cell; of its steps, not more than a terminal can show."""

    def __init__(
        self, channel: _Channel, context: WorkerContext, scratch: Scratch | None = None
    ) -> None:
        self._channel, self._context = channel, context
        self._scratch = scratch
        self._reported = 0.0

    def __call__(self, event: Event) -> None:
        now = time.monotonic()
        if self._scratch is not None:
            self._send_files(self._scratch, event)
        if isinstance(event, Progressed) and event.step < event.total:
            if now - self._reported < _REPORTED_SECONDS:
                return
            self._reported = now
        spent = isinstance(event, CellEnded) and self._context.faulted
        self._channel.write("event", spent=spent, **packed_event(event))

    def _send_files(self, scratch: Scratch, event: Event) -> None:
        kept = scratch.send_checkpoint() if isinstance(event, Progressed | CellEnded) else ""
        if isinstance(event, CellEnded):
            scratch.send()  # the record, which was written last
        elif kept:
            self._channel.write("event", spent=False, **packed_event(Noticed(kept)))


def _own_streams() -> tuple[int, int]:
    """Return input and output for this module only; all other output goes to standard error."""
    given, taken = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.dup2(2, 1)
    return given, taken


@final
class _Channel:
    """Lines from and to the coordinator; the process ends where the coordinator is gone."""

    def __init__(self, given: int, taken: int) -> None:
        self._given, self._taken = given, taken
        self._stopping = threading.Event()
        self._messages: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def read(self) -> Mapping[str, Any] | None:
        """Return the next message; None where there is nothing more to do."""
        return self._messages.get()

    def write(self, kind: str, **values: Any) -> None:
        """Send a message."""
        self.send(packed(kind, **values))

    def send(self, line: bytes) -> None:
        """Send a message that is packed."""
        left = memoryview(line)
        while left:
            left = left[os.write(self._taken, left) :]

    def stop(self) -> None:
        """End the cell after its step, and then this process."""
        self._stopping.set()
        self._messages.put(None)

    def stops(self) -> bool:
        """Return whether the cell is to end after its step."""
        return self._stopping.is_set()

    def _listen(self) -> None:
        lines = b""
        while data := os.read(self._given, _CHUNK):
            *whole, lines = (lines + data).split(b"\n")
            for message in map(unpacked, whole):
                if message["kind"] == "stop":
                    self.stop()
                elif message["kind"] == "end":
                    self._messages.put(None)
                    return
                else:
                    self._messages.put(message)
        os._exit(1)

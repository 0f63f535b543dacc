"""Agents on any node that communicate through files of a shared run folder.

Each has a folder ``agents/NAME`` with the lines ``to`` it and ``from`` it, its ``end``, and what it
``printed``. Each file has one writer, which only appends. A *relay*
starts the agent as its child, where the launcher wants it, and carries lines between the files and
the child's standard input and output.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from typing_extensions import override

from metabench.api.launcher import AgentCommand, AgentMessage, LostAgent, Mailbox
from metabench.session.runner.wire import packed
from metabench.store.file_names import AGENTS
from metabench.store.folder import Folder
from metabench.store.problems import explained
from metabench.store.processes import at_work, present

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["FileMailbox", "relay"]

_TO, _FROM, _END, PRINTED = "to", "from", "end", "printed.txt"
_FILES: Final = frozenset({_TO, _FROM, _END, PRINTED})
_ALIVE = ".alive"
_BEAT_SECONDS = 10.0
"""Seconds between two signs of life of a coordinator."""
_PATIENCE_SECONDS = 900.0
"""An agent that has heard no coordinator for so long ends after its cell."""
_LOOK_SECONDS = 0.5
"""A relay looks so often for lines to its agent."""
_CHUNK = 1 << 20


@final
class FileMailbox(Mailbox):
    """The coordinator's side of the mailboxes of a run folder.

    Args:
        folder: the run folder, on a file system that all nodes see.
        command: the command that starts an agent.
    """

    def __init__(self, folder: Path, command: AgentCommand) -> None:
        self._root = Folder(folder.absolute()) / AGENTS
        self._command = command
        self._suffix = f"{socket.gethostname().replace('/', '-')}-{os.getpid()}"
        self._read: dict[str, int] = {}
        self._beaten = 0.0
        self._retired = False

    @override
    def make(self, agent: str) -> Sequence[str]:
        """Make an empty mailbox; return the command of the relay."""
        self._retire()
        self.remove(agent)
        place = self._place(agent)
        with explained(place.path), place.opened(make=True) as here:
            here.appended(_TO).close()
        self._read[agent] = 0
        self._beat()
        program = (
            "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
            " from metabench.session.runner.mailbox import relay; relay(sys.argv[2], sys.argv[3:])"
        )
        start = (sys.executable, "-c", program, json.dumps(sys.path), str(place.path))
        return (*start, *self._command.arguments)

    @override
    def send(self, agent: str, line: bytes) -> None:
        """Append a line."""
        self._append(agent, _TO, line)

    @override
    def printed(self, agent: str) -> Path:
        """Return where the output of an agent goes."""
        return self._place(agent).path / PRINTED

    @override
    def receive(self) -> Sequence[AgentMessage | LostAgent]:
        """Return the agents' new messages."""
        self._beat()
        found: list[AgentMessage | LostAgent] = []
        for agent, offset in list(self._read.items()):
            end = self._content(agent, _END, 0)  # before the lines, which are all there then
            data = self._content(agent, _FROM, offset)
            whole = data[: data.rfind(b"\n") + 1]
            self._read[agent] += len(whole)
            found += [AgentMessage(agent, line) for line in whole.split(b"\n")[:-1]]
            if end.endswith(b"\n"):
                found.append(self._lost(agent, end, silent=not self._read[agent]))
        return found

    @override
    def remove(self, agent: str) -> None:
        """Delete the mailbox of an agent that is gone."""
        self._read.pop(agent, None)
        place = self._place(agent)
        with suppress(OSError), place.around.opened() as here:
            here.remove_tree(place.path.name, ours=_FILES.__contains__, deepest=0)

    def _lost(self, agent: str, end: bytes, *, silent: bool) -> LostAgent:
        cause, _, reason = end.decode(errors="replace").strip().partition(" ")
        printed = self._content(agent, PRINTED, 0).decode(errors="replace").split("\n")
        last = next((line for line in reversed(printed) if line.strip()), "")
        self.remove(agent)
        said = f"{reason}: {last.strip()}" if silent and last else reason
        return LostAgent(agent, said, "died" if cause == "died" else "lost")

    def _retire(self) -> None:
        """Have the agents of coordinators that are gone end after their cells."""
        if self._retired:
            return
        self._retired = True
        alive = {f"{one.host.replace('/', '-')}-{one.pid}" for one in at_work(self._root.root)}
        with suppress(OSError), self._root.opened() as here:
            for name in here.folders():
                if name.partition(".")[2] in alive:
                    continue
                with suppress(OSError), here.enter(name) as inner:
                    if inner.facts(_END) is None:
                        with inner.appended(_TO) as file:
                            file.write(packed("end"))
                        continue
                here.remove_tree(name, ours=_FILES.__contains__, deepest=0)

    def _place(self, agent: str) -> Folder:
        return self._root / f"{agent}.{self._suffix}"

    def _append(self, agent: str, name: str, data: bytes) -> None:
        with suppress(OSError), self._place(agent).opened() as here, here.appended(name) as file:
            file.write(data)

    def _content(self, agent: str, name: str, offset: int) -> bytes:
        with suppress(OSError), self._place(agent).opened() as here, here.stream(name) as file:
            file.seek(offset)
            return file.read()
        return b""

    def _beat(self) -> None:
        now = time.monotonic()
        if self._beaten and now - self._beaten < _BEAT_SECONDS:
            return
        self._beaten = now
        with suppress(OSError), self._root.opened(make=True) as here, here.appended(_ALIVE) as file:
            file.write(b".")


def relay(folder: str, arguments: Sequence[str]) -> None:
    """Start an agent and carry its lines until it ends.

    Args:
        folder: its mailbox.
        arguments: the program and its arguments.
    """
    place = Path(folder)
    with present(place.parent.parent):  # others must not mistake the run for one without processes
        _Relay(Folder(place), arguments).run()


@final
class _Relay:
    """Carries lines between files and a child process."""

    def __init__(self, place: Folder, arguments: Sequence[str]) -> None:
        self._place = place
        self._told = ""
        with place.opened() as here:
            if here.facts(_FROM) is not None:
                raise SystemExit("this mailbox was used before: the job was started again")
            self._from = here.appended(_FROM)
        self._child = subprocess.Popen(  # noqa: S603  (our own command)
            list(arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        signal.signal(signal.SIGTERM, self._pass_on)
        signal.signal(signal.SIGUSR1, self._pass_on)

    def run(self) -> None:
        """Return after the agent has ended, and write how it ended."""
        reader = threading.Thread(target=self._read)
        reader.start()
        offset, heard, alive = 0, time.monotonic(), 0
        while reader.is_alive():
            offset = self._write(offset)
            size, now = self._size_of_beats(), time.monotonic()
            if size != alive:
                alive, heard = size, now
            elif now - heard > _PATIENCE_SECONDS:
                self._feed(packed("end"))
                heard = now
            reader.join(_LOOK_SECONDS)
        code = self._child.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        cause = f"lost its job was signalled to end ({self._told})" if self._told else f"died {how}"
        with self._place.opened() as here, here.appended(_END) as file:
            file.write(f"{cause}\n".encode())

    def _read(self) -> None:
        if self._child.stdout is None:
            return
        while data := self._child.stdout.read(_CHUNK):
            with suppress(OSError):
                self._from.write(data)
                self._from.flush()

    def _write(self, offset: int) -> int:
        """Pass on whole lines after an offset; return the offset after them."""
        with suppress(OSError), self._place.opened() as here, here.stream(_TO) as file:
            file.seek(offset)
            data = file.read(_CHUNK)
            whole = data[: data.rfind(b"\n") + 1] or data[: _CHUNK * (len(data) == _CHUNK)]
            self._feed(whole)
            return offset + len(whole)
        return offset

    def _feed(self, data: bytes) -> None:
        left = memoryview(data)
        with suppress(OSError):
            while left and self._child.stdin is not None:
                left = left[self._child.stdin.write(left) or 0 :]

    def _size_of_beats(self) -> int:
        with suppress(OSError), self._place.around.opened() as here:
            facts = here.facts(_ALIVE)
            return facts.st_size if facts else 0
        return -1

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM:  # preempted, or out of time: the cell ends after its step
            self._told = "SIGTERM"
            self._feed(packed("stop"))
        else:
            self._child.send_signal(number)

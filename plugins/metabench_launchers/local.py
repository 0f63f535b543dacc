"""Agents as child processes, which are spoken to through pipes."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar, final

from typing_extensions import override

from metabench.api import AgentCommand, AgentMessage, Launcher, LostAgent
from metabench_launchers.options import LocalOptions

__all__ = ["Local"]

_CHUNK = 1 << 16
_ENDING = 5.0  # seconds that a process has to end by itself
_WRITING = 0.5  # seconds that a process has to write its stacks down
_STOPS = {-signal.SIGTERM, -signal.SIGINT, -getattr(signal, "SIGHUP", signal.SIGTERM)}


@final
class Local(Launcher[LocalOptions]):
    """Each agent is a child process; it ends with this one, however that ends."""

    one_machine: ClassVar[bool] = True

    def __init__(self, options: LocalOptions, command: AgentCommand) -> None:
        super().__init__(options, command)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._unread: dict[str, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._started = 0

    @override
    def start(self, agent: str) -> None:
        """Start a child process."""
        process = subprocess.Popen(  # noqa: S603  (our own command)
            self.command.arguments,
            cwd=self.command.folder,
            env={**os.environ, **self._gpu()},  # noqa: TID251  (handed on, not read)
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._started += 1
        self._processes[agent], self._unread[agent] = process, b""
        if process.stdout is not None:
            self._selector.register(process.stdout, selectors.EVENT_READ, agent)

    @override
    def send(self, agent: str, line: bytes) -> None:
        """Write to the pipe of an agent."""
        process = self._processes.get(agent)
        if process is None or process.stdin is None:
            return
        left = memoryview(line)
        with suppress(OSError):  # it is gone; `receive` reports it
            while left:
                left = left[process.stdin.write(left) or 0 :]

    @override
    def receive(self, seconds: float) -> Sequence[AgentMessage | LostAgent]:
        """Return the messages in the pipes."""
        found: list[AgentMessage | LostAgent] = []
        if not self._processes:
            time.sleep(seconds)
        for key, _ in self._selector.select(seconds):
            agent: str = key.data
            data = os.read(key.fd, _CHUNK)
            *lines, self._unread[agent] = (self._unread[agent] + data).split(b"\n")
            found += [AgentMessage(agent, line) for line in lines]
            if not data:
                found.append(self._lost(agent))
        return found

    @override
    def end(self, agent: str, *, stacks: bool = False) -> None:
        """Kill a process."""
        process = self._processes.get(agent)
        if process is None:
            return
        if stacks:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGUSR1)
            time.sleep(_WRITING)
        process.kill()

    @override
    def close(self) -> None:
        """End all processes."""
        for process in self._processes.values():
            if process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()
        for agent, process in list(self._processes.items()):
            try:
                process.wait(_ENDING)
            except subprocess.TimeoutExpired:
                process.kill()
            self._lost(agent)
        self._selector.close()

    def _lost(self, agent: str) -> LostAgent:
        """Forget a process that has ended, or closed its pipe; return how."""
        process = self._processes.pop(agent)
        del self._unread[agent]
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                if pipe is process.stdout:
                    self._selector.unregister(pipe)
                with suppress(OSError):
                    pipe.close()
        try:
            code = process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return LostAgent(agent, how, "stopped" if code in _STOPS else "died")

    def _gpu(self) -> dict[str, str]:
        gpus = self.options.gpus
        return {"CUDA_VISIBLE_DEVICES": str(gpus[self._started % len(gpus)])} if gpus else {}

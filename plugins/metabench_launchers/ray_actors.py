"""Agents on the nodes of a Ray cluster, each the child process of an actor that carries lines."""

from __future__ import annotations

import importlib
import logging
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, final

from typing_extensions import override

from metabench.api import AgentCommand, AgentMessage, Launcher, LostAgent
from metabench.errors import SetupError
from metabench_launchers.options import RayOptions

__all__ = ["Ray"]

_CHUNK = 1 << 16
_HELD_SECONDS = 5.0  # that an actor waits for a line before it answers that there is none
_ENDING = 5.0  # seconds that an agent has to end by itself
_WRITING = 0.5  # seconds that an agent has to write its stacks down
_SETTLING = 1.0  # seconds from the kill of an agent to the report of it: its node may go with it
_STOPS = {-signal.SIGTERM, -signal.SIGINT, -getattr(signal, "SIGHUP", signal.SIGTERM)}

_Cause = Literal["died", "lost"]


@final
class Carrier:
    """An actor with an agent as its child; Ray's own threads and signal handlers stay here."""

    def __init__(
        self, arguments: Sequence[str], folder: str, environment: Mapping[str, str]
    ) -> None:
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._child = subprocess.Popen(  # noqa: S603  (our own command)
            arguments if folder else [sys.executable, *arguments],
            cwd=folder or None,
            env={**os.environ, **environment},  # noqa: TID251  (handed on, not read)
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, line: bytes) -> None:
        """Write a line to the agent; an empty one closes its input."""
        if self._child.stdin is None:
            return
        with suppress(OSError, ValueError):  # it is gone; `receive` reports it
            if not line:
                self._child.stdin.close()
            left = memoryview(line)
            while left:
                left = left[self._child.stdin.write(left) or 0 :]

    def end(self, *, stacks: bool) -> None:
        """Kill the agent; with ``stacks``, have it write them to the log of its cell first."""
        if stacks:
            self._child.send_signal(signal.SIGUSR1)
            time.sleep(_WRITING)
        self._child.kill()

    def receive(self) -> tuple[list[bytes], int | None]:
        """Return the next lines, and how the agent has ended, where it has."""
        lines: list[bytes] = []
        with suppress(queue.Empty):
            line = self._lines.get(timeout=_HELD_SECONDS)
            while line is not None:
                lines.append(line)
                line = self._lines.get_nowait()
            return lines, self._ended()
        return lines, None

    def _ended(self) -> int:
        code = self._child.wait()
        if code == -signal.SIGKILL:
            time.sleep(_SETTLING)
        return code

    def _read(self) -> None:
        unread = b""
        while self._child.stdout and (data := self._child.stdout.read(_CHUNK)):
            *lines, unread = (unread + data).split(b"\n")
            for line in lines:
                self._lines.put(line)
        self._lines.put(None)


@final
class Ray(Launcher[RayOptions]):
    """Each agent has an actor; where its node is gone, another agent is started elsewhere."""

    def __init__(self, options: RayOptions, command: AgentCommand) -> None:
        super().__init__(options, command)
        self._ray = _imported()
        self._connected = not self._ray.is_initialized()
        if self._connected:
            self._connect()
        self._actors: dict[str, Any] = {}
        self._asked: dict[Any, str] = {}
        self._excluded: list[str] = []

    @property
    @override
    def agents(self) -> int | None:
        """How many actors to start."""
        return self.options.agents or None

    @property
    @override
    def shares_folder(self) -> bool:
        """Whether nodes see the run folder."""
        return self.options.shared_folder

    @override
    def start(self, agent: str) -> None:
        """Create an actor; Ray chooses its node, and waits until one has room."""
        chosen = {"ray.io/node-id": f"!in({','.join(self._excluded)})"} if self._excluded else None
        made = self._ray.remote(
            num_cpus=self.options.cpus,
            num_gpus=self.options.gpus,
            max_restarts=0,
            concurrency_groups={"in": 1, "out": 1},
            label_selector=chosen,
        )(Carrier)
        command = self.command
        where = (command.arguments, str(command.folder))
        if not self.shares_folder:
            where = (command.installed, "")
        self._actors[agent] = made.remote(*where, self._environment())
        self._ask(agent)

    @override
    def send(self, agent: str, line: bytes) -> None:
        """Hand an actor a line."""
        if agent in self._actors:
            self._call(agent, "send", line)

    @override
    def receive(self, seconds: float) -> Sequence[AgentMessage | LostAgent]:
        """Return what actors have heard."""
        if not self._asked:
            time.sleep(seconds)
            return []
        ready, _ = self._ray.wait(list(self._asked), num_returns=1, timeout=seconds)
        found: list[AgentMessage | LostAgent] = []
        for answer in ready:
            agent = self._asked.pop(answer)
            try:
                lines, code = self._ray.get(answer)
            except self._ray.exceptions.RayError as error:
                found.append(self._lost(agent, _first_sentence(error), "lost"))
                continue
            found += [AgentMessage(agent, line) for line in lines]
            if code is None:
                self._ask(agent)
            else:
                how = f"signal {-code}" if code < 0 else f"exit code {code}"
                found.append(self._lost(agent, how, "lost" if code in _STOPS else "died"))
        return found

    @override
    def end(self, agent: str, *, stacks: bool = False) -> None:
        """Kill an agent; where its actor does not answer, the actor."""
        if agent not in self._actors:
            return
        done, _ = self._ray.wait([self._call(agent, "end", stacks=stacks)], timeout=_ENDING)
        if not done:
            self._ray.kill(self._actors[agent])

    @override
    def close(self) -> None:
        """End all actors."""
        for agent in self._actors:
            self._call(agent, "send", b"")
        deadline = time.monotonic() + _ENDING
        while self._actors and time.monotonic() < deadline:
            self.receive(0.2)
        for actor in self._actors.values():
            self._ray.kill(actor)
        self._actors.clear()
        if self._connected:
            self._ray.shutdown()

    @override
    def drain(self, node: str) -> None:
        """Exclude the nodes of a host from the agents that are still to be started."""
        nodes = self._ray.nodes()
        self._excluded += [one["NodeID"] for one in nodes if one["NodeManagerHostname"] == node]

    def _connect(self) -> None:
        address, handler = self.options.address, signal.getsignal(signal.SIGTERM)
        host, _, port = address.rpartition(":")
        try:
            if host and port.isdecimal() and "/" not in host:  # Ray itself tries for minutes
                socket.create_connection((host, int(port)), _ENDING).close()
            self._ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (
            OSError,
            OverflowError,
            RuntimeError,
            ValueError,
        ) as error:  # Ray's own are among them
            raise SetupError(
                f"Ray cannot be used: {_first_sentence(error)}",
                where="--launcher ray",
                hint="start the run on a node of a Ray cluster, or name it with --launcher-set"
                " address=HOST:PORT",
            ) from error
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, handler)  # Ray puts its own in its place

    def _environment(self) -> dict[str, str]:
        own = os.environ  # noqa: TID251  (handed on, not read)
        return {name: own[name] for name in self.options.variables if name in own}

    def _ask(self, agent: str) -> None:
        answer = self._actors[agent].receive.options(concurrency_group="out").remote()
        self._asked[answer] = agent

    def _call(self, agent: str, method: str, *values: Any, **named: Any) -> Any:
        called = getattr(self._actors[agent], method).options(concurrency_group="in")
        return called.remote(*values, **named)

    def _lost(self, agent: str, reason: str, cause: _Cause) -> LostAgent:
        actor = self._actors.pop(agent, None)
        if actor is not None:
            self._ray.kill(actor)
        return LostAgent(agent, reason, cause)


def _imported() -> Any:
    """Return Ray's module.

    Raises:
        SetupError: it is not installed.
    """
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise SetupError(
            "Ray is not installed", where="--launcher ray", hint='pip install "metabench[ray]"'
        ) from error


def _first_sentence(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].partition(". ")[0] if lines else type(error).__name__

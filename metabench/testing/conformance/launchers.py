"""Checks of a launcher: agents start, lines arrive, and every end is noticed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from metabench.api.launcher import AgentCommand, AgentMessage, Launcher, LostAgent
from metabench.errors import SetupError
from metabench.plugin.target import load_target
from metabench.session.runner.mailbox import FileMailbox
from metabench.testing.conformance.check import law, require
from metabench.testing.conformance.verdict import NotApplicableError

if TYPE_CHECKING:
    from metabench.testing.conformance.subject import Subject

__all__ = [
    "carries_lines",
    "ends_agents",
    "loads_as_launcher",
    "notices_ends",
    "waits_no_longer",
]

_SECONDS = 60.0
_LONG = 300_000
_ECHO = """\
import json, os, sys
for line in sys.stdin.buffer:
    heard = json.loads(line)
    if heard["do"] == "exit":
        os._exit(3)
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
"""


@law("launcher")
def loads_as_launcher(subject: Subject) -> None:
    """The class behind the descriptor loads, is a Launcher, and takes options and a command.

    Take options and command in ``__init__``; skipped where it raises a ``SetupError``, such as for
    a scheduler that isn't installed.
    """
    with _opened(subject) as launcher:
        require(isinstance(launcher, Launcher), f"it is a {type(launcher).__name__}")


@law("launcher")
def carries_lines(subject: Subject) -> None:
    """Lines reach the agent that they are for, whole and in order, and so do its answers.

    Read until the line break: a line may be larger than a pipe holds.
    """
    with _opened(subject) as launcher:
        for agent in ("one", "two"):
            launcher.start(agent)
            for number in range(20):
                launcher.send(agent, _line(agent=agent, number=number))
            launcher.send(agent, _line(agent=agent, number=20, text="x" * _LONG))
        heard = _heard(launcher, 42)
        for agent in ("one", "two"):
            lines = [json.loads(one.line) for one in heard if one.agent == agent]
            numbers = [line["number"] for line in lines if line["agent"] == agent]
            require(numbers == list(range(21)), f"agent {agent!r} answered {numbers}")
            require(len(lines[-1]["text"]) == _LONG, "a long line was cut")


@law("launcher")
def notices_ends(subject: Subject) -> None:
    """An agent that ends is lost once, with a reason, after its last line; others stay.

    Return a ``LostAgent`` when everything it wrote has been read.
    """
    with _opened(subject) as launcher:
        for agent in ("one", "two"):
            launcher.start(agent)
            launcher.send(agent, _line(number=1))
        _heard(launcher, 2)
        launcher.send("one", _line(do="exit"))
        lost = _lost(launcher)
        require((lost.agent, bool(lost.reason)) == ("one", True), f"it returned {lost}")
        launcher.send("one", _line(number=2))
        launcher.send("two", _line(number=2))
        require(_heard(launcher, 1)[0].agent == "two", "the other agent is gone too")


@law("launcher")
def ends_agents(subject: Subject) -> None:
    """An agent that is to end at once is lost soon.

    Kill in ``end``; return the loss from ``receive``.
    """
    with _opened(subject) as launcher:
        launcher.start("one")
        launcher.send("one", _line(number=1))
        _heard(launcher, 1)
        launcher.end("one")
        require(_lost(launcher).agent == "one", "another agent was lost")


@law("launcher")
def waits_no_longer(subject: Subject) -> None:
    """Where nothing is heard, receiving ends when its time is over.

    Wait with a time-out, also where no agent is left.
    """
    with _opened(subject) as launcher:
        started = time.monotonic()
        require(not launcher.receive(0.2), "something came from no agent")
        require(time.monotonic() - started < _SECONDS / 10, "it waited far longer than asked")


def _line(**values: Any) -> bytes:
    return json.dumps({"do": "echo", **values}).encode() + b"\n"


@contextmanager
def _opened(subject: Subject) -> Iterator[Launcher[Any]]:
    command = AgentCommand((sys.executable, "-c", _ECHO), Path.cwd())
    with TemporaryDirectory() as folder:
        command = replace(command, mailbox=FileMailbox(Path(folder), command))
        try:
            launcher: Launcher[Any] = load_target(subject.value.target)(subject.options, command)
        except SetupError as error:
            raise NotApplicableError(f"it cannot be tried here: {error.problem}") from error
        try:
            yield launcher
        finally:
            launcher.close()


def _heard(launcher: Launcher[Any], lines: int) -> Sequence[AgentMessage]:
    heard: list[AgentMessage] = []
    deadline = time.monotonic() + _SECONDS
    while len(heard) < lines and time.monotonic() < deadline:
        for one in launcher.receive(0.2):
            require(isinstance(one, AgentMessage), f"an agent that works was lost: {one}")
            heard += [one] if isinstance(one, AgentMessage) else []
    require(len(heard) == lines, f"{len(heard)} of {lines} lines arrived in {_SECONDS:g} seconds")
    return heard


def _lost(launcher: Launcher[Any]) -> LostAgent:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        for one in launcher.receive(0.2):
            if isinstance(one, LostAgent):
                return one
    require(holds=False, otherwise=f"no agent was lost in {_SECONDS:g} seconds")
    raise AssertionError

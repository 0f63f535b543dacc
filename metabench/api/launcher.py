"""The descriptor and the base class of launchers, which start agents on other machines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, Literal, TypeAlias, TypeVar, final

from metabench.api.options import Options

__all__ = ["AgentCommand", "AgentMessage", "Launcher", "LauncherInfo", "LostAgent", "Mailbox"]

OptionsT = TypeVar("OptionsT", bound=Options)


@final
@dataclass(frozen=True, slots=True)
class LauncherInfo:
    """A cheap descriptor of a launcher.

    Args:
        name: its name for ``--launcher``.
        target: ``package.module:Class`` of the `Launcher`.
        options: the model of its options, set by ``--launcher-set``.
        summary: one line.
    """

    name: str
    target: str
    options: type[Options]
    summary: str


@final
@dataclass(frozen=True, slots=True)
class AgentCommand:
    """How an agent is started.

    It reads lines from its standard input and writes lines to its standard output; each is a JSON
    object. It ends when its input does.

    Args:
        arguments: the program and its arguments.
        folder: the working directory; an agent reads and writes the run folder by paths that are
            relative to it, or absolute.
        mailbox: channels through files of the run folder, for a launcher that has no other.
        installed: the arguments of the Python of a machine that sees none of this one's folders,
            where metabench is installed.
    """

    arguments: tuple[str, ...]
    folder: Path
    mailbox: Mailbox | None = None
    installed: tuple[str, ...] = ()


class Mailbox(ABC):
    """Channels through shared files, one for each agent.

    A launcher that uses them only has to start programs and to report which have ended.
    """

    @abstractmethod
    def make(self, agent: str) -> Sequence[str]:
        """Return the program and arguments that start an agent, in the place of the command's.

        SIGTERM has it end its cell after the step, with a checkpoint, and then itself.
        """

    @abstractmethod
    def send(self, agent: str, line: bytes) -> None:
        """Send an agent a line."""

    @abstractmethod
    def receive(self) -> Sequence[AgentMessage | LostAgent]:
        """Return the messages since the last call, without waiting; agents that ended are lost."""

    @abstractmethod
    def printed(self, agent: str) -> Path:
        """Return the file that the output and the errors of an agent's program are to go to."""

    @abstractmethod
    def remove(self, agent: str) -> None:
        """Forget an agent that is gone."""


@final
@dataclass(frozen=True, slots=True)
class AgentMessage:
    """A line that an agent has written, without its line break."""

    agent: str
    line: bytes


@final
@dataclass(frozen=True, slots=True)
class LostAgent:
    """The end of an agent; no message of it follows.

    Args:
        agent: its name.
        reason: the known reason, such as ``signal 9`` or ``node n2 is down``.
        cause: ``died``: the process has ended or was killed, perhaps because of its cell;
            ``stopped``: the process received a request to end; ``lost``: its machine, job or
            connection is gone, so its cell is not at fault and goes to another agent.
    """

    agent: str
    reason: str
    cause: Literal["died", "stopped", "lost"] = "died"


Received: TypeAlias = AgentMessage | LostAgent


class Launcher(ABC, Generic[OptionsT]):
    """A launcher: it starts agents and carries lines between them and the coordinator.

    A launcher never parses a line. One thread uses it.

    Args:
        options: its options.
        command: the command that starts an agent.
    """

    one_machine: ClassVar[bool] = False
    """Whether all agents run on the coordinator's machine, so that its problems stop the run."""

    def __init__(self, options: OptionsT, command: AgentCommand) -> None:
        self.options = options
        self.command = command

    @property
    def agents(self) -> int | None:
        """The largest number of agents; None for that of ``--jobs``."""
        return None

    @property
    def shares_folder(self) -> bool:
        """Whether agents see the run folder; else the files of their cells travel as lines."""
        return True

    @abstractmethod
    def start(self, agent: str) -> None:
        """Start an agent; return at once. An agent that cannot be started is lost.

        Raises:
            SetupError: no agent can be started, now or later.
        """

    @abstractmethod
    def send(self, agent: str, line: bytes) -> None:
        """Send an agent a line, which ends with a line break; where it is gone, do nothing."""

    @abstractmethod
    def receive(self, seconds: float) -> Sequence[Received]:
        """Return the agents' messages; wait for the first at most so many seconds."""

    @abstractmethod
    def end(self, agent: str, *, stacks: bool = False) -> None:
        """End an agent at once; it is lost then.

        Args:
            agent: its name.
            stacks: whether to send it SIGUSR1 first, so that it writes all stacks to the log of its
                cell.
        """

    @abstractmethod
    def close(self) -> None:
        """End all agents: first close their input, and after a few seconds, kill those left."""

    def drain(self, node: str) -> None:
        """Start no further agent on a node, where that can be chosen."""

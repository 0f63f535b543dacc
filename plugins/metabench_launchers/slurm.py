"""Agents in jobs of a Slurm cluster, which are spoken to through files of the run folder."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Iterator, Sequence
from typing import final

from typing_extensions import override

from metabench.api import AgentCommand, AgentMessage, Launcher, LostAgent
from metabench.errors import SetupError
from metabench_launchers.options import SlurmOptions

__all__ = ["Slurm"]

_LOOK_SECONDS = 0.5  # from one look at the mailboxes to the next
_ASK_SECONDS = 120.0  # that a command of Slurm may take
_ENDING = 10.0  # seconds that jobs have to end by themselves
_WRITING = 0.5  # seconds that an agent has to write its stacks down
_OVER = {
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY",
    "PREEMPTED", "TIMEOUT",
}  # fmt: skip


@final
class Slurm(Launcher[SlurmOptions]):
    """Each agent is a job that is not requeued: where it is gone, another one is submitted.

    A job's command reads and writes the mailbox of its agent; nothing listens on a network.
    """

    def __init__(self, options: SlurmOptions, command: AgentCommand) -> None:
        super().__init__(options, command)
        known = self._run("sinfo", "--noheader", "--format=%P")
        if command.mailbox is None or known.returncode:
            said = known.stderr.strip().replace("\n", "; ") or "there is no shared folder"
            raise SetupError(
                f"Slurm cannot be used here: {said}",
                where="--launcher slurm",
                hint="start the run on a login node, into a folder that all nodes see",
            )
        self._mailbox = command.mailbox
        self._jobs: dict[str, str] = {}
        self._excluded: list[str] = []
        self._asked = 0.0
        self._looked = 0.0

    @property
    @override
    def agents(self) -> int | None:
        """How many jobs to submit."""
        return self.options.jobs or None

    @override
    def start(self, agent: str) -> None:
        """Submit a job."""
        relay = shlex.join(self._mailbox.make(agent))
        script = f"#!/bin/sh\n{self.options.setup}\nexec {relay}\n"
        job = self._ask("sbatch", *self._arguments(agent), script=script)
        self._jobs[agent] = job.strip().partition(";")[0]

    @override
    def send(self, agent: str, line: bytes) -> None:
        """Put a line into the mailbox."""
        if agent in self._jobs:
            self._mailbox.send(agent, line)

    @override
    def receive(self, seconds: float) -> Sequence[AgentMessage | LostAgent]:
        """Return the messages in the mailboxes, and the jobs that Slurm has ended."""
        time.sleep(min(seconds, max(0.0, self._looked + _LOOK_SECONDS - time.monotonic())))
        if time.monotonic() < self._looked + _LOOK_SECONDS:
            return []
        self._looked = time.monotonic()
        found = list(self._mailbox.receive())
        for one in found:
            if isinstance(one, LostAgent):
                self._jobs.pop(one.agent, None)
        return found or list(self._gone())

    @override
    def end(self, agent: str, *, stacks: bool = False) -> None:
        """Cancel a job."""
        if agent not in self._jobs:
            return
        if stacks:
            self._run("scancel", "--batch", "--signal=USR1", self._jobs[agent])
            time.sleep(_WRITING + _LOOK_SECONDS)
        self._run("scancel", self._jobs[agent])

    @override
    def close(self) -> None:
        """Cancel the jobs that do not end by themselves."""
        deadline = time.monotonic() + _ENDING
        while self._jobs and time.monotonic() < deadline:
            self.receive(_LOOK_SECONDS)
        if self._jobs:
            self._run("scancel", *self._jobs.values())
        for agent in list(self._jobs):
            self._mailbox.remove(agent)
        self._jobs.clear()

    @override
    def drain(self, node: str) -> None:
        """Exclude a node from the jobs that are still to be submitted."""
        self._excluded.append(node.partition(".")[0])

    def _arguments(self, agent: str) -> Iterator[str]:
        options = self.options
        yield from ("--parsable", "--no-requeue", "--open-mode=append")
        yield f"--job-name=metabench-{agent}"
        yield f"--chdir={self.command.folder}"
        yield f"--output={self._mailbox.printed(agent)}"
        yield f"--cpus-per-task={options.cpus}"
        yield f"--signal=B:TERM@{options.notice}"
        named = {
            "partition": options.partition,
            "account": options.account,
            "qos": options.qos,
            "time": options.time,
            "mem": options.memory,
            "gpus": str(options.gpus or ""),
            "exclude": ",".join(self._excluded),
        }
        yield from (f"--{name}={value}" for name, value in named.items() if value)
        yield from options.arguments

    def _gone(self) -> Iterator[LostAgent]:
        """Yield the agents whose jobs have ended without a message."""
        now = time.monotonic()
        if not self._jobs or now - self._asked < self.options.poll_seconds:
            return
        self._asked = now
        listed = self._run("squeue", "--noheader", "--states=all", "--format=%i %T %r %N", "--me")
        if listed.returncode:  # the controller is away for a moment: nothing is known
            return
        lines = (line.partition(" ") for line in listed.stdout.splitlines())
        states = {job: state.strip() for job, _, state in lines}
        for agent, job in list(self._jobs.items()):
            state, _, why = states.get(job, "FAILED unknown to Slurm").partition(" ")
            if state not in _OVER:
                continue
            del self._jobs[agent]
            self._mailbox.remove(agent)
            reason = f"job {job} is over: {state} {why}".strip()
            yield LostAgent(agent, reason, "died" if state == "OUT_OF_MEMORY" else "lost")

    def _ask(self, *command: str, script: str = "") -> str:
        """Return the output of a Slurm command.

        Raises:
            SetupError: it failed.
        """
        done = self._run(*command, script=script)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().replace("\n", "; ")
            raise SetupError(f"{command[0]} failed: {said}", where="--launcher slurm")
        return done.stdout

    def _run(self, *command: str, script: str = "") -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(  # noqa: S603  (Slurm's own)
                command,
                input=script,
                capture_output=True,
                text=True,
                timeout=_ASK_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return subprocess.CompletedProcess(command, 1, "", str(error))

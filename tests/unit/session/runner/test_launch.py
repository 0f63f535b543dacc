"""The coordinator with a launcher whose agents do as a script says: every cell ends once."""

from __future__ import annotations

import json
from collections import Counter, deque
from types import SimpleNamespace
from typing import ClassVar

import pytest

from metabench.api import (
    AgentMessage,
    CellEnded,
    Launcher,
    LauncherInfo,
    LostAgent,
    Noticed,
    Options,
)
from metabench.api.events import EndedElsewhere
from metabench.errors import DeviceError, PluginError, SetupError
from metabench.plan.cell import Cell, PretrainWork
from metabench.plugin.catalog import Catalog
from metabench.plugin.status import Offer, PluginStatus
from metabench.session.runner import crew
from metabench.session.runner import queue as queue_module
from metabench.session.runner.hardware import RunHardware
from metabench.session.runner.launch import launch
from metabench.session.runner.queue import CellQueue
from metabench.session.runner.wire import packed, packed_error, packed_event
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec, ModelSpec, PretrainSpec
from metabench.store.run_folder import Store
from metabench.tasks.hub import Hub

PLUGIN = PluginStatus("scripted", "scripted", "scripted", "1")


class Scripted(Launcher[Options]):
    """Agents in no process: ``script`` says what each one does with each of its cells."""

    script: ClassVar[dict[str, list[object]]] = {}
    opened: ClassVar[list[Scripted]] = []

    def __init__(self, options, command):
        super().__init__(options, command)
        self.heard, self.started, self.drained, self.closed = deque(), [], [], False
        self.gave = []
        self.opened.append(self)

    def start(self, agent):
        self.started.append(agent)
        if causes := self.script.get("start"):
            self.heard.append(LostAgent(agent, "exit code 1", causes.pop(0)))
            return
        host, facts = self.script.get("hardware", {}).get(agent, ("n1", {}))
        self.say(agent, packed("ready", host=host, pid=1))
        self.say(agent, packed("opened", hardware=facts))

    def say(self, agent, line):
        self.heard.append(AgentMessage(agent, line[:-1]))

    def send(self, agent, line):
        message = json.loads(line)
        if message["kind"] != "cell":
            return
        cell = message["cells"][0]
        self.gave.append((agent, cell["name"]))
        steps = self.script.get(cell["name"], [])
        step = steps.pop(0) if steps else "ok"
        if isinstance(step, LostAgent):
            self.heard.append(LostAgent(agent, step.reason, step.cause))
        elif isinstance(step, EndedElsewhere):
            self.say(agent, packed("event", **packed_event(step)))
        elif isinstance(step, Exception):
            self.say(agent, packed("error", **packed_error(step)))
        else:
            event = CellEnded(cell["key"], cell["name"], step, 1.0)
            self.say(agent, packed("event", spent=False, **packed_event(event)))

    def receive(self, seconds):
        del seconds
        return [self.heard.popleft()] if self.heard else []

    def end(self, agent, *, stacks=False):
        del stacks
        self.heard.append(LostAgent(agent, "signal 9"))

    def close(self):
        self.closed = True

    def drain(self, node):
        self.drained.append(node)


@pytest.fixture
def scripted(tmp_path, monkeypatch):
    """Return what runs cells with scripted agents: how they ended, what was said, the launcher."""
    monkeypatch.setattr(queue_module, "cell_counts", lambda *_, **__: SimpleNamespace(cost=0.0))
    monkeypatch.setattr(Scripted, "opened", [])
    info = LauncherInfo("scripted", f"{__name__}:Scripted", Options, "a script")
    monkeypatch.setattr("metabench.session.runner.launching.load_target", lambda _: Scripted)
    catalog = Catalog(launchers={"scripted": Offer(info, PLUGIN)})
    work = PretrainWork(ModelSpec(id="embedded/encoder"), PretrainSpec(steps=1), ())

    def scripted(*names, jobs=1, retries=0, needs=(), same_hardware=False, **script):
        monkeypatch.setattr(Scripted, "script", script)
        cells = [
            Cell(
                "pretrain",
                name,
                (name * 64)[:64],
                {},
                work,
                needs=tuple(needs) * (name != names[0]),
            )
            for name in names
        ]
        runtime = Runtime(
            Hub(),
            "cpu",
            jobs,
            None,
            retries=retries,
            launcher="scripted",
            same_hardware=same_hardware,
        )
        assignment = Assignment(
            tmp_path / "run",
            "x",
            "hash",
            {cell.key: cell for cell in cells},
            runtime,
            ComputeSpec(),
        )
        said, stopping = [], SimpleNamespace(requested=lambda: False, note=None)
        queue = CellQueue(cells, (), retries=retries)
        ends = list(launch(queue, assignment, catalog, emit=said.append, stopping=stopping))
        return {end.name: end for end in ends}, said, Scripted.opened[-1]

    return scripted


def notices(said):
    return [event.message for event in said if isinstance(event, Noticed)]


def log(tmp_path, name):
    return (tmp_path / "run" / "cells" / f"{name}-{(name * 8)[:8]}" / "log.txt").read_text()


NODE_LOST = LostAgent("", "node n1 is down", "lost")


def test_every_cell_ends_once_and_the_launcher_is_closed(scripted):
    ends, said, launcher = scripted("a", "b", "c", "d", jobs=2)

    assert Counter(end.status for end in ends.values()) == {"ok": 4}
    assert [event.name for event in said] == [*ends]
    assert launcher.started == ["agent-1", "agent-2"]
    assert launcher.closed


def test_a_cell_whose_machine_is_lost_is_given_to_another_agent_and_its_log_says_why(
    scripted, tmp_path
):
    ends, said, launcher = scripted("a", a=[NODE_LOST, "ok"])

    assert ends["a"].status == "ok"
    assert len(launcher.started) == 2
    assert notices(said) == ["a is given to another agent: n1: node n1 is down"]
    assert "given to another agent: n1: node n1 is down" in log(tmp_path, "a")
    assert Store(tmp_path / "run").failure("a-aaaaaaaa") is None


def test_losses_use_up_no_retries(scripted):
    ends, _, _ = scripted("a", a=[NODE_LOST, "timeout", "ok"], retries=1)

    assert ends["a"].status == "ok"


def test_a_cell_that_loses_every_agent_is_recorded_and_no_agent_is_started_there_again(
    scripted, tmp_path
):
    ends, said, launcher = scripted("a", "b", a=[NODE_LOST] * 9)
    failure = Store(tmp_path / "run").failure("a-aaaaaaaa")

    assert (ends["a"].status, ends["b"].status) == ("error", "ok")
    assert "the process that ran it is gone (node n1 is down)" in failure.message
    assert launcher.drained == ["n1"]
    assert "n1 gets no further cells: three cells in a row failed or were lost there" in notices(
        said
    )


@pytest.mark.parametrize(("cause", "status"), [("died", "error"), ("stopped", "interrupted")])
def test_a_process_that_ends_is_the_end_of_its_cell_and_of_no_other(
    scripted, tmp_path, cause, status
):
    ends, _, launcher = scripted("a", "b", a=[LostAgent("", "signal 9", cause)])

    assert (ends["a"].status, ends["b"].status) == (status, "ok")
    assert len(launcher.started) == 2
    assert Store(tmp_path / "run").failure("a-aaaaaaaa").status == status


def test_what_one_node_lacks_is_no_failure_of_the_cell(scripted):
    ends, said, _ = scripted("a", a=[DeviceError("there is no GPU"), "ok"])

    assert ends["a"].status == "ok"
    assert notices(said) == ["a is given to another agent: n1: there is no GPU"]


def test_what_every_node_lacks_ends_the_run(scripted):
    with pytest.raises(DeviceError, match="there is no GPU"):
        scripted("a", a=[DeviceError("there is no GPU")] * 99)


def test_agents_that_never_start_end_the_run_with_the_reason(scripted):
    with pytest.raises(SetupError, match="no agent starts: exit code 1"):
        scripted("a", start=["died"] * 9)


def test_agents_that_are_lost_at_their_start_are_replaced_for_a_minute(scripted, monkeypatch):
    ends, *_ = scripted("a", start=["lost"] * 9)
    assert ends["a"].status == "ok"

    monkeypatch.setattr(crew, "_PATIENCE_SECONDS", 0.0)
    with pytest.raises(SetupError, match="no agent starts: exit code 1"):
        scripted("a", start=["lost"] * 9)


@pytest.mark.parametrize("status", ["out_of_memory", "timeout", "error"])
def test_a_node_where_three_cells_in_a_row_fail_gets_no_other_and_is_named(scripted, status):
    hardware = {"agent-1": ("bad", {}), "agent-2": ("good", {})}
    bad = {name: [status] for name in ("a", "c", "e")}  # its agent gets every second cell

    ends, said, launcher = scripted(*"abcdefgh", jobs=2, hardware=hardware, **bad)

    gave = [name for agent, name in launcher.gave if agent == "agent-1"]
    assert [ends[name].status for name in gave] == [status] * 3
    assert launcher.drained == ["bad"]
    assert notices(said) == [
        "bad gets no further cells: three cells in a row failed or were lost there"
    ]
    assert {end.status for name, end in ends.items() if name not in gave} == {"ok"}


def test_what_fails_because_of_a_plugin_is_no_fault_of_a_node(scripted):
    hardware = {"agent-1": ("n1", {}), "agent-2": ("n2", {})}
    failing = {name: ["plugin_error"] for name in "abcdefgh"}

    _, said, launcher = scripted(*"abcdefgh", jobs=2, hardware=hardware, **failing)

    assert (launcher.drained, notices(said)) == ([], [])


def test_the_last_node_gets_cells_however_many_fail_there(scripted):
    failing = {name: ["timeout"] for name in "abcdefgh"}

    ends, _, launcher = scripted(*"abcdefgh", jobs=2, **failing)

    assert {end.status for end in ends.values()} == {"timeout"}
    assert launcher.drained == []


AVX2 = {"processor": "Old 1", "instruction_set": "AVX2", "device": "cpu"}
AVX512 = {"processor": "New 2", "instruction_set": "AVX512", "device": "cpu"}


def test_an_agent_on_other_hardware_than_the_first_gets_no_cell_and_its_node_is_named(scripted):
    hardware = {f"agent-{number}": ("n1", AVX2) for number in (1, 3, 4)}
    hardware["agent-2"] = ("n2", AVX512)

    ends, said, launcher = scripted(
        "a", "b", "c", "d", jobs=2, same_hardware=True, hardware=hardware
    )

    assert {end.status for end in ends.values()} == {"ok"}
    assert "agent-2" in launcher.started
    assert "agent-2" not in {agent for agent, _ in launcher.gave}
    assert launcher.drained == ["n2"]
    assert notices(said) == [
        "n2 is given no cells: processor Old 1 → New 2, instruction set AVX2 → AVX512"
    ]


def test_without_the_option_agents_on_any_hardware_get_cells(scripted):
    hardware = {"agent-1": ("n1", AVX2), "agent-2": ("n2", AVX512)}

    _, said, launcher = scripted("a", "b", jobs=2, hardware=hardware)

    assert {agent for agent, _ in launcher.gave} == {"agent-1", "agent-2"}
    assert notices(said) == []


def test_a_run_without_an_agent_on_the_hardware_of_its_first_ends_with_the_reason(
    scripted, tmp_path
):
    RunHardware(Store(tmp_path / "run"), same=True).differs(AVX2)
    hardware = {f"agent-{number}": ("n2", AVX512) for number in range(1, 9)}

    with pytest.raises(SetupError, match="no agent has the hardware of the run's first"):
        scripted("a", "b", jobs=2, same_hardware=True, hardware=hardware)


def test_a_process_on_other_hardware_than_the_runs_first_is_refused(tmp_path):
    store = Store(tmp_path / "run")
    RunHardware(store, same=True).differs({"processor": "another"})
    runtime = Runtime(Hub(), "cpu", 1, None, same_hardware=True)
    assignment = Assignment(store.folder, "x", "hash", {}, runtime, ComputeSpec())
    work = PretrainWork(ModelSpec(id="embedded/encoder"), PretrainSpec(steps=1), ())
    queue = CellQueue([Cell("pretrain", "a", "a" * 64, {}, work)], ())

    with pytest.raises(SetupError, match="another kind than the run's first: processor another → "):
        list(launch(queue, assignment, Catalog(), emit=print, stopping=None))


def test_a_cell_that_another_process_holds_is_put_off_and_its_result_taken(scripted):
    held = EndedElsewhere(CellEnded("a" * 64, "a", "held", 0.0))
    done = EndedElsewhere(CellEnded("a" * 64, "a", "ok", 2.0, {"f1": 0.5}))
    ends, said, _ = scripted("a", "b", a=[held, done])

    assert ends == {"a": done.ended, "b": ends["b"]}
    assert done in said
    assert held not in said


def test_a_cell_waits_for_what_it_needs(scripted):
    ends, _, _ = scripted("a", "b", "c", jobs=3, needs=["a" * 64], a=[NODE_LOST, "ok"])

    assert next(iter(ends)) == "a"
    assert {end.status for end in ends.values()} == {"ok"}


def test_a_launcher_that_raises_is_named(scripted, monkeypatch):
    def broken(self, seconds):
        raise ValueError("no such queue")

    monkeypatch.setattr(Scripted, "receive", broken)

    with pytest.raises(
        PluginError, match="scripted 1: launcher 'scripted' raised ValueError: no such"
    ):
        scripted("a")

"""Agents without the run folder: what a cell writes comes back, its inputs go out once."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections import Counter, deque
from dataclasses import replace

import pytest

from metabench.api.events import CellEnded
from metabench.plan.cell import Cell, PretrainWork
from metabench.session.cell.outcome import cell_note
from metabench.session.cell.provenance import cell_provenance
from metabench.session.runner import scratch as scratch_module
from metabench.session.runner.claim import HELD
from metabench.session.runner.parcels import PARCELS
from metabench.session.runner.returns import Returns
from metabench.session.runner.scratch import Scratch
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec, ModelSpec, PretrainSpec
from metabench.store.checkpoint import Checkpoints
from metabench.store.records.cell import Failure, FileNote, Provenance, Result, to_json
from metabench.store.run_folder import Store
from metabench.tasks.hub import Hub

NEED = Cell("meta", "need", "a" * 64, {}, work=None)
CELL = Cell("adapt", "cell", "b" * 64, {}, work=None, needs=(NEED.key,))
WORK = PretrainWork(ModelSpec(id="embedded/encoder"), PretrainSpec(steps=1), ())
VALUES = bytes(range(256)) * 6000
HERE = Provenance(metabench="1", python="3", device="cpu", threads=1)


def finish(store, cell, name, data):
    """Do what running a cell does: write its note, log and file, then the record."""
    store.commit_note(cell.folder, cell_note(cell))
    folder = store.cell_folder(cell.folder)
    (folder / "log.txt").write_text("log")
    (folder / name).write_bytes(data)
    file = FileNote(path=name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    made = Result(
        kind=cell.kind, name=cell.name, key=cell.key, files=(file,), wall_seconds=1.0,
        provenance=HERE,
    )  # fmt: skip
    store.commit_result(cell.folder, made)


class Node:
    """A machine with agents, and the coordinator with which they talk, without processes."""

    def __init__(self, folder):
        self.store = Store(folder)
        runtime = Runtime(Hub(), "cpu", 1, None)
        cells = {NEED.key: NEED, CELL.key: CELL}
        self.assignment = Assignment(folder, "x", "hash", cells, runtime, ComputeSpec())
        self.returns = Returns(self.assignment)
        self.sent, self.agents = Counter(), []

    def agent(self, name):
        """Return an agent that has been given the cell."""
        coming = deque()

        def write(line):
            message = json.loads(line)
            self.sent[message["kind"]] += 1
            assert message["kind"] in PARCELS
            coming.extend(map(json.loads, self.returns.passed(name, message)))

        assert self.returns.begin(name, CELL) is None
        coming.extend(map(json.loads, self.returns.state(name)))
        made = Scratch(coming.popleft, write)
        self.agents.append(made)
        made.take(CELL, self.returns.inputs(name))
        return made

    def checkpoints(self, agent=None):
        """Return the checkpoints of the cell in an agent's folder, or in the run folder."""
        store = self.store if agent is None else Store(agent.folder)
        place = store.place(CELL.folder) / "checkpoints"
        return Checkpoints(place, key=CELL.key, profile={}, interval=0.0)


@pytest.fixture
def node(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    made = Node(tmp_path / "run")
    finish(made.store, NEED, "parameters.safetensors", VALUES)
    yield made
    made.returns.close()
    for agent in made.agents:
        agent.close()


def save(checkpoints, step):
    times = {"wall_seconds": 1.0, "cpu_seconds": 1.0}
    checkpoints.save(bytes([step]) * 3000000, step=step, facts={}, losses={}, **times)


def test_what_a_cell_is_built_on_goes_to_each_machine_once(node):
    first = node.agent("first")
    node.returns.release("first")
    second = node.agent("second")

    for agent in (first, second):
        there = Store(agent.folder)
        result = there.result(NEED.folder, key=NEED.key)
        assert there.read_file(NEED.folder, result.files[0]) == VALUES
    assert node.sent["want"] == 1


def test_input_that_was_damaged_on_the_machine_comes_again(node):
    agent = node.agent("first")
    (kept,) = agent.folder.parent.glob("metabench-*/content/*/parameters.safetensors")
    kept.write_bytes(VALUES[:-1] + b"x")
    node.returns.release("first")
    again = Store(node.agent("second").folder)

    assert again.read_file(NEED.folder, again.result(NEED.folder).files[0]) == VALUES
    assert node.sent["want"] == 2


def test_a_machine_keeps_the_newest_inputs_only(node, monkeypatch):
    monkeypatch.setattr(scratch_module, "_KEPT", 1)
    first = node.agent("first")
    (content,) = first.folder.parent.glob("metabench-*/content")
    older = content / ("0" * 64)
    older.mkdir()
    (older / "parameters.safetensors").write_bytes(b"older")
    os.utime(older, (0, 0))
    node.returns.release("first")
    second = node.agent("second")

    assert len(list(content.iterdir())) == 1
    assert Store(second.folder).is_done(NEED.folder)
    assert node.sent["want"] == 1


def test_an_agent_that_is_lost_is_followed_from_its_last_checkpoint_that_came_back(node):
    first = node.agent("first")
    for step in (1, 2):
        save(node.checkpoints(first), step)
        assert first.send_checkpoint() == ""
    log = Store(first.folder).cell_folder(CELL.folder) / "log.txt"
    log.write_text("a line\n")
    save(node.checkpoints(first), 3)
    assert first.send_checkpoint() == ""
    save(node.checkpoints(first), 4)  # and the agent is gone
    node.returns.release("first")
    second = node.agent("second")

    note, state = node.checkpoints(second).newest()
    assert (note.step, state) == (3, bytes([3]) * 3000000)
    assert (Store(second.folder).cell_folder(CELL.folder) / "log.txt").read_text() == "a line\n"
    kept = node.store.cell_folder(CELL.folder) / "checkpoints"
    assert sorted(path.name for path in kept.iterdir()) == ["step-000000002", "step-000000003"]


def test_only_new_checkpoints_are_sent(node):
    agent = node.agent("first")
    save(node.checkpoints(agent), 1)
    agent.send_checkpoint()
    before = node.sent.total()

    assert agent.send_checkpoint() == ""
    assert node.sent.total() == before


def test_a_checkpoint_that_is_too_large_stays_and_is_named(node, monkeypatch):
    monkeypatch.setattr(scratch_module, "MOST_CHECKPOINT_BYTES", 2 * 1024**2)
    agent = node.agent("first")
    save(node.checkpoints(agent), 1)

    assert agent.send_checkpoint() == "a checkpoint of 2 MiB stays on its node; 2 are sent"
    assert node.checkpoints().newest() is None


def test_the_record_of_a_cell_comes_back_byte_for_byte_and_the_event_names_the_run_folder(node):
    agent = node.agent("first")
    save(node.checkpoints(agent), 1)
    agent.send_checkpoint()
    there = Store(agent.folder)
    finish(there, CELL, "predictions.parquet", b"rows")
    node.checkpoints(agent).clear()
    agent.send()
    ended = node.returns.ended("first", CellEnded(CELL.key, CELL.name, "ok", 1.0, folder="away"))

    assert ended.folder == str(node.store.cell_folder(CELL.folder))
    names = ["cell.json", "log.txt", "predictions.parquet", "result.json"]
    for name in names:
        here, away = (one.cell_folder(CELL.folder) / name for one in (node.store, there))
        assert here.read_bytes() == away.read_bytes()
    left = {path.name for path in node.store.cell_folder(CELL.folder).iterdir()}
    assert left == {*names, "LOCK"}
    node.returns.release("first")
    assert node.store.is_done(CELL.folder)


def test_a_result_that_differs_from_an_older_one_comes_to_its_side(node):
    finish(node.store, CELL, "predictions.parquet", b"older")
    agent = node.agent("first")
    finish(Store(agent.folder), CELL, "predictions.parquet", b"rows")
    agent.send()

    folder = node.store.cell_folder(CELL.folder)
    assert (folder / "predictions.parquet").read_bytes() == b"rows"
    assert (folder / "earlier/1/predictions.parquet").read_bytes() == b"older"
    assert [path.name for path in folder.parent.iterdir() if "again" in path.name] == []


@pytest.mark.parametrize(("status", "kept"), [("timeout", True), ("diverged", False)])
def test_a_failure_keeps_the_checkpoint_only_where_it_may_be_resumed(node, status, kept):
    agent = node.agent("first")
    save(node.checkpoints(agent), 1)
    agent.send_checkpoint()
    failure = Failure(
        kind="adapt", name="cell", key=CELL.key, status=status, message="so", provenance=HERE
    )
    Store(agent.folder).commit_failure(CELL.folder, failure)
    agent.send()

    found = node.store.cell_folder(CELL.folder) / "failure.json"
    assert found.read_bytes() == to_json(failure)
    assert (node.checkpoints().newest() is not None) is kept


def test_a_record_names_the_checkout_of_the_command(node):
    told = ("c" * 40, True)
    assignment = node.agent("first").assignment(node.assignment, told)
    found = cell_provenance(replace(CELL, work=WORK), assignment)

    assert (found.git_commit, found.git_dirty) == told


def test_a_cell_that_an_agent_has_is_held_for_it(node):
    node.agent("first")
    other = Returns(node.assignment)

    assert other.begin("another", CELL).ended.status == HELD
    node.returns.release("first")
    assert other.begin("another", CELL) is None
    other.close()

"""A tracker is sent each cell and each step once, whatever was killed when."""

from __future__ import annotations

import json
import os

import pytest

from metabench_trackers.follower import follow
from metabench_trackers.tracked import TrackedRun

CELLS = ("pretrain-a", "meta-m-b", "adapt-m-c")


class Memory:
    """A tracker that keeps what it was sent, and may die at a step."""

    to = "memory"

    def __init__(self, *, live, dies_at=0):
        self.live, self.dies_at = live, dies_at
        self.steps, self.ends, self.boards = {}, {}, []

    def open(self, cell):
        if not self.live:
            self.steps[cell.name] = []  # an incomplete run is replaced
        return MemoryRun(self, cell.name)

    def leaderboard(self, files):
        self.boards.append(files)

    def close(self):
        pass


class MemoryRun:
    """A cell's run."""

    def __init__(self, tracker, name):
        self.tracker, self.name = tracker, name
        self.last = max(tracker.steps.setdefault(name, []), default=0)

    def log(self, steps):
        for step in steps:
            if step.number == self.tracker.dies_at:
                raise OSError("killed")
            self.tracker.steps[self.name].append(step.number)

    def finish(self, status, scores):
        self.tracker.ends.setdefault(self.name, []).append((status, scores))


def key(name):
    return name[-1] * 64


@pytest.fixture
def run(tmp_path, place):
    cells = [
        {"cell": name, "key": key(name), "kind": name.partition("-")[0], "method": "M"}
        for name in CELLS
    ]
    note = {"name": "b", "smoke": False, "cells": cells, "uses": []}
    (tmp_path / "run.json").write_text(json.dumps(note))
    return TrackedRun(tmp_path, place)


def write(run, name, steps, status="", record="1"):
    folder = run.folder / "cells" / name
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"stage": "s", "step": step, "total": 9, "loss": 1.0}) for step in steps]
    (folder / "metrics.jsonl").write_text("".join(f"{line}\n" for line in lines))
    if status:
        names = ("result.json", "failure.json")
        kept, gone = names if status == "ok" else names[::-1]
        (folder / gone).unlink(missing_ok=True)
        (folder / kept).write_text(json.dumps({"status": status, "scores": {}, "sha256": record}))


def followed(tracker, run, *lines):
    """Follow a run whose observer names cells and is gone."""
    read, written = os.pipe()
    os.write(written, "".join(f"{line}\n" for line in lines).encode())
    os.close(written)
    try:
        follow(tracker, run, read)
    finally:
        os.close(read)


@pytest.mark.parametrize("live", [True, False])
def test_cells_that_ended_when_nobody_looked_are_sent_once(run, live):
    tracker = Memory(live=live)
    for name in CELLS[:2]:
        write(run, name, range(1, 10), "ok")
    for _ in range(2):
        followed(tracker, run)

    assert tracker.steps == {name: list(range(1, 10)) for name in CELLS[:2]}
    assert tracker.ends == {name: [("ok", {})] for name in CELLS[:2]}


@pytest.mark.parametrize("live", [True, False])
def test_a_run_that_is_killed_and_resumed_from_a_checkpoint_has_each_step_once(run, live):
    tracker = Memory(live=live)
    write(run, CELLS[0], range(1, 8))
    followed(tracker, run, key(CELLS[0]))
    assert tracker.steps.get(CELLS[0], []) == (list(range(1, 8)) if live else [])

    write(run, CELLS[0], range(1, 10), "ok")  # from step 5 on again, with the same numbers
    followed(tracker, run, key(CELLS[0]))

    assert tracker.steps == {CELLS[0]: list(range(1, 10))}
    assert tracker.ends == {CELLS[0]: [("ok", {})]}


@pytest.mark.parametrize("live", [True, False])
def test_a_tracker_killed_in_the_middle_of_a_cell_is_sent_the_rest(run, live):
    tracker = Memory(live=live, dies_at=5)
    write(run, CELLS[0], range(1, 10), "ok")
    with pytest.raises(OSError, match="killed"):
        followed(tracker, run)
    tracker.dies_at = 0
    followed(tracker, run)

    assert tracker.steps == {CELLS[0]: list(range(1, 10))}
    assert tracker.ends == {CELLS[0]: [("ok", {})]}


def test_a_failed_cell_that_is_run_again_ends_again(run):
    tracker = Memory(live=True)
    write(run, CELLS[0], range(1, 4), "diverged")
    followed(tracker, run)
    write(run, CELLS[0], range(1, 10), "ok", record="2")
    followed(tracker, run)

    assert tracker.steps == {CELLS[0]: list(range(1, 10))}
    assert [status for status, _ in tracker.ends[CELLS[0]]] == ["diverged", "ok"]


def test_a_name_that_no_cell_has_is_ignored(run):
    followed(tracker := Memory(live=True), run, "nothing", "")

    assert tracker.steps == {}
    assert tracker.boards == []

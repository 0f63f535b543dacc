"""Any number of processes on one run folder: each cell is run by one of them, none is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from kit.benchmark import FOMAML, REPTILE, benchmark
from kit.kills import ends

from metabench.store.run_folder import Store

WRITER = """
import hashlib, pathlib, sys
from metabench.plan.cell import Cell
from metabench.store.records.cell import CellNote, Provenance, Result
from metabench.store.records.run import RunNote
from metabench.store.run_folder import Store
from metabench.session.runner.claim import claim

store, count, ran = Store(pathlib.Path(sys.argv[1])), int(sys.argv[2]), 0
NOTE = RunNote(name="many", methods=(), columns=(), uses=())

def cell(number):
    key = hashlib.sha256(str(number).encode()).hexdigest()
    return Cell("adapt", f"c{number:05d}", key, {}, None)

def run(one):
    fields = {"kind": "adapt", "name": one.name, "key": one.key}
    store.commit_note(one.folder, CellNote(**fields, inputs={}))
    with (store.folder / "ran").open("a") as file:
        file.write(f"{one.name}\\n")
    where = Provenance(metabench="0", python="3")
    store.commit_result(one.folder, Result(**fields, wall_seconds=1.0, provenance=where))

with store.join("", "", NOTE):
    cells = [cell(number) for number in range(count)]
    seen = {one.key: store.stamp(one.folder) for one in cells}
    left = [one for one in cells if store.result(one.folder, key=one.key) is None]
    while left:
        later = []
        for one in left:
            with claim(one, store, seen[one.key]) as elsewhere:
                if elsewhere is None:
                    run(one)
                    ran += 1
            if elsewhere is not None and elsewhere.ended.status == "held":
                later.append(one)
        left = later
print(ran)
"""

FILE = benchmark(
    "shared",
    *(FOMAML, REPTILE),
    tasks={"target": ["embedded/entailment", "embedded/grammar"]},
    pretrain={"steps": 4},
    meta={"steps": 4},
    finetune={"epochs": 0.05},
    seeds={"meta": [0, 1]},
    compute={"checkpoint_seconds": 0},
)
CELLS = 13  # an encoder; two methods by two seeds; each for two tasks


def write_many(folder, *, processes, count):
    """Have processes commit one record for each cell of a run; return how many each has run."""
    command = [sys.executable, "-c", WRITER, str(folder), str(count)]
    writers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    ended = [writer.communicate() for writer in writers]
    for writer, (_, errors) in zip(writers, ended, strict=True):
        assert (writer.returncode, errors) == (0, "")
    return [int(said) for said, _ in ended]


def require_each_once(folder, ran, count):
    names = (folder / "ran").read_text().split()
    cells = list(Store(folder).cells())

    assert sum(ran) == count
    assert len(names) == len(set(names)) == count
    assert len(cells) == count
    assert all(cell.result is not None and not cell.damage for cell in cells)
    assert not list(folder.rglob("LOCK"))
    assert not list((folder / "processes").iterdir())


@pytest.mark.slow
def test_eight_processes_commit_thousands_of_records_none_lost_and_none_twice(tmp_path):
    count = int(os.environ.get("METABENCH_COMMITS", "2000"))  # a recorded run took 10,000
    ran = write_many(tmp_path, processes=8, count=count)

    require_each_once(tmp_path, ran, count)


@pytest.fixture(scope="module")
def alone(tmp_path_factory, server):
    """Return what one process comes to."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "shared.toml").write_text(FILE)
    server.run(folder, "run", "shared.toml")
    return ends(folder)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the benchmark file."""
    (tmp_path / "shared.toml").write_text(FILE)
    return tmp_path


@pytest.fixture
def start(server, folder):
    """Return what begins a run."""
    return lambda *arguments: server.start(folder, "run", "shared.toml", *arguments)


def began(folder):
    """Return how often each cell was begun, by its log."""
    logs = sorted(folder.glob("runs/shared/cells/*/log.txt"))
    return {log.parent.name: log.read_text().count(" started ") for log in logs}


@pytest.mark.slow
def test_two_runs_of_one_folder_share_its_cells_and_come_to_the_same_bits(start, folder, alone):
    runs = [start(*jobs) for jobs in ((), ("-j", "2"))]

    assert [run.wait() for run in runs] == [0, 0], [run.said for run in runs]
    assert ends(folder) == alone
    assert len(alone) == CELLS
    assert set(began(folder).values()) == {1}
    assert runs[0].printed == runs[1].printed
    assert "by another process" in runs[0].said + runs[1].said


@pytest.mark.slow
def test_a_cell_whose_holder_is_killed_is_taken_over_from_its_last_checkpoint(start, folder, alone):
    first = start()
    cells = folder / "runs" / "shared" / "cells"
    while not list(cells.glob("meta-*/checkpoints/step-*")):
        assert first.poll() is None
        time.sleep(0.005)
    first.send(signal.SIGSTOP)
    second = start()
    while not list(cells.glob("adapt-*/result.json")):
        assert second.poll() is None
        time.sleep(0.05)
    held = [path.parent.name for path in cells.glob("*/LOCK")]
    first.send(signal.SIGKILL)
    first.wait()

    assert second.wait() == 0, second.said
    assert held
    assert ends(folder) == alone
    assert sorted(began(folder).values())[:-1] == [1] * (CELLS - 1)
    assert max(began(folder).values()) <= 2


@pytest.mark.slow
def test_another_benchmark_in_the_same_folder_is_refused_while_somebody_works(start, folder):
    first = start()
    while not (folder / "runs" / "shared" / "run.json").exists():
        assert first.poll() is None
        time.sleep(0.005)
    other = start("--set", "meta.steps=5")

    assert other.wait() == 4
    assert f"process {first.pid} on" in other.said
    assert "with another benchmark file or other settings" in other.said
    part = start("--only", "method=Reptile")
    assert (part.wait(), first.wait()) == (0, 0), part.said + first.said

"""Equal records from every launcher, but for time and place; what ends an agent ends no cell."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from kit.benchmark import FOMAML, PLAIN, benchmark

FILE = benchmark(
    "spread", PLAIN, FOMAML,
    tasks={"target": ["embedded/entailment"]},
    meta={"steps": 60},
    finetune={"epochs": 0.05},
    seeds={"meta": [0, 1]},
    compute={"checkpoint_seconds": 0},
)  # fmt: skip
TIME_AND_PLACE = {
    "cpu_seconds", "peak_memory_bytes", "provenance.command", "provenance.ended",
    "provenance.started", "sha256", "wall_seconds", "attempts",
}  # fmt: skip
SLURM = ("--launcher", "slurm", "--launcher-set", "jobs=2", "--launcher-set", "poll_seconds=1")


def slurm(*words):
    """Return what a command of Slurm prints; skip the test where there is no cluster."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("Slurm is not installed")
    if done.returncode:
        pytest.skip(f"no Slurm cluster answers: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout


def records(folder):
    paths = (folder / "runs" / "spread" / "cells").glob("*/result.json")
    return {path.parent.name: json.loads(path.read_text()) for path in paths}


def flat(value, path=""):
    """Return every field of a record by its dotted path."""
    if not isinstance(value, dict):
        return {path: value}
    inner = (flat(one, f"{path}.{name}".lstrip(".")) for name, one in value.items())
    return {name: one for part in inner for name, one in part.items()}


def require_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, record in found.items():
        here, there = flat(record), flat(expected[name])
        differing = {key for key in here | there if here.get(key) != there.get(key)}
        assert differing <= TIME_AND_PLACE, name


def start(folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "metabench", "run", "spread.toml", *arguments],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def run(folder, *arguments):
    process = start(folder, *arguments)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return said


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Return the records of one process."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "spread.toml").write_text(FILE)
    run(folder)
    return records(folder)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the benchmark file."""
    (tmp_path / "spread.toml").write_text(FILE)
    return tmp_path


@pytest.mark.slow
def test_agents_of_this_machine_leave_equal_records(folder, alone):
    run(folder, "-j", "2")

    require_equal(records(folder), alone)


@pytest.mark.slow
def test_jobs_of_slurm_leave_equal_records_and_none_is_left(folder, alone):
    slurm("sinfo")
    run(folder, *SLURM)

    require_equal(records(folder), alone)
    assert slurm("squeue", "--noheader", "--me") == ""
    assert [path.name for path in (folder / "runs/spread/agents").iterdir()] == [".alive"]


def wait_for_meta_training(folder, process):
    cells = folder / "runs" / "spread" / "cells"
    while process.poll() is None and not list(cells.glob("meta-*/checkpoints/step-*")):
        time.sleep(0.05)


@pytest.mark.slow
def test_a_run_that_another_process_cancels_resumes_to_equal_records(folder, alone):
    process = start(folder, "-j", "2")
    wait_for_meta_training(folder, process)
    cancel = [sys.executable, "-m", "metabench", "cancel", "spread"]
    cancelled = subprocess.run(cancel, cwd=folder, capture_output=True, text=True, check=True)
    said, _ = process.communicate()

    assert process.returncode == 130, said
    assert "error: cancelled by `metabench cancel`; " in said
    assert "hint: resume with: " in said
    assert cancelled.stdout.splitlines()[1:] == [
        "spread: stopped; the next `metabench run` resumes it"
    ]
    assert records(folder).keys() < alone.keys()
    run(folder)
    require_equal(records(folder), alone)


@pytest.mark.slow
def test_a_job_that_is_cancelled_costs_no_cell_and_the_log_says_why(folder, alone):
    slurm("sinfo")
    process = start(folder, *SLURM)
    wait_for_meta_training(folder, process)
    for job in slurm("squeue", "--noheader", "--me", "--format=%i").split():
        slurm("scancel", job)
    said, _ = process.communicate()

    assert process.returncode == 0, said
    require_equal(records(folder), alone)
    assert not list(folder.glob("runs/spread/cells/*/failure.json"))
    logs = "".join(path.read_text() for path in folder.glob("runs/spread/cells/meta-*/log.txt"))
    assert re.search(r"given to another agent: .+: (stopped after step \d+|its job|job \d+)", logs)


@pytest.mark.slow
def test_a_coordinator_that_is_killed_loses_nothing_that_its_jobs_have_done(folder, alone):
    slurm("sinfo")
    process = start(folder, *SLURM)
    wait_for_meta_training(folder, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    run(folder, *SLURM)

    require_equal(records(folder), alone)
    logs = [path.read_text() for path in folder.glob("runs/spread/cells/*/log.txt")]
    assert {log.count(" started ") for log in logs} == {1}
    assert slurm("squeue", "--noheader", "--me") == ""

"""Equal records from every launcher, but for time and place; what ends an agent ends no cell."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from kit.launched import FILE, records, require_equal, run, start, wait_for_meta_training

from metabench.plugin.catalog import load_catalog
from metabench.testing.conformance import checks_of, find_subject

SLURM = ("--launcher", "slurm", "--launcher-set", "jobs=2", "--launcher-set", "poll_seconds=1")
RAY_MEMORY = 80 * 1024 * 1024  # bytes of the object store of each node


def slurm(*words):
    """Return what a command of Slurm prints; skip the test where there is no cluster."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("Slurm is not installed")
    if done.returncode:
        pytest.skip(f"no Slurm cluster answers: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Return the records of one process."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "spread.toml").write_text(FILE)
    run(folder)
    return records(folder)


@pytest.fixture(scope="module")
def cluster():
    """Return a Ray cluster on this machine: a head without a core, and three nodes with one."""
    pytest.importorskip("ray", reason="Ray is not installed; it is the extra [ray]")
    from ray.cluster_utils import Cluster

    made = Cluster()
    made.add_node(num_cpus=0, object_store_memory=RAY_MEMORY, include_dashboard=False)
    for _ in range(3):
        made.add_node(num_cpus=1, object_store_memory=RAY_MEMORY)
    yield made
    made.shutdown()


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


def on(cluster):
    """Return the arguments that run cells on a Ray cluster."""
    return ("--launcher", "ray", "--launcher-set", f"address={cluster.address}", "-j", "3")


def log_of(folder, kind):
    return "".join(path.read_text() for path in folder.glob(f"runs/spread/cells/{kind}-*/log.txt"))


def wait_for(holds, process):
    """Wait until something holds, or a process has ended."""
    while process.poll() is None and not holds():
        time.sleep(0.1)


@pytest.mark.slow
def test_actors_of_ray_leave_equal_records(folder, alone, cluster):
    run(folder, *on(cluster))

    require_equal(records(folder), alone)
    assert log_of(folder, "*").count(" started ") == len(alone)


def logs(folder):
    """Return the log of each cell, and whether a checkpoint of it is in the run folder."""
    cells = folder / "runs" / "spread" / "cells"
    return {
        path.parent.name: (path.read_text(), any(path.parent.glob("checkpoints/step-*")))
        for path in cells.glob("*/log.txt")
    }


@pytest.mark.slow
def test_dead_nodes_of_ray_and_a_dead_driver_cost_no_cell(folder, alone, cluster):
    """The agents have folders of their own, so that checkpoints are those that came back."""
    apart = (*on(cluster), "--launcher-set", "shared_folder=false")
    process = start(folder, *apart)
    wait_for_meta_training(folder, process)
    before = logs(folder)
    for node in sorted(cluster.worker_nodes, key=str)[:2]:  # of the three, two train
        cluster.remove_node(node, allow_graceful=False)
    again = re.compile(r" given to another agent: .*\n.* started ")
    wait_for(lambda: again.search(log_of(folder, "*")), process)
    process.send_signal(signal.SIGKILL)
    said, _ = process.communicate()
    found = log_of(folder, "*")
    run(folder, *apart)
    later = {
        cell: text.removeprefix(before[cell][0])
        for cell, (text, _) in logs(folder).items()
        if cell in before
    }
    started = {cell: re.findall(r" started \S+(.*)", text) for cell, text in later.items()}

    assert again.search(found), said
    assert all(
        " after step " in how for cell in started if before[cell][1] for how in started[cell]
    )
    assert not list(folder.glob("runs/spread/cells/*/failure.json"))
    require_equal(records(folder), alone)


@pytest.mark.slow
def test_ray_conforms(cluster):
    subject = find_subject("launcher", "ray", load_catalog(blocked=frozenset({"all"})))
    given = replace(subject, given={"address": cluster.address, "cpus": 0.1})

    for check in checks_of("launcher"):
        check.call(given)

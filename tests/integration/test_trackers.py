"""Weights & Biases and MLflow, the real packages, told of a real run that is killed twice."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from itertools import pairwise

import pytest
from kit.benchmark import JOINT, benchmark

SECRET = "canary-wandb-key-0123456789abcdef0123456789"  # noqa: S105  (no real one)
STEPS = 60
BENCHMARK = benchmark(
    "tracked",
    JOINT,
    meta={"steps": STEPS},
    finetune={"epochs": 0.1},
    seeds={"meta": [0]},
    compute={"checkpoint_seconds": 0.1},
)


def wait(condition, seconds=120.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def meta_steps(run):
    files = list((run / "cells").glob("meta-*/metrics.jsonl"))
    return files[0].read_bytes().count(b"\n") if files else 0


def tracker_of(run, name):
    return int((run / name / "LOCK").read_text() or 0)


def killed_twice(server, folder, name, environment):
    """Run, kill the command, run, kill it and the tracker, run; return the run folder."""
    (folder / "tracked.toml").write_text(BENCHMARK)
    run = folder / "runs" / "tracked"
    arguments = ("run", "tracked.toml", "--observer", name)
    for part, also_tracker in ((0.3, False), (0.6, True)):
        running = server.start(folder, *arguments, environment=environment)
        wait(lambda part=part: meta_steps(run) > part * STEPS)
        if also_tracker:
            with suppress(ProcessLookupError, OSError, ValueError):
                os.kill(tracker_of(run, name), signal.SIGKILL)
        running.send(signal.SIGKILL)
        running.wait()
    done = server.start(folder, *arguments, environment=environment)
    assert done.wait() == 0, done.said
    assert "continues without it" not in done.said
    return run


def expected(run):
    """Return the loss of every step by name of its cell, as the run folder has it."""
    found = {}
    for file in (run / "cells").glob("*/metrics.jsonl"):
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        name = next(key for key in ("loss", "loss_after") if key in lines[0])
        found[file.parent.name] = (
            f"{lines[0]['stage']}/{name}",
            [(line["step"], line[name]) for line in lines],
        )
    return found


@pytest.mark.slow
def test_wandb_has_every_step_once_after_two_kills_offline_and_no_secret(server, tmp_path):
    pytest.importorskip("wandb", reason="the package wandb is not installed")
    from kit.wandb_files import history, records

    environment = {"WANDB_API_KEY": SECRET, "WANDB_MODE": None}
    run = killed_twice(server, tmp_path, "wandb", environment)
    made = {}
    for file in (run / "wandb").glob("offline-run-*/*.wandb"):
        (note,) = [one.run for one in records(file) if one.WhichOneof("record_type") == "run"]
        assert note.host in {"", "-"}
        assert made.setdefault(note.display_name, (note, file)) == (note, file)

    cells = expected(run)
    assert made.keys() == {*cells, "leaderboard"}
    for name, (metric, values) in cells.items():
        assert history(made[name][1], metric) == values
        method = "" if name.startswith("pretrain") else "/Joint"
        assert made[name][0].run_group == f"tracked{method}"
    assert len(cells[next(name for name in cells if name.startswith("meta"))][1]) == STEPS
    artifacts = [
        one.artifact for one in records(made["leaderboard"][1])
        if one.WhichOneof("record_type") == "artifact"
    ] or [
        one.request.log_artifact.artifact for one in records(made["leaderboard"][1])
        if one.WhichOneof("record_type") == "request"
    ]  # fmt: skip
    named = {entry.path for entry in artifacts[0].manifest.contents}
    assert {"report.html", "leaderboard.json"} <= named
    files = [path for path in run.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def free_port():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


@pytest.fixture
def mlflow_server(tmp_path):
    """The address of a tracking server with a SQLite store."""
    pytest.importorskip("mlflow", reason="the package mlflow is not installed")
    place = tmp_path / "server"
    place.mkdir()
    address = f"http://127.0.0.1:{free_port()}"
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port",
        address.rpartition(":")[2], "--workers", "1", "--artifacts-destination", "artifacts",
        "--backend-store-uri", "sqlite:///store.db",
    ]  # fmt: skip
    with (place / "log.txt").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=place, stdout=log, stderr=log, start_new_session=True
        )

        def answers():
            with suppress(OSError), urllib.request.urlopen(f"{address}/health"):  # noqa: S310
                return True
            assert server.poll() is None, (place / "log.txt").read_text()
            return False

        wait(answers)
        yield address
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_mlflow_server_has_every_step_once_after_two_kills(server, tmp_path, mlflow_server):
    import mlflow

    path = os.pathsep.join(sys.path)
    environment = {"MLFLOW_TRACKING_URI": mlflow_server, "PYTHONPATH": path}
    run = killed_twice(server, tmp_path, "mlflow", environment)
    client = mlflow.MlflowClient(tracking_uri=mlflow_server)
    experiment = client.get_experiment_by_name("tracked").experiment_id
    made = {one.info.run_name: one for one in client.search_runs([experiment])}
    cells = expected(run)

    assert sorted(one.info.run_name for one in client.search_runs([experiment])) == sorted(
        [*cells, "Joint", "leaderboard"]
    )
    for name, (metric, values) in cells.items():
        sent = client.get_metric_history(made[name].info.run_id, metric)
        assert sorted((one.step, one.value) for one in sent) == values
        parent = made[name].data.tags.get("mlflow.parentRunId")
        shared = name.startswith("pretrain")
        assert parent == (None if shared else made["Joint"].info.run_id)
    listed = {one.path for one in client.list_artifacts(made["leaderboard"].info.run_id)}
    assert {"report.html", "leaderboard.json"} <= listed
    assert all(one.info.status == "FINISHED" for one in made.values())


@pytest.mark.slow
def test_a_tracker_that_fails_is_one_warning_without_its_token(server, tmp_path):
    """The tracker is a package of this name that raises as one does that a server refuses."""
    (tmp_path / "tracked.toml").write_text(BENCHMARK.replace(f"steps = {STEPS}", "steps = 3"))
    fake = tmp_path / "fake" / "wandb"
    fake.mkdir(parents=True)
    (fake / "__init__.py").write_text(
        "import os\n"
        "raise OSError('refused: https://me:hunter2@host/ ' + os.environ['WANDB_API_KEY'])\n"
    )
    environment = {"WANDB_API_KEY": SECRET, "PYTHONPATH": str(fake.parent)}
    done = server.start(
        tmp_path, "run", "tracked.toml", "--observer", "wandb", environment=environment
    )
    assert done.wait() == 0, done.said
    said = done.said + done.printed

    assert said.count("wandb: OSError: refused: https://***@host/ ***") == 1
    files = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    for secret in (SECRET, "hunter2"):
        assert secret not in said
        assert [path for path in files if secret.encode() in path.read_bytes()] == []


def test_steps_are_in_order_in_what_the_tests_expect(tmp_path):
    """What the run folder has is itself each step once, which the comparison above relies on."""
    cell = tmp_path / "cells" / "meta-a"
    cell.mkdir(parents=True)
    lines = [json.dumps({"stage": "meta", "step": step, "loss": 1.0}) for step in (1, 2, 3)]
    (cell / "metrics.jsonl").write_text("\n".join(lines))
    ((_, values),) = expected(tmp_path).values()

    assert all(one[0] + 1 == two[0] for one, two in pairwise(values))

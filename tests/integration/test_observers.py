"""Observers of a real run: their scalars are in its curves, and they change nothing of it."""

from __future__ import annotations

import json

import pytest
from kit.benchmark import JOINT, PLAIN, benchmark

WATCHER = """
import os
from metabench.api import hookimpl

@hookimpl
def metabench_step(event):
    return {"watcher/double": 2 * event.step, "watcher/pid": os.getpid()}
"""
RAISING = """
from metabench.api import hookimpl

@hookimpl
def metabench_step(event):
    raise OSError("no sensor")
"""


@pytest.fixture
def folder(tmp_path):
    text = benchmark(
        "small",
        *(PLAIN, JOINT),
        tasks={"target": ["embedded/grammar", "embedded/entailment"]},
        pretrain={"steps": 4},
        meta={"steps": 3},
        finetune={"epochs": 0.1},
        seeds={"meta": [0]},
        compare={"baselines": ["Plain"]},
    )
    (tmp_path / "bench.toml").write_text(text)
    (tmp_path / "watcher.py").write_text(WATCHER)
    (tmp_path / "raising.py").write_text(RAISING)
    return tmp_path


def run(command, folder, *arguments):
    done = command("run", "bench.toml", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done


def metrics(folder, runs):
    return {
        path.parent.name: [json.loads(line) for line in path.read_text().splitlines()]
        for path in (folder / runs / "small" / "cells").glob("*/metrics.jsonl")
    }


def numbers(read, folder):
    told = ("scores", "losses", "files")
    return {
        name: {key: result[key] for key in told} for name, result in read(folder / "small").items()
    }


@pytest.mark.slow
def test_scalars_of_an_observer_join_every_step_and_change_no_number(folder, command, read):
    run(command, folder, "--runs", "plain")
    run(command, folder, "--runs", "watched", "--plugin-file", "watcher.py", "-j", "2")
    watched, plain = metrics(folder, "watched"), metrics(folder, "plain")

    assert watched.keys() == plain.keys()
    for name, steps in watched.items():
        added = [(step.pop("watcher/double"), step.pop("watcher/pid")) for step in steps]
        assert steps == plain[name]
        assert [double for double, _ in added] == [2 * step["step"] for step in steps]
    assert numbers(read, folder / "watched") == numbers(read, folder / "plain")
    shown = command(
        "logs", "pretrain", "--scalars", "--runs", "watched", cwd=folder
    ).stdout.splitlines()
    assert [json.loads(line)["watcher/double"] for line in shown] == [2, 4, 6, 8]


@pytest.mark.slow
def test_an_observer_that_raises_at_every_step_fails_no_cell_and_is_named_once(folder, command):
    files = ("--plugin-file", "raising.py", "--plugin-file", "watcher.py")
    done = run(command, folder, *files)
    report = command("compare", "small", "-o", "report.html", cwd=folder)
    logs = [path.read_text() for path in (folder / "runs").rglob("log.txt")]

    assert done.stderr.count("metabench_step raised OSError: no sensor") == 1
    assert all(log.count("metabench_step raised OSError: no sensor") == 1 for log in logs)
    for steps in metrics(folder, "runs").values():
        assert all(step["watcher/double"] == 2 * step["step"] for step in steps)
    assert report.returncode == 0, report.stderr
    assert "Watcher/double, one seed" in (folder / "report.html").read_text()


@pytest.mark.slow
def test_tensorboard_has_every_scalar_of_every_step_and_the_scores(folder, command, read):
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    run(command, folder, "--observer", "tensorboard", "-j", "2")
    results = read(folder / "runs" / "small")

    for name, steps in metrics(folder, "runs").items():
        found = {}
        for path in (folder / "runs" / "small" / "tensorboard" / name).iterdir():
            for event in loader.LegacyEventFileLoader(str(path)).Load():
                for value in event.summary.value:
                    found[value.tag, event.step] = value.simple_value
        expected = {
            (f"{step['stage']}/{scalar}", step["step"]): value
            for step in steps
            for scalar, value in step.items()
            if scalar not in {"stage", "step", "total"}
        }
        scores = results[name]["scores"].items()
        expected |= {(f"score/{metric}", 0): value for metric, value in scores}
        assert found == pytest.approx(expected, rel=1e-6)  # TensorBoard keeps single precision


@pytest.mark.slow
def test_without_tensorboard_the_run_says_how_to_install_it_and_goes_on(folder, command):
    hidden = folder / "hidden" / "tensorboard"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError('not here')")
    arguments = (
        "run",
        "bench.toml",
        "--smoke",
        "--only",
        "method=Plain",
        "--only",
        "kind=pretrain",
    )
    done = command(
        *arguments, "--observer", "tensorboard", cwd=folder, PYTHONPATH=str(hidden.parent)
    )

    assert done.returncode == 0, done.stderr
    assert "pip install 'metabench[tensorboard]'" in done.stderr
    assert not (folder / "runs" / "small.smoke" / "tensorboard").exists()


def test_an_observer_that_is_not_there_is_refused_before_anything_is_run(folder, command):
    done = command("run", "bench.toml", "--observer", "tensorbord", cwd=folder)

    assert done.returncode == 3
    assert "did you mean 'tensorboard'?" in done.stderr
    assert not (folder / "runs").exists()

"""A benchmark that walks every path in seconds, and a way to run commands as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock
from kit.benchmark import FOMAML, JOINT, MAML, PLAIN, REPTILE, benchmark

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kit.commands import CommandServer

READ_LATE = {"METABENCH_HUB", "PYTHONPATH", "TORCHINDUCTOR_CACHE_DIR"}
"""Variables that a process reads when it has begun."""

SMALL = benchmark(
    "small",
    *(PLAIN, JOINT, MAML, FOMAML | {"sampler": "uniform"}),
    REPTILE | {"id": "Reptile 2:1", "sampler": {"name": "mixed", "ratio": 2}},
    tasks={
        "target": ["embedded/grammar", "embedded/entailment"],
        "transfer": [{"task": "embedded/science", "fractions": [0.02]}],
    },
    pretrain={"steps": 4},
    meta={"steps": 3},
    finetune={"epochs": 0.1},
    seeds={"meta": [0, 1]},
    compare={"baselines": ["Plain"]},
)


def metabench(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, which reads all of its environment."""
    inherited = {key: value for key, value in os.environ.items() if key != "METABENCH_HUB"}
    return subprocess.run(
        [sys.executable, "-m", "metabench", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=inherited | {"OMP_NUM_THREADS": "1", **environment},
    )


def records(folder: Path) -> dict[str, Any]:
    """Return every result of a run folder by name of its cell."""
    paths = sorted((folder / "cells").glob("*/result.json"))
    return {path.parent.name: json.loads(path.read_text()) for path in paths}


@pytest.fixture
def small() -> str:
    """The text of the benchmark file."""
    return SMALL


@pytest.fixture(scope="session")
def process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs metabench in a process of its own."""
    return metabench


@pytest.fixture(scope="session")
def command(server: CommandServer) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs metabench in a folder, on one thread, without a mirror unless one is given.

    A fork of what has imported everything already, but where a variable is given that is read
    while that is imported.
    """

    def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        if environment.keys() - READ_LATE:
            return metabench(*arguments, cwd=cwd, **environment)
        given: dict[str, str | None] = {"METABENCH_HUB": None, **environment}
        return server.complete(cwd, *arguments, environment=given)

    return run


@pytest.fixture
def read() -> Callable[[Path], dict[str, Any]]:
    """Reads the results of a run folder."""
    return records


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Returns a folder that is made by the first who asks for it, for all of pytest's processes."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder_of(name: str, make: Callable[[Path], None]) -> Path:
        folder = shared / name
        with FileLock(f"{folder}.lock"):
            if not folder.exists():
                made = shared / f"{name}.made"
                made.mkdir()
                make(made)
                made.rename(folder)
        return folder

    return folder_of


@pytest.fixture(scope="session")
def finished(
    once: Callable[[str, Callable[[Path], None]], Path],
    command: Callable[..., subprocess.CompletedProcess[str]],
) -> Path:
    """A folder in which the benchmark was run with two workers; not to be written to."""

    def run(folder: Path) -> None:
        (folder / "small.toml").write_text(SMALL)
        done = command("run", "small.toml", "-j", "2", cwd=folder)
        assert done.returncode == 0, done.stderr
        (folder / "stdout.txt").write_text(done.stdout)

    return once("finished", run)

"""A benchmark that walks every path in seconds, and a way to run commands as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from kit.benchmark import FOMAML, JOINT, MAML, PLAIN, REPTILE, benchmark

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
    """Run a command in a folder, on one thread, without a mirror unless one is given."""
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
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs metabench."""
    return metabench


@pytest.fixture
def read() -> Callable[[Path], dict[str, Any]]:
    """Reads the results of a run folder."""
    return records


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the benchmark was run with two workers; not to be written to."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "small.toml").write_text(SMALL)
    done = metabench("run", "small.toml", "-j", "2", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout)
    return folder

"""One benchmark by every launcher: its records are equal but for time and place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from kit.benchmark import FOMAML, PLAIN, benchmark

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FILE", "records", "require_equal", "run", "start", "wait_for_meta_training"]

FILE = benchmark(
    "spread", PLAIN, FOMAML,
    tasks={"target": ["embedded/entailment"]},
    meta={"steps": 60},
    finetune={"epochs": 0.05},
    seeds={"meta": [0, 1]},
    compute={"checkpoint_seconds": 0.3},
)  # fmt: skip
_TIME_AND_PLACE = {
    "cpu_seconds", "peak_memory_bytes", "provenance.command", "provenance.ended",
    "provenance.started", "sha256", "wall_seconds", "attempts",
}  # fmt: skip


def records(folder: Path) -> dict[str, Any]:
    """Return the results of a run by the names of their folders."""
    paths = (folder / "runs" / "spread" / "cells").glob("*/result.json")
    return {path.parent.name: json.loads(path.read_text()) for path in paths}


def require_equal(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Compare all fields of all records, but for time and place.

    Raises:
        AssertionError: one differs.
    """
    assert found.keys() == expected.keys()
    for name, record in found.items():
        here, there = _flat(record), _flat(expected[name])
        differing = {key for key in here | there if here.get(key) != there.get(key)}
        assert differing <= _TIME_AND_PLACE, name


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the benchmark of a folder in a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "metabench", "run", "spread.toml", *arguments],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def run(folder: Path, *arguments: str) -> str:
    """Run the benchmark of a folder to its end; return what it printed.

    Raises:
        AssertionError: it fails.
    """
    process = start(folder, *arguments)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return said


def wait_for_meta_training(folder: Path, process: subprocess.Popen[str]) -> None:
    """Wait for the first checkpoint of meta-training, or the end of the process."""
    cells = folder / "runs" / "spread" / "cells"
    while process.poll() is None and not list(cells.glob("meta-*/checkpoints/step-*")):
        time.sleep(0.05)


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return every field of a record by its dotted path."""
    if not isinstance(value, dict):
        return {path: value}
    inner = (_flat(one, f"{path}.{name}".lstrip(".")) for name, one in value.items())
    return {name: one for part in inner for name, one in part.items()}

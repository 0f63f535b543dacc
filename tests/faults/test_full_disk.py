"""A full disk costs nothing that was there, says how much it lacks, and freed it goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kit.benchmark import REPTILE, benchmark
from kit.kills import ends
from kit.small_disk import in_own_namespace

KIT = str(Path(__file__).parent)
ENVIRONMENT = os.environ | {"PYTHONPATH": KIT, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
FILE = benchmark(
    "small", REPTILE, meta={"steps": 3}, finetune={"epochs": 0.1}, compute={"checkpoint_seconds": 0}
)
REFUSED = """
import subprocess, sys
from pathlib import Path
from kit.small_disk import small_disk
run = [sys.executable, "-m", "metabench", "run", "small.toml", "--runs", "disk"]
with small_disk(Path("disk"), int(sys.argv[1])):
    done = subprocess.run(run, capture_output=True, text=True)
    print(done.returncode, len(list(Path("disk").rglob("cells/*"))), done.stderr)
"""
FILLED = """
import subprocess, sys, time
from pathlib import Path
from kit.small_disk import small_disk
run = [sys.executable, "-m", "metabench", "run", "small.toml", "--runs", "disk"]
ballast = Path("disk/ballast")
with small_disk(Path("disk"), 64 * 1024):
    first = subprocess.Popen(run, stderr=subprocess.PIPE, text=True)
    while not list(Path("disk").glob("small/cells/*/checkpoints/step-*")):
        assert first.poll() is None, first.stderr.read()
        time.sleep(0.001)
    try:  # somebody else fills the disk that was large enough when the run began
        ballast.write_bytes(bytes(2**26))
    except OSError:
        pass
    said = first.communicate()[1]
    ballast.unlink()
    second = subprocess.run(run, capture_output=True, text=True)
    subprocess.run(["cp", "-r", "disk", "copy"], check=True)
    print(first.returncode, second.returncode, said + second.stderr)
"""

pytestmark = pytest.mark.skipif(not in_own_namespace(), reason="nothing may be mounted here")


def call(*words, cwd):
    done = subprocess.run(
        [*in_own_namespace(), sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=ENVIRONMENT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_checkpoints_and_results_are_whole_whatever_room_is_left(tmp_path):
    assert call("-m", "kit.small_disk", str(tmp_path), cwd=tmp_path) == "held\n"


@pytest.fixture
def whole(tmp_path, server):
    """Return what a run leaves that has all the room that it needs."""
    (tmp_path / "small.toml").write_text(FILE)
    server.run(tmp_path, "run", "small.toml", "--runs", "whole")
    return tmp_path / "whole"


def test_a_disk_that_is_too_small_is_refused_before_a_cell_begins(tmp_path, whole):
    used = sum(path.stat().st_size for path in whole.rglob("*")) // 1024

    said = call("-c", REFUSED, str(used * 3 // 2), cwd=tmp_path)

    assert said.startswith("4 0 ")
    assert "error: disk/small: results and checkpoints need about" in said
    assert "free some space" in said


def test_a_run_on_a_full_disk_exits_with_4_and_goes_on_once_there_is_room(tmp_path, whole):
    said = call("-c", FILLED, cwd=tmp_path)

    assert said.startswith("4 0 ")
    assert "bytes are needed and" in said
    assert "free some space and run the same command again" in said
    assert len(ends(tmp_path, "copy")) == 2
    assert ends(tmp_path, "copy") == ends(tmp_path, whole.name)

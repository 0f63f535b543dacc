"""A run that the disk cannot hold is refused before anything is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from kit.benchmark import JOINT, benchmark

from metabench.cli.main import main

FILE = benchmark("disk", JOINT, meta={"steps": 1, "tasks_per_step": 1}, finetune={"epochs": 0.01})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with a benchmark file."""
    (tmp_path / "disk.toml").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lack(monkeypatch, free):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))


def said(capsys):
    (found,) = re.findall(
        r"need about ([\d,]+) bytes, and ([\d,]+) are free", capsys.readouterr().err
    )
    return tuple(int(number.replace(",", "")) for number in found)


def test_a_disk_that_is_too_small_is_refused_with_what_is_needed(folder, monkeypatch, capsys):
    lack(monkeypatch, 1000)

    assert main(["run", "disk.toml"]) == 4
    needed, free = said(capsys)
    # The encoder has about 87,000 parameters: ten copies in checkpoints and results, no hundred.
    assert 10 * 4 * 80_000 < needed < 100 * 4 * 90_000
    assert free == 1000
    assert not (folder / "runs").exists()


def test_what_is_done_needs_no_room_and_each_job_needs_its_own(folder, monkeypatch, capsys):
    lack(monkeypatch, 1000)
    assert main(["run", "disk.toml"]) == 4
    needed, _ = said(capsys)
    assert main(["run", "disk.toml", "-j", "2"]) == 4
    both, _ = said(capsys)
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    lack(monkeypatch, needed)
    assert main(["run", "disk.toml"]) == 0
    lack(monkeypatch, 0)

    assert main(["run", "disk.toml"]) == 0
    assert needed + 3 * 3 * 4 * 80_000 < both < 2 * needed


def test_a_folder_that_cannot_be_written_is_refused_before_torch_is_there(folder):
    (folder / "runs").mkdir()
    (folder / "runs" / "disk").write_text("a file where the folder should be")
    program = (
        "import sys, time; from metabench.cli.main import main; main(['list', 'algorithms']);"
        " began = time.monotonic(); code = main(['run', 'disk.toml']);"
        " print(code, 'torch' in sys.modules, time.monotonic() - began, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=folder
    )
    code, torch, seconds = done.stderr.split()[-3:]

    assert (code, torch) == ("4", "False"), done.stderr
    assert "runs/disk: cannot be read or written: not a directory" in done.stderr
    assert float(seconds) < 20  # in full about half a second; the machine may be busy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_of_somebody_else_is_refused(tmp_path):
    program = (
        "import os, sys, pathlib; from metabench.store.run_folder import Store;"
        " from metabench.errors import StoreError; os.setgid(65534); os.setuid(65534)\n"
        "try: Store(pathlib.Path(sys.argv[1])).lock().__enter__()\n"
        "except StoreError as error: print(error.exit_code, error.problem)"
    )
    tmp_path.parent.chmod(0o755)
    tmp_path.chmod(0o555)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert done.stdout == "4 cannot be written: permission denied\n", done.stderr
    assert time.monotonic() - began < 20

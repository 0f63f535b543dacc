"""What docs/clusters.md shows is true: its job stops in time and asks to come again."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from metabench.errors import DataError
from metabench.tasks.hub import Hub

PAGE = (Path(__file__).parents[2] / "docs" / "clusters.md").read_text(encoding="utf-8")
(JOB,) = re.findall(r"^```text[^\n]*\n(#!/bin/bash\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
BASH = shutil.which("bash")


@pytest.fixture
def node(tmp_path):
    """A node: the job's script, a benchmark, a scheduler that notes what it is asked."""
    scheduler = tmp_path / "bin" / "scontrol"
    scheduler.parent.mkdir()
    scheduler.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    command = tmp_path / "bin" / "metabench"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m metabench "$@"\n')
    for file in (scheduler, command):
        file.chmod(0o755)
    job = JOB.replace("/project", str(tmp_path)).replace("-j 4", "-j 1")  # one process is quicker
    (tmp_path / "job.sh").write_text(job)
    subprocess.run([command, "init", "glue", "--template", "quickstart"], cwd=tmp_path, check=True)
    return tmp_path


def start(node: Path) -> subprocess.Popen[str]:
    path = f"{node / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        [str(BASH), "job.sh"],
        cwd=node,
        env=os.environ | {"PATH": path, "SLURM_JOB_ID": "17", "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


@pytest.mark.skipif(BASH is None, reason="the job is a script for bash")
def test_a_job_whose_time_is_nearly_over_saves_its_step_and_asks_to_come_again(node):
    job = start(node)
    for line in job.stderr:
        if line.startswith("done"):
            break
    time.sleep(1)
    job.send_signal(signal.SIGTERM)
    said = job.communicate(timeout=120)[1]

    assert job.returncode == 143, said
    assert (node / "asked").read_text() == "requeue 17\n"
    assert "resume with: metabench run glue.toml" in said


def test_what_is_not_there_is_the_error_that_the_page_shows():
    with pytest.raises(DataError, match="is not on this machine") as caught:
        raise Hub().missing("dataset", "nyu-mll/glue")

    assert f"error: {caught.value}\n" in PAGE
    assert f"  hint: {caught.value.hint}\n" in PAGE

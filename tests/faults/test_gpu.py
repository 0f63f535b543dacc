"""A run on a GPU that is killed ends in the same bits, in deterministic mode; what that costs.

``METABENCH_TEST_DEVICE=cpu pytest -m gpu`` tries these tests out where there is no GPU.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from kit.kills import FILE, ends

DEVICE = os.environ.get("METABENCH_TEST_DEVICE", "cuda")
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        DEVICE == "cuda" and not torch.cuda.is_available(), reason="there is no GPU here"
    ),
]
HEAD, *METHODS = FILE.split("[[methods]]")
LONGER = HEAD.replace("[meta]\nsteps = 5", "[meta]\nsteps = 25")
ORDERS = [method for method in METHODS if "maml" in method]
TEXT = "[[methods]]".join([LONGER, *ORDERS])


def start(folder, *settings):
    folder.mkdir(exist_ok=True)
    (folder / "long.toml").write_text(TEXT)
    words = [sys.executable, "-m", "metabench", "run", "long.toml", "--device", DEVICE]
    return subprocess.Popen(
        [*words, *settings],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder, *settings):
    process = start(folder, *settings)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    return folder


def kill_within(folder, cell, *settings):
    """Kill a run once a cell has done some steps."""
    process = start(folder, *settings)
    while not [
        *folder.glob(f"runs/long/cells/{cell}-*/checkpoints/step-0000000[01][2-9]"),
        *folder.glob(f"runs/long/cells/{cell}-*/result.json"),
    ]:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def seconds(folder):
    """Return what meta-training took, by method."""
    records = map(
        json.loads, (p.read_text() for p in folder.glob("runs/long/cells/meta-*/r*.json"))
    )
    return {record["method"]: record["wall_seconds"] for record in records}


def test_after_kills_in_deterministic_mode_the_bits_are_the_same(tmp_path, capsys):
    on = ("--set", "compute.deterministic=true")
    whole = run(tmp_path / "whole", *on)
    killed = tmp_path / "killed"
    for cell in ("meta-fomaml", "meta-maml", "adapt-maml"):
        kill_within(killed, cell, *on)

    assert len(ends(whole)) == 5
    assert ends(run(killed, *on)) == ends(whole)
    plain, slow = seconds(run(tmp_path / "plain")), seconds(whole)
    with capsys.disabled():
        for method, took in sorted(slow.items()):
            print(f"\n{method} on {DEVICE}, deterministic: {took / plain[method]:.2f} of the time")  # noqa: T201

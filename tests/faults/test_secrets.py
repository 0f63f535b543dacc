"""What a run leaves may be shown to anybody: no token, no home folder, no name of the machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from kit.benchmark import BERT, benchmark

FILE = benchmark("small", BERT, finetune={"epochs": 0.02})
TOKENS = ("HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "WANDB_API_KEY", "SSH_AUTH_SOCK", "MY_PASSWORD")


def test_no_secret_of_the_environment_is_in_any_file_of_a_run(tmp_path):
    home = tmp_path / "canary-home" / "work"
    home.mkdir(parents=True)
    (home / "small.toml").write_text(FILE)
    secrets = {name: f"canary-{name}-value" for name in TOKENS}
    known = {"HOME": str(home.parent), "USER": "canary-user", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "metabench", "run", "small.toml"],
        cwd=home,
        env=os.environ | known | secrets,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0

    written = {
        path.relative_to(home): path.read_bytes()
        for path in (home / "runs").rglob("*")
        if path.is_file() and path.name != "LOCK"  # which says who holds it, while he does
    }
    told = [
        (path, word)
        for path, content in written.items()
        for word in ("canary", socket.gethostname())
        if word.encode() in content
    ]
    assert len(written) > 5
    assert told == []
    assert b"canary" not in done.stdout + done.stderr

"""A run without its terminal: its output is in the run folder, and its end is reported."""

from __future__ import annotations

import shutil


def test_a_detached_run_with_nothing_to_do_ends_with_its_leaderboard(finished, command, tmp_path):
    for name in ("small.toml", "runs"):
        source = finished / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copy(source, tmp_path)

    done = command("run", "small.toml", "--detach", cwd=tmp_path)

    output = (tmp_path / "runs" / "small" / "output.txt").read_text()
    assert done.returncode == 0, done.stderr
    for printed in (done.stdout, output):
        assert "nothing left to do: " in printed
        assert printed.endswith("results: runs/small\n")


def test_attach_to_a_run_that_is_done_exits_with_0(finished, command):
    done = command("attach", "small", cwd=finished)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("small: runs/small: no active process")

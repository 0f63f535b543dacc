"""A run folder may be copied while somebody works on it."""

from __future__ import annotations

import shutil
import time

import pytest
from kit.kills import FILE, ends, quick_folder, run_whole

pytestmark = pytest.mark.slow

TEXT = FILE.replace("checkpoint_seconds = 0", "checkpoint_seconds = 300")


def copied(run, copy):
    """Copy a run folder as ``cp -r`` does; files may go while it is at work."""
    gone = []
    try:
        shutil.copytree(run, copy)
    except shutil.Error as error:
        gone = [reason for *_, reason in error.args[0]]
    assert all("No such file" in reason for reason in gone)


def test_a_copy_of_a_run_that_goes_on_holds_whole_records_and_goes_on_by_itself(server):
    with quick_folder() as folder:
        original = folder / "original"
        original.mkdir()
        whole = run_whole(server, original, text=TEXT)
        shutil.rmtree(original / "runs" / "long")
        running = server.start(original, "run", "long.toml")
        copies = []
        while not (original / "runs" / "long" / "run.json").exists():
            time.sleep(0.005)
        while len(ends(original)) < len(whole.ends):
            place = folder / f"copy-{len(copies)}"
            place.mkdir()
            shutil.copy(original / "long.toml", place)
            copied(original / "runs", place / "runs")
            copies.append((place, len(ends(place))))
        assert running.wait() == 0, running.said

        unfinished = [place for place, done in copies if 0 < done < len(whole.ends)]
        assert unfinished, copies
        for place in (unfinished[0], unfinished[-1]):
            server.run(place, "run", "long.toml")
            assert ends(place) == whole.ends

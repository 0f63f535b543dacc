"""A run folder that somebody moved, copied, gave away or made unwritable is the same run."""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from kit.example import words
from kit.watched import READS_ALL

NOBODY = 65534
ROOT = os.geteuid() == 0
STATUS = Path("/proc/self/status")
RIGHTS = int(re.search(r"CapPrm:\s*(\w+)", STATUS.read_text())[1], 16) if STATUS.exists() else 0
READING = ("status", "status --json", "verify", "compare", "compare json", "logs")


@pytest.fixture
def place():
    """A folder that every user of the machine can reach."""
    with TemporaryDirectory() as folder:
        path = Path(folder).resolve()
        path.chmod(0o755)
        yield path


def private(source, target):
    """Copy as somebody does whose files are nobody else's."""
    before = os.umask(0o077)
    try:
        shutil.copytree(source, target, copy_function=shutil.copyfile)
    finally:
        os.umask(before)
    assert stat.S_IMODE((target / "tiny" / "run.json").stat().st_mode) == 0o600


def through_links(source, target):
    """Copy as ``cp -rL`` does, from a folder that is reached through a link."""
    link = target.parent / "link"
    link.symlink_to(source)
    shutil.copytree(f"{link}/", target, symlinks=False)


def on_another_disk(source, target):
    """Put the runs elsewhere, and a link where they were."""
    shutil.copytree(source, target.parent / "scratch")
    target.symlink_to(target.parent / "scratch")


def each_on_another_disk(source, target):
    """Put one run elsewhere, and a link where it was."""
    shutil.copytree(source / "tiny", target.parent / "scratch")
    target.mkdir()
    (target / "tiny").symlink_to(target.parent / "scratch")


def moved(source, target):
    """Move a copy."""
    shutil.copytree(source, target.parent / "before")
    shutil.move(target.parent / "before", target)


def given_away(source, target):
    """Let the folder be another user's; who asks is root, or, where he is not, its owner."""
    shutil.copytree(source, target)
    for path in (target, *target.rglob("*")) if ROOT else ():
        os.chown(path, NOBODY, NOBODY)


COPIES = {
    "copied": shutil.copytree,
    "copied without times": lambda source, target: shutil.copytree(
        source, target, copy_function=shutil.copyfile
    ),
    "copied with umask 077": private,
    "copied through a link": through_links,
    "moved": moved,
    "runs on another disk": on_another_disk,
    "a run on another disk": each_on_another_disk,
    "of another user": given_away,
}


def cell_of(example):
    return min(path.name for path in (example / "runs/tiny/cells").glob("adapt-plain-*"))


def seen(watched, folder, example, **ways):
    """Return how each reading command ends in a folder, and what it says."""
    cell = cell_of(example)
    return {
        name: watched.run(folder, *words(name, cell), allowed=folder, **ways) for name in READING
    }


def state(folder):
    """Return every name of a folder with its size, its rights and when it was written."""
    facts = {path: path.stat() for path in folder.rglob("*")}
    return {path: (one.st_size, one.st_mode, one.st_mtime_ns) for path, one in facts.items()}


@pytest.mark.parametrize("way", COPIES)
def test_a_run_reads_as_it_did_and_nothing_of_it_is_run_again(way, watched, example, place):
    COPIES[way](example / "runs", place / "runs")
    shutil.copy(example / "tiny.toml", place)
    watched.anew()

    assert seen(watched, place, example) == seen(watched, example_copy(example, place), example)
    again = watched.run(place, *words("run", ""), allowed=place)
    assert again.code == 1, again.said  # the cell that diverged stays as it is
    assert "nothing left to do: 3 cells done" in again.said


def example_copy(example, place):
    """Return a folder with the run as it was made; commands write what they say beside it."""
    shutil.copytree(example, place / "as-made")
    return place / "as-made"


@pytest.mark.skipif(ROOT and not RIGHTS & READS_ALL, reason="nobody else may read the code")
def test_a_run_that_may_only_be_read_is_read_and_a_command_that_writes_says_so(
    watched, example, place
):
    """Root may write anywhere: he becomes somebody else."""
    expected = seen(watched, example_copy(example, place), example)
    shutil.copytree(example, place / "kept")
    folder, user = place / "kept", NOBODY if ROOT else 0
    for name in ("said.txt", "said.txt.out"):
        (folder / name).touch()
        (folder / name).chmod(0o666)
    for path in (folder / "runs", *(folder / "runs").rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = state(folder / "runs")
    watched.anew()

    assert seen(watched, folder, example, user=user) == expected
    for name in ("run", "score --write"):
        refused = watched.run(folder, *words(name, cell_of(example)), allowed=folder, user=user)
        assert refused.code == 4, refused.said
        assert "cannot be written: permission denied" in refused.said
        assert "make the folder writable, or name another one with --runs DIR" in refused.said
    assert state(folder / "runs") == before
    watched.anew()
    for path in (folder / "runs", *(folder / "runs").rglob("*")):
        path.chmod(0o755)


def test_what_is_written_with_umask_077_is_the_owners_alone_and_is_whole(watched, example, place):
    folder = example_copy(example, place)
    force = words("run --force", cell_of(example))
    watched.anew()

    assert watched.run(folder, *force, allowed=folder, umask=0o077).code == 0
    written = list((folder / "runs/tiny/cells").glob("adapt-plain-*/result.json"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    assert watched.run(folder, *words("verify", ""), allowed=folder).code == 0


def test_a_link_that_a_stranger_could_have_put_into_a_run_is_refused_with_the_way_out(
    watched, example, place
):
    folder = example_copy(example, place)
    (place / "scratch").mkdir()
    shutil.rmtree(folder / "runs/.cache", ignore_errors=True)
    (folder / "runs/.cache").symlink_to(place / "scratch")
    watched.anew()

    refused = watched.run(folder, *words("run --force", ""), allowed=folder)
    assert refused.code == 4, refused.said
    assert "runs/.cache: cannot be read or written: is not a regular folder" in refused.said
    assert "to keep runs on another disk, name a folder there with --runs DIR" in refused.said
    assert list((place / "scratch").iterdir()) == []

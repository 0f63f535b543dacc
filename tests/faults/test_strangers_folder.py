"""A run folder that a stranger has changed is refused in our words or read: no command is a bug."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess

from kit.example import COMMANDS, words
from kit.strangers import CANARY, changes

from metabench.seeding import Stream

COUNT = 8  # changes of some fifteen thousand; METABENCH_FAULT_SCALE=2000 takes them all

TRAINING = {"review", "reproduce", "export model", "run", "run --force"}
TRAINED_EVERY = 4  # changes
REFUSED = range(7)
ACTS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What acts on a terminal: controls but line end and tab, marks of the direction of writing."""


def laid_out(example, folder):
    """Return a working folder with a copy of the run, and what lies outside."""
    inside, outside = folder / "inside", folder / "outside"
    shutil.copytree(example / "runs", inside / "runs")
    shutil.copytree(example / ".git", inside / ".git")
    shutil.copy(example / "tiny.toml", inside)
    (outside / "deep").mkdir(parents=True)
    for path in (outside / "victim", outside / "deep" / "victim", outside / "result.json"):
        path.write_text(f"{CANARY}\nHF_TOKEN={CANARY}\n")
    return inside, outside


def state(folder):
    """Return all that a change outside would change, but for the number of links to a file."""
    return {
        path.relative_to(folder).as_posix(): (
            path.stat().st_mode, path.stat().st_mtime_ns, path.stat().st_ino,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in [folder, *folder.rglob("*")]
    }  # fmt: skip


def problems(watched, example, folder, change, names):
    """Yield what any command did with a change that it should not have done."""
    inside, outside = laid_out(example, folder)
    run = inside / "runs" / "tiny"
    cells = sorted(path.name for path in (run / "cells").glob("adapt-plain-*"))
    change.apply(run, outside)
    before, links = state(outside), (outside / "victim").stat().st_nlink
    watched.anew()
    for name in names:
        seen = watched.run(inside, *words(name, cells[0]), allowed=inside)
        if seen.code not in REFUSED:
            yield f"{name}: exit code {seen.code}: {seen.said[-1500:]}"
        if acts := ACTS.search(seen.said):
            yield f"{name}: prints {acts.group()!r}"
        if CANARY in seen.said:
            yield f"{name}: prints what stands in a file outside: {seen.said[-500:]}"
        if seen.did:
            yield f"{name}: {seen.did}"
        if state(outside) != before or (outside / "victim").stat().st_nlink > links:
            yield f"{name}: changes what lies outside"
            return
    if list(inside.rglob("PWNED")):
        yield "a command was run"


def chosen(example, count):
    every = list(changes(example / "runs" / "tiny"))
    order = Stream.root(0).child("strangers").numpy().permutation(len(every))
    return [every[at] for at in order[:count]]


ENDS = {"export glue": {5}, "advise": {2}}
"""No task of GLUE and one meta seed: nothing to export, no spread to advise from."""


def test_an_unchanged_folder_is_read_by_every_command(example, watched, tmp_path):
    inside, outside = laid_out(example, tmp_path)
    before = state(outside)
    cell = next(path.name for path in (inside / "runs/tiny/cells").glob("adapt-plain-*"))
    for name in COMMANDS:
        said = watched.run(inside, *words(name, cell), allowed=inside)

        assert said.code in ENDS.get(name, {0, 1}), f"{name}: {said}"
        assert not said.did, said
    assert state(outside) == before
    assert not (inside / "PWNED").exists()


def test_a_program_of_the_repository_would_be_seen(example, tmp_path):
    inside, _ = laid_out(example, tmp_path)

    subprocess.run(["git", "status"], cwd=inside, check=True, capture_output=True)  # noqa: S607

    assert (inside / "PWNED").exists()


def test_a_change_outside_is_seen(watched, example, tmp_path):
    """The watch sees: a command that is told to write outside of what is allowed is noticed."""
    inside, _ = laid_out(example, tmp_path)
    target = tmp_path / "elsewhere"

    seen = watched.run(inside, "export", "records", "runs/tiny", str(target), allowed=inside)

    assert seen.code == 0
    assert any(target.name in did for did in seen.did), seen  # in a folder of a name of its own


def test_no_change_of_a_stranger_is_a_bug_or_reaches_outside(example, watched, scale, tmp_path):
    found = []
    light = [name for name in COMMANDS if name not in TRAINING]
    for number, change in enumerate(chosen(example, COUNT * scale)):
        folder = tmp_path / str(number)
        names = light if number % TRAINED_EVERY else list(COMMANDS)
        found += [f"{change}: {what}" for what in problems(watched, example, folder, change, names)]
        shutil.rmtree(folder)

    assert not found, f"{len(found)} problems\n" + "\n".join(found[:20])

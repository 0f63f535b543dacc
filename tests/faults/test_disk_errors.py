"""Whatever call of a commit fails or is the last: the old state or the new, never a third."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import torch
from kit.durable import FAULTS
from kit.server import ForkServer, can_inject
from kit.subjects import (
    NAME,
    commit_checkpoint,
    commit_failure,
    commit_result,
    newest_checkpoint,
    result,
)

from metabench.store.atomic import settle_folders
from metabench.store.file_names import AGAIN
from metabench.store.folder import Folder
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DISK_SPACE = re.compile(r"\d+ bytes are needed and \d+ are free")


@dataclass(frozen=True)
class Case:
    """A subject: what is there before, and how to read what is there after."""

    before: Callable[[Path], object]
    read: Callable[[Path], object]
    old: object
    new: object


def old_result(folder: Path) -> None:
    commit_result(folder)
    store = Store(folder)
    store.commit_result(NAME, result(0.25))


def score(folder: Path) -> Any:
    """Return the score of the cell, after a run would have begun; None without a result."""
    settle_folders(Folder(folder) / "cells")
    cell = Store(folder).cell(NAME)
    assert cell.damage == ()
    return cell.result.scores["accuracy"] if cell.result else None


def two_checkpoints(folder: Path) -> None:
    commit_checkpoint(folder, step=1)
    commit_checkpoint(folder, step=2)


def newest(folder: Path) -> Any:
    """Return the step of the newest checkpoint, whose tensors are those of that step."""
    found = newest_checkpoint(folder)
    assert found is not None
    snapshot, note = found
    assert torch.equal(snapshot.tensors["theta"], torch.arange(64.0) + snapshot.step)
    assert note.facts == {"visits": {"rte": snapshot.step}}
    return snapshot.step


CASES = {
    "result": Case(commit_failure, score, None, 0.75),
    "again": Case(old_result, score, 0.25, 0.75),
    "checkpoint": Case(two_checkpoints, newest, 2, 3),
}
each_case = pytest.mark.parametrize("name", CASES)


@pytest.fixture(scope="module")
def server():
    """Return a fork server."""
    started = ForkServer()
    yield started
    started.close()


def leftovers(folder: Path) -> list[str]:
    """Return what a commit that ended should not have left."""
    return [
        path.name
        for path in folder.rglob(".*")
        if path.name.endswith((".tmp", ".old")) and AGAIN not in path.name
    ]


def prepared(memory: Path, name: str, number: object) -> Path:
    """Return a folder in the state before."""
    origin = memory / "before"
    if not origin.exists():
        origin.mkdir()
        CASES[name].before(origin)
    folder = memory / str(number)
    shutil.copytree(origin, folder)
    return folder


def check(server: ForkServer, name: str, folder: Path, ended: Any, *, fault: str) -> None:
    """Check all that must hold after a fault, and that the next commit works."""
    case = CASES[name]
    killed = fault == "KILL"
    assert killed or ended.acknowledged or ended.refused, ended.said
    assert not ended.acknowledged or case.read(folder) == case.new, "a silent loss"
    assert case.read(folder) in {case.old, case.new}
    assert killed or not leftovers(folder)
    if ended.refused and fault in {"ENOSPC", "EDQUOT"}:
        no_read_says_so = "cannot be read back as it was" in ended.said
        assert no_read_says_so or DISK_SPACE.search(ended.said)
    again = server.run(name, folder)
    assert again.acknowledged, again.said
    assert case.read(folder) == case.new


@each_case
@pytest.mark.parametrize("fault", FAULTS)
def test_every_call_of_a_commit_may_fail_or_be_the_last(server, memory, name, fault):
    calls = server.run(name, prepared(memory, name, "whole")).calls
    assert {"open", "write", "fsync"} <= set(calls)

    met = 0
    for at in range(1, len(calls) + 1):
        folder = prepared(memory, name, at)
        ended = server.run(name, folder, at=at, fault=fault)
        check(server, name, folder, ended, fault=fault)
        met += not ended.acknowledged

    if fault == "SHORT":
        assert met == 0, "what a disk takes in parts is written in parts"
    else:
        assert met > len(calls) // 2, "most calls that fail are an error"


@pytest.mark.skipif(not can_inject(), reason="strace may not attach to a process here")
@each_case
@pytest.mark.parametrize("fault", ["error=ENOSPC", "error=EIO", "signal=KILL"])
@pytest.mark.parametrize("call", ["fsync", "rename", "mkdir", "unlink", "write", "openat"])
def test_every_system_call_of_a_commit_may_fail_or_be_the_last(server, memory, name, fault, call):
    """The kernel itself answers so; what the wrapper above does not see is met as well."""
    calls = server.run(name, prepared(memory, name, "whole"), trace=call).calls
    assert set(calls) <= {call}

    for at in range(1, len(calls) + 1):
        folder = prepared(memory, name, at)
        ended = server.run(name, folder, trace=call, inject=f"{fault}:when={at}")
        check(server, name, folder, ended, fault=fault.partition("=")[2])

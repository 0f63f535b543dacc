"""Kills at random moments, over every algorithm and every stage, each followed by going on.

``PYTHONPATH=tests/faults python -m kit.kills --kills 1000 --seed 1`` is the recorded run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from kit.benchmark import FOMAML, JOINT, MAML, PLAIN, REPTILE, SHORT, benchmark
from kit.commands import CommandServer
from metabench.seeding import Stream

if TYPE_CHECKING:
    import numpy as np

__all__ = ["FILE", "Whole", "ends", "kill_often", "quick_folder", "run_whole"]

FILE = benchmark(
    "long",
    *(PLAIN, JOINT, MAML, FOMAML, REPTILE),
    model=SHORT,
    pretrain={"steps": 4, "batch_size": 4},
    meta={"steps": 4},
    finetune={"epochs": 0.3, "batch_size": 32},
    compute={"checkpoint_seconds": 0},
)
_SAME = ("scores", "files", "steps", "losses", "draws", "work", "collapsed", "notes", "drift")
_STAGES = {"pretrain", "meta", "adapt"}
_MOST_IN_A_ROW = 8
_REACHES = (0.05, 0.4, 1.0, 1.0)
"""Parts of a run's time that a kill comes within; so early now and then that it meets the recovery
from the one before."""
_DONE = re.compile(r"^done    (\S+?)(?:,|$| \()", re.MULTILINE)


@final
@dataclass(frozen=True)
class Whole:
    """A run that nobody disturbed: what it left, and the seconds that it took."""

    ends: Mapping[str, Any]
    seconds: float


@final
@dataclass
class Kills:
    """What kills have met: how many in each stage, and how often nothing was left to do."""

    stages: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    most_in_a_row: int = 0

    @property
    def everywhere(self) -> bool:
        """Whether a kill has met each of the three stages."""
        return {stage.split()[0] for stage in self.stages} >= _STAGES


@contextmanager
def quick_folder() -> Iterator[Path]:
    """Yield a folder in memory where there is one: a kill does not lose what a disk has."""
    memory = Path("/dev/shm")  # noqa: S108  (a folder of its own below it)
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def ends(folder: Path, runs: str = "runs") -> dict[str, Any]:
    """Return what must not depend on how often a run was stopped; a file's hash is its own."""
    found = {}
    for path in sorted((folder / runs).glob("*/cells/*/result.json")):
        record = json.loads(path.read_text())
        for file in record["files"]:
            data = (path.parent / file["path"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == file["sha256"]
        metrics = (path.parent / "metrics.jsonl").read_text()
        found[path.parent.name] = ({name: record[name] for name in _SAME}, metrics)
    return found


def run_whole(server: CommandServer, folder: Path, *, text: str = FILE) -> Whole:
    """Run the benchmark in a folder without disturbing it, twice: its time is that of the second.

    Kills come within that time, and are wasted where the first made the tokens in most of it.
    """
    (folder / "long.toml").write_text(text)
    server.run(folder, "run", "long.toml")
    shutil.rmtree(folder / "runs" / "long")
    began = time.monotonic()
    server.run(folder, "run", "long.toml")
    return Whole(ends(folder), time.monotonic() - began)


def kill_often(
    server: CommandServer, folder: Path, whole: Whole, *, draws: np.random.Generator, kills: int
) -> Kills:
    """Kill runs at random moments and let each go on, until there have been so many kills.

    There are more where none of them has met one of the stages, but never more runs than that.

    Raises:
        AssertionError: a run ended in other bits, lost what it had said was done, or did again
            what was done.
    """
    met = Kills()
    while met.runs < kills and (sum(met.stages.values()) < kills or not met.everywhere):
        met.runs += 1
        place = folder / f"run-{met.runs}"
        place.mkdir()
        (place / "long.toml").write_text(FILE)
        if met.runs > 1:  # tokens need not be made each time
            shutil.copytree(folder / "run-1" / "runs" / ".cache", place / "runs" / ".cache")
        _one_run(server, place, whole, draws=draws, met=met)
        found = ends(place)
        assert found == whole.ends, place
    return met


def _one_run(
    server: CommandServer, place: Path, whole: Whole, *, draws: np.random.Generator, met: Kills
) -> None:
    """Kill one run a few times in a row, then let it end."""
    done: dict[str, tuple[int, str]] = {}
    for number in range(1 + int(draws.integers(_MOST_IN_A_ROW))):
        running = server.start(place, "run", "long.toml")
        time.sleep(whole.seconds * draws.choice(_REACHES) * draws.random())
        running.send(signal.SIGKILL)
        code = running.wait()
        done = _check(place, done, running.said)
        if code == 0:
            break
        assert code == -signal.SIGKILL, running.said
        met.stages[_stage(place)] += 1
        met.most_in_a_row = max(met.most_in_a_row, number + 1)
    running = server.run(place, "run", "long.toml")
    _check(place, done, running.said)


def _check(place: Path, done: Mapping[str, tuple[int, str]], said: str) -> dict[str, Any]:
    """Check what was done against what is there now; return what is done."""
    now = {}
    for path in (place / "runs").glob("*/cells/*/result.json"):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        now[path.parent.name] = (path.stat().st_mtime_ns, digest)
    for name, before in done.items():
        assert now.get(name) == before, f"{name} was done, and was lost or run again"
    for name in _DONE.findall(said):
        assert any(folder.startswith(name) for folder in now), f"{name} was said to be done"
    return now


def _stage(place: Path) -> str:
    """Return where a kill met a run: the stage and method of the cell that it was in."""
    begun = [*_cells(place)]
    if not begun:
        return "nothing done"
    newest = max(begun, key=lambda path: path.stat().st_mtime_ns)
    if (newest.parent / "result.json").exists():
        return "between cells"
    kind, *rest = newest.parent.name.split("-")
    steps = (newest.parent / "checkpoints").exists()
    return f"{kind} {rest[0] if kind != 'pretrain' else ''}".strip() + ("" if steps else " (begun)")


def _cells(place: Path) -> Iterator[Path]:
    yield from (place / "runs").glob("*/cells/*/cell.json")


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    server = CommandServer()
    began = time.monotonic()
    with quick_folder() as folder:
        undisturbed = folder / "whole"
        undisturbed.mkdir()
        whole = run_whole(server, undisturbed)
        draws = Stream.root(asked.seed).child("kills").numpy()
        met = kill_often(server, folder, whole, draws=draws, kills=asked.kills)
    server.close()
    for stage, count in sorted(met.stages.items()):
        print(f"{count:6} {stage}")  # noqa: T201  (the result)
    print(  # noqa: T201
        f"{sum(met.stages.values())} kills in {met.runs} runs of {whole.seconds:.1f} s, at most"
        f" {met.most_in_a_row} in a row, {time.monotonic() - began:.0f} s: every run ended in the"
        " bits of one that nobody disturbed"
    )


if __name__ == "__main__":
    _main()

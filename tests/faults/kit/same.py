"""The same benchmark under twenty circumstances that are none of its numbers' business.

``PYTHONPATH=tests/faults python -m kit.same --runs 20 --seed 1`` is the recorded run.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from kit.kills import FILE, ends
from metabench.seeding import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

__all__ = ["Circumstances", "circumstances", "differing", "run_under"]

_OTHER = """
import random
from metabench.api import AlgorithmInfo, AlgorithmOptions, hookimpl
METABENCH_API = 1

@hookimpl
def metabench_algorithms():
    return [AlgorithmInfo("another", "other_plugin:Missing", AlgorithmOptions, "never used")]

@hookimpl
def metabench_cell_end(event):
    random.Random(0).random()
"""


@final
@dataclass(frozen=True)
class Circumstances:
    """What a run is surrounded by.

    Args:
        folder: name of the working folder.
        environment: hash seed, locale, time zone.
        order: of the methods in the file.
        checkpoint_seconds: from one checkpoint to the next.
        jobs: cells at a time.
        halves: whether the second half of the methods is asked for first, in a run of its own.
        other: whether another plugin is installed, which also observes.
    """

    folder: str
    environment: Mapping[str, str]
    order: tuple[int, ...]
    checkpoint_seconds: float
    jobs: int
    halves: bool
    other: bool


def circumstances(draws: np.random.Generator, number: int) -> Circumstances:
    """Return circumstances drawn at random; both numbers of jobs come by turns."""
    folders = ("a", "with a space", "tiefer/und tiefer", "größe", "x" * 100)
    return Circumstances(
        folder=f"{draws.choice(folders)}-{number}",
        environment={
            "PYTHONHASHSEED": str(draws.integers(2**32)),
            "LC_ALL": str(draws.choice(["C", "C.UTF-8", "POSIX"])),
            "TZ": str(draws.choice(["UTC", "Asia/Tokyo", "America/New_York"])),
        },
        order=tuple(int(place) for place in draws.permutation(FILE.count("[[methods]]"))),
        checkpoint_seconds=float(draws.choice([0.0, 0.05, 300.0])),
        jobs=1 + number % 2,
        halves=bool(draws.integers(2)),
        other=bool(draws.integers(2)),
    )


def run_under(around: Circumstances, folder: Path) -> dict[str, object]:
    """Run the benchmark; return what each cell ended in.

    Raises:
        AssertionError: it fails.
    """
    place = folder / around.folder
    temporary, site = place / "temporary", place / "site"
    for each in (place, temporary, site):
        each.mkdir(parents=True)
    head, *methods = FILE.split("[[methods]]")
    text = "[[methods]]".join([head, *(methods[place] for place in around.order)])
    seconds = f"checkpoint_seconds = {around.checkpoint_seconds}"
    (place / "long.toml").write_text(re.sub(r"checkpoint_seconds = \S+", seconds, text))
    if around.other:
        _install(site)
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    environment = os.environ | around.environment
    environment |= {"TMPDIR": str(temporary), "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    asked = [["--only", "method=Reptile", "--only", "method=Joint"]] * around.halves
    for arguments in (*asked, []):
        words = [sys.executable, "-m", "metabench", "run", "long.toml", "-j", str(around.jobs)]
        done = subprocess.run(
            [*words, *arguments], cwd=place, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
    return ends(place)


def differing(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    """Return the names of the cells that are not equal in two runs."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def _install(site: Path) -> None:
    """Make a folder what another plugin is installed in."""
    (site / "other_plugin.py").write_text(_OTHER)
    info = site / "other_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[metabench]\nother = other_plugin\n")


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    draws = Stream.root(asked.seed).child("circumstances").numpy()
    began = time.monotonic()
    first: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.runs):
            around = circumstances(draws, number)
            found = run_under(around, Path(folder))
            first = first or found
            print(f"{number + 1:3} {differing(first, found) or 'the same'} {around}")  # noqa: T201
            assert found == first
    print(  # noqa: T201
        f"{asked.runs} runs of {len(first)} cells, {time.monotonic() - began:.0f} s: the same"
    )


if __name__ == "__main__":
    _main()

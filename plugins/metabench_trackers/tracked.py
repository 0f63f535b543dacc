"""A run folder as trackers show it: its cells, their groups, their steps.

It reads the files that docs/reference/schemas describe.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from metabench_trackers.place import Place  # needs a system with descriptors of folders

__all__ = [
    "END",
    "METRICS",
    "PROBLEM",
    "RUN",
    "Step",
    "Steps",
    "TrackedCell",
    "TrackedRun",
    "settings",
]

RUN, METRICS = "run.json", "metrics.jsonl"
"""The files of a run folder that are followed."""
END, PROBLEM = "end", "problem.txt"
"""The last line of the observer, and the file with what ended the tracker."""


@final
@dataclass(frozen=True, slots=True)
class Step:
    """A step: its number from 1, and its scalars by ``stage/name``."""

    number: int
    scalars: Mapping[str, float]


@final
@dataclass(frozen=True)
class TrackedCell:
    """A cell.

    Args:
        key: its key.
        folder: its folder.
        benchmark: name of the benchmark.
        method: the method; of a cell that several share, the one that it was planned for first.
        facts: what it is: stage, column, seeds and settings, flat, as a tracker shows them.
    """

    key: str
    folder: Path
    benchmark: str
    method: str
    facts: Mapping[str, str | int | float | bool]

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.name

    @property
    def group(self) -> str:
        """The group of its runs: benchmark and method."""
        return f"{self.benchmark}/{self.method}" if self.method else self.benchmark

    def record(self) -> Mapping[str, Any] | None:
        """Return its result or its failure; None while it has none."""
        for name in ("result.json", "failure.json"):
            try:
                found: Mapping[str, Any] = json.loads((self.folder / name).read_bytes())
            except (OSError, ValueError):
                continue
            return found
        return None


@final
class TrackedRun:
    """A run folder.

    Args:
        folder: the run folder.
        place: the tracker's folder in it.
    """

    def __init__(self, folder: Path, place: Place) -> None:
        self.folder, self.place = folder, place
        note = json.loads((folder / RUN).read_bytes())
        self.benchmark = f"{note['name']}.smoke" if note["smoke"] else str(note["name"])
        uses = {use["key"]: use for use in reversed(note["uses"])}
        self.cells = {
            cell["key"]: self._cell(cell, uses.get(cell["key"])) for cell in note["cells"]
        }

    def _cell(self, cell: Mapping[str, Any], use: Mapping[str, Any] | None) -> TrackedCell:
        facts = {"benchmark": self.benchmark, "method": cell["method"], "stage": cell["kind"]}
        for name in ("column", "meta_seed", "finetune_seed", "draw"):
            if use and use.get(name) is not None:
                facts[name] = use[name]
        folder = self.folder / "cells" / cell["cell"]
        return TrackedCell(cell["key"], folder, self.benchmark, cell["method"], facts)


def settings(cell: TrackedCell) -> Mapping[str, str | int | float | bool]:
    """Return the settings of a cell, flat: ``finetune.optimizer.lr`` and so on."""
    try:
        inputs = json.loads((cell.folder / "cell.json").read_bytes())["inputs"]
    except (OSError, ValueError, KeyError):
        return {}
    return dict(_flat(inputs, ""))


def _flat(values: Mapping[str, Any], before: str) -> Iterator[tuple[str, str | int | float | bool]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            if name not in {"tasks", "metrics"}:  # large, and in the benchmark file
                yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, str | int | float | bool):
            yield f"{before}{name}", value


@final
@dataclass
class Steps:
    """The steps of a cell, read as they are written.

    After a kill the file is cut to its last checkpoint and grows again, with the same numbers.
    """

    file: Path
    _offset: int = 0
    _inode: int = field(default=0)

    def after(self, last: int) -> Iterator[Step]:
        """Yield the steps that were written since the last call and come after step ``last``."""
        try:
            file = self.file.open("rb")
        except FileNotFoundError:
            return
        with file:
            facts = self.file.stat()
            if facts.st_ino != self._inode or facts.st_size < self._offset:
                self._inode, self._offset = facts.st_ino, 0
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                step = _step(line)
                if step is not None and step.number > last:
                    last = step.number
                    yield step


def _step(line: bytes) -> Step | None:
    try:
        values = json.loads(line)
        stage = values.pop("stage")
        number = int(values.pop("step"))
        values.pop("total", None)
        return Step(number, {f"{stage}/{name}": float(value) for name, value in values.items()})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None

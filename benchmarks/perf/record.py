"""What was measured, on what, when: one JSON file, from which the page can be made again."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from metabench.store.atomic import commit_bytes
from perf.job import Job, Kind

__all__ = ["Machine", "Measured", "Part", "Report", "read", "this_machine", "write"]


class Measured(BaseModel):
    """One process: its job and its numbers, or why it has none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job: Job
    repeat: int = 0
    numbers: dict[str, float] = {}
    skipped: str = ""
    failed: str = ""


class Machine(BaseModel):
    """Where and with which versions a part was measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    processor: str
    cores: int
    python: str
    versions: dict[str, str]
    load: float
    """Load average when the part began: what others were doing."""


class Part(BaseModel):
    """One part of the study, measured in one go."""

    model_config = ConfigDict(extra="forbid")

    begun: str
    machine: Machine
    measured: list[Measured] = []

    def median(
        self, variant: str, number: str, *, kind: Kind = "time", where: Where | None = None
    ) -> float | None:
        """Return the median of a number over the repeats; None where there is none."""
        found = [m.numbers[number] for m in self._of(variant, kind, where) if number in m.numbers]
        return statistics.median(found) if found else None

    def why_not(self, variant: str) -> str:
        """Return why a variant has no numbers."""
        return next((m.skipped or m.failed for m in self._of(variant, None, None)), "not asked for")

    def _of(self, variant: str, kind: Kind | None, where: Where | None) -> Iterator[Measured]:
        for each in self.measured:
            fits = each.job.variant == variant and kind in {None, each.job.kind}
            if fits and (where is None or where(each.job)):
                yield each


Where = Callable[[Job], bool]


class Report(BaseModel):
    """All parts that have been measured."""

    model_config = ConfigDict(extra="forbid")

    parts: dict[str, Part] = {}


def read(path: Path) -> Report:
    """Return what was measured so far; nothing where the file is not there."""
    if not path.exists():
        return Report()
    return Report.model_validate_json(path.read_text(encoding="utf-8"))


def write(path: Path, report: Report) -> None:
    """Write the file; it is there in full or as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    commit_bytes(path, report.model_dump_json(indent=1, exclude_defaults=True).encode() + b"\n")


def this_machine(peers: dict[str, str]) -> Machine:
    """Return the processor, its load, and the versions of what is compared."""
    lines = _text("/proc/cpuinfo").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    names = ("metabench", "torch", "transformers", "accelerate", "tokenizers")
    return Machine(
        processor=models[0] if models else platform.processor(),
        cores=max(len(models), 1),
        python=platform.python_version(),
        versions={**{name: _version(name) for name in names}, **peers},
        load=float((_text("/proc/loadavg") or "0").split()[0]),
    )


def now() -> str:
    """Return the day and time, UTC, to the minute."""
    return datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _text(path: str) -> str:
    place = Path(path)
    return place.read_text(encoding="utf-8") if place.exists() else ""

"""The benchmark that a command line names, planned with the plugins that it selects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metabench.cli.inputs.installed import installed
from metabench.frontend import planning
from metabench.frontend.places import find_benchmark

if TYPE_CHECKING:
    from metabench.frontend.planning import Planned, Prepared

__all__ = ["make_plan", "prepare"]


def make_plan(file: str, *, sets: Sequence[str], smoke: bool, hub: Path | None) -> Planned:
    """Read a benchmark file, check it and plan its cells; writes nothing.

    Raises:
        MetabenchError: the file is not valid, or something it needs is not available.
    """
    return planning.make_plan(_request(file, sets, smoke, hub), installed())


def prepare(
    file: str,
    *,
    sets: Sequence[str],
    only: Sequence[str],
    smoke: bool,
    hub: Path | None,
    runs: Path,
) -> Prepared:
    """Check and plan a benchmark file and select a part of it; writes nothing.

    Raises:
        MetabenchError: the file is not valid, something it needs is not available, or nothing is
            selected.
    """
    return planning.prepare(_request(file, sets, smoke, hub), installed(), only=only, runs=runs)


def _request(file: str, sets: Sequence[str], smoke: bool, hub: Path | None) -> planning.Request:
    return planning.Request(find_benchmark(file), sets=sets, smoke=smoke, hub=hub)

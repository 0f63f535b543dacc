"""The failed cells by kind, and the command that runs them again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from metabench.cli.views.text import aligned
from metabench.quantities import cells
from metabench.store.file_names import LOG

if TYPE_CHECKING:
    from metabench.store.records.cell import Failure

__all__ = ["FailedCell", "failure_lines"]


@final
@dataclass(frozen=True)
class FailedCell:
    """A failed cell: its kind of failure (``diverged``), name, message and log."""

    status: str
    name: str
    message: str
    hint: str
    log: Path

    @classmethod
    def of(cls, failure: Failure, folder: Path) -> FailedCell:
        """Return the failure of a record in a cell's folder."""
        return cls(failure.status, failure.name, failure.message, failure.hint, folder / LOG)


def failure_lines(failed: Sequence[FailedCell]) -> Iterator[str]:
    """Yield a table of failures: kind, how many, and the first of each with its log."""
    kinds: dict[str, list[FailedCell]] = defaultdict(list)
    for cell in failed:
        kinds[cell.status].append(cell)
    if not kinds:
        return
    yield f"failed: {cells(len(failed))}"
    rows = [("kind", "cells", "example")]
    for kind, group in kinds.items():
        first = group[0]
        rows.append((kind, str(len(group)), f"{first.name}: {first.message}"))
        rows += [("", "", f"hint: {first.hint}")] * bool(first.hint)
        rows.append(("", "", f"log: {first.log}"))
    yield from (f"  {line}" for line in aligned(rows))

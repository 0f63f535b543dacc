"""A plan: every cell that a benchmark asks for, and which row each is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from metabench.plan.cell import Cell
from metabench.spec.model.benchmark import Benchmark
from metabench.spec.model.tasks import Size

__all__ = ["CellUse", "Plan"]


@final
@dataclass(frozen=True, slots=True)
class CellUse:
    """One planned score: the adapt cell that gives it, for which row and column, with which seeds.

    Methods that agree in all that matters share a cell. ``draw`` is None but for shots.
    """

    method: str
    task: str
    size: Size
    meta_seed: int
    finetune_seed: int
    key: str
    draw: int | None = None

    @property
    def column(self) -> str:
        """Name of the column, such as ``glue/rte``, ``scitail@0.001`` or ``glue/rte@4-shot``."""
        return f"{self.task}@{self.size.name}" if self.size.name else self.task


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Args:
        benchmark: what was asked.
        cells: every cell once; what a cell needs stands before it.
        uses: every planned score, by method, column and seeds in the order of the file.
        notes: what a reader of the leaderboard has to know.
    """

    benchmark: Benchmark
    cells: tuple[Cell, ...]
    uses: tuple[CellUse, ...]
    notes: tuple[str, ...]

    @property
    def by_key(self) -> Mapping[str, Cell]:
        """The cells by key."""
        return {cell.key: cell for cell in self.cells}

"""A plan: all cells of a benchmark, and the methods that each is for."""

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
    """One planned score: its fine-tune cell, method, column and seeds.

    Methods with equal inputs share a cell. ``draw`` is None but for shots.
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
    """The cells of a benchmark.

    Args:
        benchmark: the benchmark.
        cells: every cell once, after the cells that it needs.
        uses: every planned score, by method, column and seeds in the order of the file.
        notes: notes for readers of the leaderboard.
    """

    benchmark: Benchmark
    cells: tuple[Cell, ...]
    uses: tuple[CellUse, ...]
    notes: tuple[str, ...]

    @property
    def by_key(self) -> Mapping[str, Cell]:
        """The cells by key."""
        return {cell.key: cell for cell in self.cells}

"""Run folders, loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, final

from typing_extensions import override

from metabench.errors import NothingMatchedError, UsageError
from metabench.frontend.board import Board
from metabench.frontend.comparing import collected_runs, compare
from metabench.frontend.frames import (
    cost_frame,
    curve_frame,
    difference_frame,
    prediction_frame,
    score_frame,
)
from metabench.frontend.places import find_run
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd
    from matplotlib.figure import Figure

    from metabench.frontend.comparing import Compared
    from metabench.report.figures.canvas import Figure as Drawing

__all__ = ["Run", "load"]


def load(*folders: str | PathLike[str]) -> Run:
    """Return the results of run folders; writes nothing.

    Args:
        folders: paths of run folders, or names of runs in ``runs``. Several are merged, as
            ``metabench compare A B`` does.

    Raises:
        NothingMatchedError: there is no such run.
        StoreError: a folder is not a run folder.
        UsageError: the runs cannot be compared.
    """
    if not folders:
        raise UsageError("no run folder is named", hint='call load("runs/NAME")')
    return Run([find_run(str(folder), runs=Path("runs")) for folder in folders])


@final
class Run:
    """The results of a run, or of several runs merged into one.

    Tables are pandas DataFrames, plots are matplotlib Figures; both libraries are imported when
    first used. Results are read once: `load` the run again after it has changed.

    Args:
        folders: the run folders.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._stores = tuple(Store(folder) for folder in dict.fromkeys(folders))
        self._collected = collected_runs(self._stores)

    @property
    def name(self) -> str:
        """Name of the benchmark."""
        return self._collected.note.name

    @property
    def folders(self) -> tuple[Path, ...]:
        """The run folders."""
        return tuple(store.folder for store in self._stores)

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods, in the order of the benchmark file."""
        return self._collected.note.methods

    @property
    def notes(self) -> tuple[str, ...]:
        """Damaged records and cells that gave different numbers, one sentence each."""
        return (*self._collected.damage, *self._collected.notes)

    @property
    def scores(self) -> pd.DataFrame:
        """Every score: one line per method, column, meta seed, fine-tuning seed, draw and metric.

        ``size`` is the number of training examples, ``score`` is on the metric's own scale, and
        ``primary`` marks the metric that the leaderboard shows. A planned score without a result
        has a line with its ``status`` and no score. See `ScoreLine` for all columns.
        """
        return score_frame(self._collected)

    @property
    def costs(self) -> pd.DataFrame:
        """The cost of one meta seed of each method; the columns are those of `Cost`."""
        return cost_frame(self._compared.board)

    @property
    def curves(self) -> pd.DataFrame:
        """Learning curves: one line per method, stage, seed, scalar and step.

        They are those of the first 10 meta seeds; each point is a mean over neighbouring steps
        where there are more than 400.
        """
        return curve_frame(self._stores, self._collected)

    def predictions(
        self,
        method: str | None = None,
        column: str | None = None,
        *,
        meta_seed: int | None = None,
        finetune_seed: int | None = None,
        draw: int | None = None,
    ) -> pd.DataFrame:
        """Return saved predictions, one line per evaluation example.

        ``label`` and ``prediction`` are class numbers (or values, in regression); a column
        ``output: CLASS`` is the output of each class.

        Args:
            method: of this method; None for all.
            column: of this column of the leaderboard; None for all.
            meta_seed: of this meta seed; None for all.
            finetune_seed: of this fine-tuning seed; None for all.
            draw: of this draw of a few-shot training set; None for all.

        Raises:
            NothingMatchedError: nothing was planned for them.
            StoreError: a file of predictions is missing or damaged.
        """
        wanted = (method, column, meta_seed, finetune_seed, draw)
        uses = [
            use
            for use in self._collected.note.uses
            for place in [(use.method, use.column, use.meta_seed, use.finetune_seed, use.draw)]
            if all(one in {None, two} for one, two in zip(wanted, place, strict=True))
        ]
        if not uses:
            named = ", ".join(str(one) for one in wanted if one is not None)
            raise NothingMatchedError(
                f"nothing was planned for {named}",
                where=self.name,
                hint="run.scores lists all methods, columns and seeds",
            )
        return prediction_frame(self._stores, self._collected, uses)

    def leaderboard(
        self,
        *,
        baselines: Sequence[str] = (),
        columns: Sequence[str] = (),
        metric: str | None = None,
        alpha: float | None = None,
        allow_missing: bool = False,
        sort: str | None = None,
    ) -> Board:
        """Return the leaderboard.

        Args:
            baselines: methods to compare with, in place of those of the benchmark file.
            columns: columns to show; empty for all.
            metric: metric to show in every column that has it, in place of the primary one.
            alpha: significance level, in place of that of the benchmark file.
            allow_missing: whether incomplete methods are averaged, marked with †.
            sort: column to sort by, best first, or ``method``.

        Raises:
            UsageError: a baseline, column, metric or level does not exist.
        """
        from metabench.leaderboard.columns import Choice

        choice = Choice(metric, tuple(columns), alpha, allow_missing, sort)
        return Board(
            compare(self._stores, self._collected, baselines=tuple(baselines), choice=choice)
        )

    def differences(self, *, baselines: Sequence[str] = ()) -> pd.DataFrame:
        """Return every difference to a baseline, paired by meta seed, with its statistics.

        The columns are those of `Difference`: mean ``difference``, confidence interval from
        ``low`` to ``high``, Holm-corrected ``p``, probability of ``improvement``, minimum
        ``detectable`` effect and ``verdict``.

        Args:
            baselines: methods to compare with, in place of those of the benchmark file.

        Raises:
            UsageError: a baseline does not exist.
        """
        return difference_frame(self.leaderboard(baselines=baselines).value)

    @property
    def conclusion(self) -> tuple[str, ...]:
        """The conclusion of the leaderboard, one sentence each."""
        return self._compared.board.conclusion

    def plot_differences(self) -> Figure:
        """Return the figure of the differences to the first baseline.

        Raises:
            NothingMatchedError: the benchmark names no baseline, or no pair of scores is complete.
        """
        return self._plot("differences-1", "differences to a baseline")

    def plot_costs(self) -> Figure:
        """Return the figure of score against cost.

        Raises:
            NothingMatchedError: no method has both a score and a cost.
        """
        return self._plot("cost", "costs")

    def plot_curves(self) -> Figure:
        """Return the figure of the learning curves.

        Raises:
            NothingMatchedError: no meta-training is done.
        """
        return self._plot("learning-curves", "learning curves")

    @property
    def figures(self) -> Mapping[str, Figure]:
        """Every figure of the report by name, as ``metabench compare --plots`` names the files."""
        return {name: _drawn(figure) for name, figure in self._drawings.items()}

    @override
    def __repr__(self) -> str:
        done, planned = len(self._collected.results), len(self._collected.note.cells)
        return f"<Run {self.name}: {done} of {planned} cells done>"

    def _plot(self, name: str, what: str) -> Figure:
        drawings = [one for known, one in self._drawings.items() if known.startswith(name)]
        if not drawings:
            raise NothingMatchedError(
                f"there are no {what} to plot",
                where=self.name,
                hint=f"it has {', '.join(self._drawings) or 'no figures'}; see run.figures",
            )
        return _drawn(drawings[0])

    @cached_property
    def _compared(self) -> Compared:
        return compare(self._stores, self._collected)

    @cached_property
    def _drawings(self) -> Mapping[str, Drawing]:
        from metabench.report.figures.plots import figures

        return {figure.name: figure for figure in figures(self._compared.report())}


def _drawn(figure: Drawing) -> Figure:
    from metabench.frontend.shown_figure import ShownFigure
    from metabench.report.figures.canvas import drawn, report_style

    with report_style(figure):
        return drawn(figure, ShownFigure)

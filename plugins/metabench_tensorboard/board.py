"""The observer: a folder for each cell, a curve for each scalar of its steps."""

from __future__ import annotations

from pathlib import Path
from typing import final

from metabench.api import CellEnded, Progressed, hookimpl
from metabench_tensorboard.event_files import EventFile, require_tensorboard

__all__ = ["TensorBoard"]


@final
class TensorBoard:
    """A writer of runs for TensorBoard.

    Steps are observed in the process that runs the cell, and ends of cells in that of the command,
    so each writes separate files; TensorBoard merges the files of a folder.

    Raises:
        PluginError: TensorBoard is not installed.
    """

    def __init__(self) -> None:
        require_tensorboard()
        self._cell = ""
        self._file: EventFile | None = None

    @hookimpl
    def metabench_step(self, event: Progressed) -> None:
        """Write the step's scalars, each below the name of its stage."""
        if not event.folder:  # a cell that leaves no record
            return
        if self._file is None or self._cell != event.key:
            self._close()
            self._cell = event.key
            self._file = EventFile(_folder(event.folder), first=event.step)
        tagged = {f"{event.stage}/{name}": value for name, value in event.scalars.items()}
        self._file.scalars(event.step, tagged)
        if event.step == event.total:
            self._close()

    @hookimpl
    def metabench_cell_end(self, event: CellEnded) -> None:
        """Write the scores of a cell that has some; they have no steps."""
        self._close()
        if event.folder and event.scores:
            file = EventFile(_folder(event.folder))
            file.scalars(0, {f"score/{name}": value for name, value in event.scores.items()})
            file.close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _folder(cell: str) -> Path:
    """Return where the run folder has a cell's event files."""
    path = Path(cell)
    return path.parent.parent / "tensorboard" / path.name

"""A cell's log.txt and metrics.jsonl, for people and for curves."""

from __future__ import annotations

import json
import math
import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Self, final

from metabench.errors import StoreError
from metabench.escape import visible
from metabench.privacy import private
from metabench.store.atomic import commit_file
from metabench.store.file_names import LOG, METRICS
from metabench.store.problems import explained

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from io import BufferedWriter
    from types import TracebackType

    from metabench.engine.step import StepDone
    from metabench.store.folder import Folder

__all__ = ["Journal"]

_BREAKS = "\n\t"
_LONGEST_LINE = 1 << 16
_FLUSH_SECONDS = 1.0  # `metabench status` reads the last step of a cell that runs


@final
class Journal:
    """The writer of the two files; a resumed attempt appends to ``metrics.jsonl``.

    Neither file is evidence: results are in ``result.json`` only.

    Args:
        folder: the folder of the log.
        metrics: the folder of the metrics; None: that of the log.
        after: the step after which the attempt starts; metrics of later steps are removed.

    Raises:
        StoreError: they cannot be written; so does every method.
    """

    def __init__(self, folder: Folder, *, metrics: Folder | None = None, after: int = 0) -> None:
        self._folder = folder
        with self._explained():
            _keep(metrics or folder, after)
            self._log: BufferedWriter = _appended(folder, LOG)
            self._metrics: BufferedWriter = _appended(metrics or folder, METRICS)
        self._flushed = time.monotonic()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the files; a full disk does not hide the error that ended the attempt."""
        if error is None:
            self.close()
        else:
            with suppress(StoreError):
                self.close()

    def close(self) -> None:
        """Close the files; once more does no harm."""
        with self._explained():
            try:
                self._log.close()
            finally:
                self._metrics.close()

    @property
    def log(self) -> BufferedWriter:
        """The log, for those that have more than a line to write."""
        return self._log

    def write(self, line: str) -> None:
        """Append a line with the time to the log."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._explained():
            self._log.write(f"{now} {visible(private(line), keep=_BREAKS)}\n".encode())
            self._log.flush()

    def flush(self) -> None:
        """Write all metrics durably, before a checkpoint relies on them."""
        with self._explained():
            self._metrics.flush()
            os.fsync(self._metrics.fileno())

    def step(self, done: StepDone) -> None:
        """Append a step's scalars to the metrics."""
        record: dict[str, str | int | float] = {
            "stage": done.stage, "step": done.step, "total": done.total,
        }  # fmt: skip
        for name, value in done.scalars.items():
            if math.isfinite(value):
                record.setdefault(name, value)  # a plugin's scalar is never in the step's place
        with self._explained():
            self._metrics.write(json.dumps(record, allow_nan=False).encode() + b"\n")
            if time.monotonic() - self._flushed > _FLUSH_SECONDS:
                self._flushed = time.monotonic()
                self._metrics.flush()

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self._folder.path)


def _appended(folder: Folder, name: str) -> BufferedWriter:
    with folder.opened(make=True) as here:
        return here.appended(name)


def _keep(folder: Folder, steps: int) -> None:
    """Keep the lines of the first steps, one each; where one is missing or cut, none after it."""
    lines: list[bytes] = []
    with folder.opened(make=True) as here:
        if here.facts(METRICS) is None:
            return
        if steps:
            with here.stream(METRICS) as file:
                read = enumerate(iter(partial(file.readline, _LONGEST_LINE), b""), start=1)
                known = takewhile(lambda pair: _tells(*pair), islice(read, steps))
                lines = [line for _, line in known]
        if not lines:
            here.remove(METRICS)
    if lines:
        commit_file(folder, METRICS, b"".join(lines))


def _tells(step: int, line: bytes) -> bool:
    """Return whether a line is whole and that of a step."""
    try:
        return line.endswith(b"\n") and json.loads(line)["step"] == step
    except (ValueError, TypeError, KeyError, RecursionError):
        return False

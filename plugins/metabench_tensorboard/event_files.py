"""TensorBoard's event files, written by TensorBoard's own writer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, final

from metabench.errors import PluginError

__all__ = ["EventFile", "require_tensorboard"]

_FLUSH_SECONDS = 2.0


def require_tensorboard() -> None:
    """Load TensorBoard's writer.

    Raises:
        PluginError: TensorBoard is not installed.
    """
    try:
        import_module("tensorboard.summary.writer.event_file_writer")
    except ImportError as error:
        raise PluginError(
            f"observer 'tensorboard' needs TensorBoard: {error}",
            hint="pip install 'metabench[tensorboard]'",
        ) from error


@final
class EventFile:
    """One event file.

    Args:
        folder: its folder; TensorBoard shows each folder as a run.
        first: the first step: it and later steps of a stopped attempt are superseded in
            TensorBoard; None supersedes nothing.
    """

    def __init__(self, folder: Path, *, first: int | None = None) -> None:
        from tensorboard.compat.proto.event_pb2 import SessionLog  # noqa: PLC0415
        from tensorboard.summary.writer.event_file_writer import EventFileWriter  # noqa: PLC0415

        self._file: Any = EventFileWriter(str(folder))
        self._flushed = time.monotonic()
        if first is not None:
            self._add(first, session_log=SessionLog(status=SessionLog.START))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write the scalars of a step; every two seconds they are handed to the system."""
        from tensorboard.compat.proto.summary_pb2 import Summary  # noqa: PLC0415

        entries = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        self._add(step, summary=Summary(value=entries))
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self._flushed = time.monotonic()
            self._file.flush()

    def close(self) -> None:
        """Write the rest, and close."""
        self._file.close()

    def _add(self, step: int, **what: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event  # noqa: PLC0415

        self._file.add_event(Event(wall_time=datetime.now(UTC).timestamp(), step=step, **what))

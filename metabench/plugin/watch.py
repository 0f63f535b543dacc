"""Somebody who looks on while a plugin is loaded: one that hangs is named while it does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from metabench.plugin.status import PluginStatus

__all__ = ["SLOW_SECONDS", "Watch", "name_slow", "unwatched"]

Watch: TypeAlias = "Callable[[PluginStatus], AbstractContextManager[None]]"
"""Called with each plugin that is about to be loaded; the context lasts as long as that does."""

SLOW_SECONDS = 5.0
"""From here on a plugin that is being loaded is named."""


def unwatched(status: PluginStatus) -> AbstractContextManager[None]:
    """Look away."""
    del status
    return nullcontext()


def name_slow(tell: Callable[[PluginStatus], None], *, seconds: float = SLOW_SECONDS) -> Watch:
    """Return a watch that reports a plugin once it has been loading for ``seconds``.

    It reports from another thread, since the loading one is busy. Nothing is stopped: a slow disk
    is no fault, and Ctrl-C reaches the plugin as usual.
    """

    @contextmanager
    def watch(status: PluginStatus) -> Iterator[None]:
        timer = threading.Timer(seconds, tell, (status,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    return watch

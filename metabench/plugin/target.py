"""Imports of a descriptor's target: ``package.module:attribute``."""

from __future__ import annotations

import functools
import importlib
from typing import Any

from metabench.errors import PluginError
from metabench.plugin.guard import Fault, guarded

__all__ = ["load_target"]


def load_target(dotted: str) -> Any:
    """Return the object that ``package.module:attribute`` names.

    Raises:
        PluginError: the module raised while it was imported, or has no such attribute.
    """
    loaded = guarded(lambda: _resolve(dotted))
    if isinstance(loaded, Fault):
        raise PluginError(
            f"cannot load {dotted!r}: {loaded.detail}",
            hint="fix or block the plugin that points at it; `metabench plugins` lists them",
        ) from loaded.error
    return loaded


def _resolve(dotted: str) -> Any:
    module, _, attribute = dotted.partition(":")
    if not module or not attribute:
        raise ValueError(f"{dotted!r} is not of the form 'package.module:attribute'")
    return functools.reduce(getattr, attribute.split("."), importlib.import_module(module))

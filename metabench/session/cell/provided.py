"""A plugin's part of a cell's work, made, and its name in errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metabench.engine.boundary import Boundary
from metabench.plugin.target import load_target

if TYPE_CHECKING:
    from metabench.plan.cell import Provided

__all__ = ["made", "provider"]


def made(part: Provided, *arguments: Any) -> Any:
    """Return an algorithm, a sampler or an adaptation.

    Raises:
        PluginError: its class cannot be loaded, or raised.
    """
    kind = load_target(part.target)
    with Boundary(provider(part)):
        return kind(*arguments)


def provider(part: Provided) -> str:
    """Return the name of a part in errors, such as ``maml of metabench 0.1.0``."""
    return f"{part.name} of {part.distribution} {part.version}"

"""The status of a plugin: origin, result of loading, registrations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeAlias, final

from typing_extensions import TypeVar

__all__ = ["BUILT_IN", "LOCAL", "Offer", "PluginState", "PluginStatus"]

BUILT_IN = "metabench"
"""The distribution whose plugins are built in."""

LOCAL = "local"
"""The distribution of a single-file plugin."""

PluginState: TypeAlias = Literal["ok", "failed", "conflict", "incompatible", "blocked"]


@final
@dataclass(frozen=True, slots=True)
class PluginStatus:
    """The result of loading one plugin (one entry point).

    Args:
        name: name of the entry point.
        module: the module that the entry point names.
        distribution: the installed distribution.
        version: its version.
        state: ``ok``; ``failed``: it raised, or registers something invalid; ``conflict``: it
            works, but one of its names is registered twice; ``incompatible``: written for another
            version of the API; ``blocked``: not loaded at the user's request.
        detail: the reason if it is not ok, in one line.
        traceback: the traceback of its exception.
        place: ``file:line`` in the plugin that raised; the file for a single-file plugin.
        milliseconds: import time of its entry module.
        offers: registered names by kind (``algorithm``, ``sampler``, ``adaptation``, ``task``,
            ``metric``, ``renderer``, ``observer``, ``launcher``).
    """

    name: str
    module: str
    distribution: str
    version: str
    state: PluginState = "ok"
    detail: str = ""
    traceback: str = ""
    place: str = ""
    milliseconds: float = 0.0
    offers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The distribution with its version, as a message names it."""
        return f"{self.distribution} {self.version}".rstrip()

    @property
    def built_in(self) -> bool:
        """Whether it ships with metabench."""
        return self.distribution == BUILT_IN

    @property
    def local(self) -> bool:
        """Whether it is a single file that the command line named."""
        return self.distribution == LOCAL

    @property
    def in_use(self) -> bool:
        """Whether its registrations can be used, except names that are registered twice."""
        return self.state in {"ok", "conflict"}


ValueT = TypeVar("ValueT", default=Any)


@final
@dataclass(frozen=True, slots=True)
class Offer(Generic[ValueT]):
    """A descriptor, and the plugin that it comes from."""

    value: ValueT
    plugin: PluginStatus

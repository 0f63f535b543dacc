"""What is known of a plugin: where it comes from, how loading it went, what it offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeAlias, final

from typing_extensions import TypeVar

__all__ = ["BUILT_IN", "LOCAL", "Offer", "PluginState", "PluginStatus"]

BUILT_IN = "metabench"
"""The distribution whose plugins are built in."""

LOCAL = "local"
"""What stands for the distribution of a plugin that is a single file."""

PluginState: TypeAlias = Literal["ok", "failed", "conflict", "incompatible", "blocked"]


@final
@dataclass(frozen=True, slots=True)
class PluginStatus:
    """How loading one plugin (one entry point) went.

    Args:
        name: name of the entry point.
        module: the module that the entry point names.
        distribution: what was installed.
        version: its version.
        state: ``ok``; ``failed``: it raised, or offers what is not valid; ``conflict``: it works,
            but a name that it offers is taken twice; ``incompatible``: written for another version
            of the API; ``blocked``: not loaded because the user said so.
        detail: why it is not ok, in one line.
        traceback: of what it raised.
        place: ``file:line`` in the plugin that raised; the file itself for a plugin that is one.
        milliseconds: how long importing its entry module took.
        offers: names by kind (``algorithm``, ``sampler``, ``task``, ``metric``, ``renderer``,
            ``observer``, ``launcher``).
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
        """Whether what it offers can be used, as far as no other plugin offers the same."""
        return self.state in {"ok", "conflict"}


ValueT = TypeVar("ValueT", default=Any)


@final
@dataclass(frozen=True, slots=True)
class Offer(Generic[ValueT]):
    """A descriptor, and the plugin that it comes from."""

    value: ValueT
    plugin: PluginStatus

"""The catalog: every algorithm, sampler, adaptation, task, metric and renderer, by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar, final

from metabench.api import (
    AdaptationInfo,
    AlgorithmInfo,
    LauncherInfo,
    MetricInfo,
    ObserverInfo,
    RendererInfo,
    SamplerInfo,
    TaskCard,
)
from metabench.plugin.absence import clash_error, missing_error
from metabench.plugin.hooks import OBSERVER_HOOKS, implemented
from metabench.plugin.loader import LoadedPlugin, load_plugins
from metabench.plugin.local import LocalFile
from metabench.plugin.observers import Observer
from metabench.plugin.offers import KINDS
from metabench.plugin.status import Offer, PluginStatus
from metabench.plugin.watch import Watch, unwatched

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Catalog", "load_catalog"]

ValueT = TypeVar("ValueT")
Key = tuple[str, str]


@final
@dataclass(frozen=True)
class Catalog:
    """The registrations of all plugins; a name registered twice is only in ``conflicts``.

    Args:
        algorithms: registrations by name, as are the next six.
        samplers: task samplers.
        adaptations: what can happen on a target.
        tasks: task cards.
        metrics: metrics.
        renderers: formats for leaderboards.
        launchers: launchers of agents.
        plugins: every plugin found, in any state.
        observers: observers of every run.
        on_request: observers of runs that request them.
        conflicts: the plugins of each (kind, name) that is registered twice.
        files: single-file plugins; worker processes need them too.
    """

    algorithms: Mapping[str, Offer[AlgorithmInfo]] = field(default_factory=dict)
    samplers: Mapping[str, Offer[SamplerInfo]] = field(default_factory=dict)
    adaptations: Mapping[str, Offer[AdaptationInfo]] = field(default_factory=dict)
    tasks: Mapping[str, Offer[TaskCard]] = field(default_factory=dict)
    metrics: Mapping[str, Offer[MetricInfo]] = field(default_factory=dict)
    renderers: Mapping[str, Offer[RendererInfo]] = field(default_factory=dict)
    launchers: Mapping[str, Offer[LauncherInfo]] = field(default_factory=dict)
    plugins: tuple[PluginStatus, ...] = ()
    observers: tuple[Observer, ...] = ()
    on_request: Mapping[str, Offer[ObserverInfo]] = field(default_factory=dict)
    conflicts: Mapping[Key, tuple[PluginStatus, ...]] = field(default_factory=dict)
    files: tuple[LocalFile, ...] = ()

    def algorithm(self, name: str) -> Offer[AlgorithmInfo]:
        """Return an algorithm.

        Raises:
            PluginError: there is none of that name, or two; names the plugins at fault.
        """
        return self._find("algorithm", name, self.algorithms)

    def sampler(self, name: str) -> Offer[SamplerInfo]:
        """Return a task sampler.

        Raises:
            PluginError: as for `algorithm`.
        """
        return self._find("sampler", name, self.samplers)

    def adaptation(self, name: str) -> Offer[AdaptationInfo]:
        """Return an adaptation.

        Raises:
            PluginError: as for `algorithm`.
        """
        return self._find("adaptation", name, self.adaptations)

    def task(self, name: str) -> Offer[TaskCard]:
        """Return a task.

        Raises:
            PluginError: as for `algorithm`.
        """
        return self._find("task", name, self.tasks)

    def metric(self, name: str) -> Offer[MetricInfo]:
        """Return a metric.

        Raises:
            PluginError: as for `algorithm`.
        """
        return self._find("metric", name, self.metrics)

    @property
    def by_kind(self) -> Mapping[str, Mapping[str, Offer[Any]]]:
        """The registrations by name, by their kind."""
        return {
            "algorithm": self.algorithms,
            "sampler": self.samplers,
            "adaptation": self.adaptations,
            "task": self.tasks,
            "metric": self.metrics,
            "renderer": self.renderers,
            "observer": self.on_request,
            "launcher": self.launchers,
        }

    @property
    def metric_ranges(self) -> Mapping[str, tuple[float, float]]:
        """The lowest and the highest value of each metric that declares them."""
        found = {name: offer.value.range for name, offer in self.metrics.items()}
        return {name: bounds for name, bounds in found.items() if bounds is not None}

    def renderer(self, name: str) -> Offer[RendererInfo]:
        """Return a format for leaderboards.

        Raises:
            PluginError: as for `algorithm`.
        """
        return self._find("renderer", name, self.renderers)

    def launcher(self, name: str) -> Offer[LauncherInfo]:
        """Return a launcher.

        Raises:
            PluginError: as for `algorithm`.
        """
        return self._find("launcher", name, self.launchers)

    def observer(self, name: str) -> Offer[ObserverInfo]:
        """Return an observer that a run can ask for.

        Raises:
            PluginError: as for `algorithm`.
        """
        return self._find("observer", name, self.on_request)

    def _find(self, kind: str, name: str, offers: Mapping[str, Offer[ValueT]]) -> Offer[ValueT]:
        if name in offers:
            return offers[name]
        if (kind, name) in self.conflicts:
            raise clash_error(kind, name, self.conflicts[kind, name])
        raise missing_error(kind, name, known=offers, plugins=self.plugins)


def load_catalog(
    *,
    blocked: frozenset[str] = frozenset(),
    files: Sequence[LocalFile] = (),
    watch: Watch = unwatched,
) -> Catalog:
    """Load all plugins and return their registrations; a failing plugin affects no other.

    Args:
        blocked: names of entry points, modules or distributions that are not to be loaded; ``all``
            means every plugin that does not ship with metabench.
        files: single-file plugins.
        watch: a context around the loading of each plugin.
    """
    loaded = load_plugins(blocked=blocked, files=files, watch=watch)
    owners = _owners(loaded)
    taken_twice = {key: held for key, held in owners.items() if len(held) > 1}
    loaded = tuple(_mark_conflicts(plugin, taken_twice) for plugin in loaded)
    offers = {kind: _offers(kind, loaded, taken_twice) for kind in KINDS}
    return Catalog(
        algorithms=offers["algorithm"],
        samplers=offers["sampler"],
        adaptations=offers["adaptation"],
        tasks=offers["task"],
        metrics=offers["metric"],
        renderers=offers["renderer"],
        launchers=offers["launcher"],
        plugins=tuple(plugin.status for plugin in loaded),
        observers=_observers(loaded),
        on_request=offers["observer"],
        conflicts=taken_twice,
        files=tuple(files),
    )


def _owners(loaded: Sequence[LoadedPlugin]) -> Mapping[Key, tuple[PluginStatus, ...]]:
    owners: dict[Key, tuple[PluginStatus, ...]] = defaultdict(tuple)
    for plugin in loaded:
        for kind, values in plugin.offers.items():
            for name in values:
                owners[kind, name] += (plugin.status,)
    return owners


def _mark_conflicts(
    plugin: LoadedPlugin, taken_twice: Mapping[Key, Sequence[PluginStatus]]
) -> LoadedPlugin:
    clashes = [
        f"{kind} {name!r} is also provided by {other.origin}"
        for (kind, name), owners in sorted(taken_twice.items())
        if plugin.status in owners
        for other in owners
        if other != plugin.status
    ]
    if not clashes:
        return plugin
    return replace(
        plugin, status=replace(plugin.status, state="conflict", detail="; ".join(clashes))
    )


def _offers(
    kind: str, loaded: Sequence[LoadedPlugin], taken_twice: Mapping[Key, object]
) -> Mapping[str, Offer[Any]]:
    found = {
        name: Offer(value, plugin.status)
        for plugin in loaded
        for name, value in plugin.offers.get(kind, {}).items()
        if (kind, name) not in taken_twice
    }
    return dict(sorted(found.items()))


def _observers(loaded: Sequence[LoadedPlugin]) -> tuple[Observer, ...]:
    return tuple(
        Observer(plugin.status, plugin.manager, plugin.target)
        for plugin in loaded
        if plugin.manager is not None and not OBSERVER_HOOKS.isdisjoint(implemented(plugin.manager))
    )

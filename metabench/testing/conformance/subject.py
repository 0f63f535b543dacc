"""The subject of a check: one registration of a plugin, with its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from metabench.errors import NothingMatchedError, PluginError
from metabench.plugin.absence import clash_error, remedy, unregistered
from metabench.plugin.catalog import Catalog
from metabench.plugin.observers import Observer, open_observer
from metabench.plugin.offers import KINDS
from metabench.plugin.status import Offer, PluginStatus
from metabench.plugin.target import load_target
from metabench.suggest import did_you_mean
from metabench.testing.conformance.verdict import NotApplicableError

if TYPE_CHECKING:
    from pathlib import Path

    from metabench.learning import Adaptation, Algorithm, Schedule, TaskSampler

__all__ = ["KINDS", "Subject", "find_subject", "find_subjects"]


@final
@dataclass(frozen=True)
class Subject:
    """One registration under test.

    Args:
        kind: one of `KINDS`.
        name: its name; for an observer of every run, the plugin's name.
        value: the descriptor, or the `Observer` of a plugin that observes every run.
        plugin: its plugin.
        given: options to check it with, instead of its defaults.
        hub: an offline mirror, for tasks.
    """

    kind: str
    name: str
    value: Any
    plugin: PluginStatus
    given: Mapping[str, Any] = field(default_factory=dict)
    hub: Path | None = None

    @property
    def options(self) -> Any:
        """The validated options: defaults, overridden by the preset and the given ones."""
        preset = getattr(self.value, "preset", {})
        return self.value.options.model_validate({**preset, **self.given})

    def algorithm(self) -> Algorithm[Any]:
        """Return a fresh algorithm; `NotApplicableError` where it has no mathematics."""
        if self.value.target is None:
            raise NotApplicableError("has no meta-training stage")
        built: Algorithm[Any] = load_target(self.value.target)(self.options)
        return built

    def adaptation(self) -> Adaptation[Any]:
        """Return a fresh adaptation; `NotApplicableError` where the engine does it."""
        if self.value.target is None:
            raise NotApplicableError("is done by the engine")
        built: Adaptation[Any] = load_target(self.value.target)(self.options)
        return built

    def observer(self) -> Observer:
        """Return the observer; an observer on request is created.

        Raises:
            PluginError: it cannot be loaded.
        """
        if isinstance(self.value, Observer):
            return self.value
        return open_observer(Offer(self.value, self.plugin))

    def sampler(self, schedule: Schedule) -> TaskSampler[Any]:
        """Return a fresh sampler."""
        built: TaskSampler[Any] = load_target(self.value.target)(self.options, schedule)
        return built


def find_subjects(name: str, catalog: Catalog, *, hub: Path | None = None) -> tuple[Subject, ...]:
    """Return the subjects of a name: all registrations of a plugin or distribution, or one.

    Raises:
        PluginError: that plugin is not in use, registers nothing, or a name is taken twice.
        NothingMatchedError: nothing has that name.
    """
    every = tuple(_subjects(catalog, hub))
    owners = [plugin for plugin in catalog.plugins if name in {plugin.name, plugin.distribution}]
    for plugin in owners:
        if not plugin.in_use:
            raise PluginError(
                f"plugin {plugin.name!r} is {plugin.state}: {plugin.detail}",
                where=plugin.place or plugin.origin,
                hint=remedy(plugin),
            )
    for (kind, taken), by in catalog.conflicts.items():
        if name in {
            taken,
            *(plugin.name for plugin in by),
            *(plugin.distribution for plugin in by),
        }:
            raise clash_error(kind, taken, by)
    found = tuple(subject for subject in every if subject.plugin in owners)
    found = found or tuple(subject for subject in every if subject.name == name)
    if found:
        return found
    if owners:
        raise PluginError(
            f"plugin {name!r} offers nothing to check",
            where=owners[0].origin,
            hint="return a descriptor from one of its hooks; docs/reference/hooks.md lists them",
        )
    known = {subject.name for subject in every} | {plugin.name for plugin in catalog.plugins}
    hint = unregistered(name) or did_you_mean(name, known, otherwise="see `metabench plugins`")
    raise NothingMatchedError(f"nothing is called {name!r}", hint=hint)


def find_subject(kind: str, name: str, catalog: Catalog) -> Subject:
    """Return one offer.

    Raises:
        PluginError: there is none of that kind and name.
    """
    if kind == "observer":
        found = [one for one in _subjects(catalog, None) if (one.kind, one.name) == (kind, name)]
        if not found:
            raise PluginError(f"no observer is called {name!r}", hint="see `metabench plugins`")
        return found[0]
    offer = getattr(catalog, kind)(name)
    return Subject(kind, name, offer.value, offer.plugin)


def _subjects(catalog: Catalog, hub: Path | None) -> list[Subject]:
    found = [
        Subject(kind, name, offer.value, offer.plugin, hub=hub)
        for kind, known in catalog.by_kind.items()
        for name, offer in known.items()
    ]
    observers = [
        Subject("observer", each.plugin.name, each, each.plugin) for each in catalog.observers
    ]
    return [*found, *observers]

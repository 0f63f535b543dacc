"""Look names of a file up: each is an offer, a problem of the file, or a plugin's fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, final

from metabench.errors import PluginError
from metabench.plugin.absence import unregistered
from metabench.suggest import suggest

if TYPE_CHECKING:
    from metabench.api import TaskCard
    from metabench.errors import Problem
    from metabench.plugin.catalog import Catalog
    from metabench.plugin.status import Offer
    from metabench.spec.mistakes.document import Document
    from metabench.spec.mistakes.locate import KeyPath

__all__ = ["Kind", "Naming"]

Kind: TypeAlias = Literal["algorithm", "sampler", "adaptation", "task", "metric"]


@final
@dataclass
class Naming:
    """The look-up of the names in a file, with a collection of its problems.

    Args:
        document: the file.
        catalog: the installed plugins.
        misshapen: the key paths with an invalid shape.
        problems: problems of the file; an ordered set.
        faults: valid names that a faulty plugin withholds.
        own: the tasks that the file defines; None for invalid definitions.
    """

    document: Document
    catalog: Catalog
    misshapen: Sequence[KeyPath] = ()
    problems: dict[Problem, None] = field(default_factory=dict)
    faults: list[PluginError] = field(default_factory=list)
    own: Mapping[str, Offer[TaskCard] | None] = field(default_factory=dict)

    def report(self, path: KeyPath, what: str) -> None:
        """Note a problem of the file."""
        self.problems.setdefault(self.document.problem(path, what))

    def broken(self, table: str) -> bool:
        """Return whether a table's shape is invalid, so that references to it are not checked."""
        return any(path[:1] == (table,) for path in self.misshapen)

    def find(self, kind: Kind, name: Any, path: KeyPath) -> Offer[Any] | None:
        """Return the registration of that name; None, with a noted problem, where there is none.

        Anything but a string is left to the check of the file's shape.
        """
        if not isinstance(name, str):
            return None
        offers = self.catalog.by_kind[kind]
        if kind == "task" and name in self.own:
            return self.own[name]
        if name in offers:
            return offers[name]
        near = suggest(name, [*offers, *(self.own if kind == "task" else ())])
        if self._is_a_fault(kind, name, near):
            self._fault(kind, name)
        else:
            why = near or f"; {unregistered(name) or f'see `metabench list {kind}s`'}"
            self.report(path, f"there is no {kind} {name!r}{why}")
        return None

    def _is_a_fault(self, kind: Kind, name: str, suggestion: str) -> bool:
        """Return whether a plugin is to blame rather than the file.

        It is where two plugins offer the name, and where a plugin that is not in use is called
        like it. A name that is near no other may come from any plugin that is not in use.
        """
        if (kind, name) in self.catalog.conflicts:
            return True
        absent = [plugin for plugin in self.catalog.plugins if plugin.state not in _IN_USE]
        called = {
            alias
            for plugin in absent
            for alias in (
                plugin.name,
                plugin.distribution,
                plugin.distribution.removeprefix("metabench-"),
            )
        }
        return name in called or (bool(absent) and "did you mean" not in suggestion)

    def _fault(self, kind: Kind, name: str) -> None:
        try:
            getattr(self.catalog, kind)(name)
        except PluginError as error:
            self.faults.append(error)


_IN_USE = {"ok", "conflict"}

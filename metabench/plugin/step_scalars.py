"""Scalars that observers add to a step: requested at every step, checked, never trusted."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any, final

from metabench.errors import PluginError

if TYPE_CHECKING:
    from metabench.api import Progressed
    from metabench.plugin.observers import Observer

__all__ = ["OWN_SCALARS", "StepScalars"]

OWN_SCALARS = frozenset({
    "curvature_error", "direction_norm", "loss", "loss_after", "loss_before", "stage", "step",
    "total",
})  # fmt: skip
"""Names that mean something to metabench itself."""

_NAME = re.compile(r"[a-z0-9_./-]{1,64}")
_MOST = 32


class _Refused(Exception):  # noqa: N818  (a message for the user, never raised further)
    """An observer returned something other than scalars."""


@final
@dataclass
class StepScalars:
    """The scalars that observers add to the steps of one cell.

    Args:
        observers: the observers of each step.
        complain: receives the problem of each observer, once per cell.
    """

    observers: Sequence[Observer]
    complain: Callable[[PluginError], None]
    _named: set[int] = field(default_factory=set)

    def of(self, event: Progressed) -> dict[str, float]:
        """Return the scalars that all observers add to a step."""
        added: dict[str, float] = {}
        for number, observer in enumerate(self.observers):
            returned = observer.ask(event)
            if returned is None:
                continue
            if not isinstance(returned, PluginError):
                try:
                    added |= _checked(returned, {*OWN_SCALARS, *event.scalars, *added})
                except _Refused as refused:
                    returned = observer.problem(f"metabench_step {refused}")
            if isinstance(returned, PluginError) and number not in self._named:
                self._named.add(number)
                self.complain(returned)
        return added


def _checked(returned: Any, taken: Collection[str]) -> dict[str, float]:
    if not isinstance(returned, Mapping):
        raise _Refused(f"returned {type(returned).__name__}, not a mapping of names to numbers")
    if len(returned) > _MOST:
        raise _Refused(f"returned {len(returned)} scalars, {_MOST} are the most")
    checked = {}
    for name, value in returned.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise _Refused(f"named a scalar {name!r}: a name is of a-z, 0-9 and _ . / -")
        if name in taken:
            raise _Refused(f"named a scalar {name!r}, which the step has already")
        if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
            raise _Refused(f"gave {name!r} the value {value!r}, not a finite number")
        checked[name] = float(value)
    return checked

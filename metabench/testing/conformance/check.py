"""A check of the conformance kit: its name, the property it states, and its failure."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from metabench.testing.conformance.ambient import kept_settings
from metabench.testing.conformance.verdict import NotApplicableError, NotConformingError

if TYPE_CHECKING:
    from metabench.testing.conformance.subject import Subject

__all__ = ["Check", "checks_of", "law", "require"]

_FIRST = ".descriptors"
_CHECKS: dict[str, dict[str, Check]] = {}


@final
@dataclass(frozen=True, slots=True)
class Check:
    """One check of the kit.

    Args:
        kind: the kind of registration: ``algorithm``, ``sampler``, ``task``, ``metric``,
            ``renderer``, ``observer`` or ``launcher``.
        name: its name, in a table and after ``test_``.
        law: the property of every plugin that passes, in one sentence.
        hint: the fix where it does not hold.
        call: raises `NotConformingError` where it does not hold.
    """

    kind: str
    name: str
    law: str
    hint: str
    call: Callable[[Subject], None]


def law(*kinds: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Return a decorator for checks of these kinds; the docstring holds property and hint."""

    def register(function: Callable[[Any], None]) -> Callable[[Any], None]:
        doc = inspect.cleandoc(function.__doc__ or "").partition("\n\n")
        said, hint = doc[0].rstrip("."), " ".join(doc[2].replace("``", "`").split())
        for kind in kinds:
            check = Check(kind, function.__name__, said, hint, _named(function))
            _CHECKS.setdefault(kind, {})[check.name] = check
        return function

    return register


def checks_of(kind: str) -> tuple[Check, ...]:
    """Return the checks of a kind: first those of descriptors, then the others."""
    found = _CHECKS.get(kind, {}).values()
    return tuple(sorted(found, key=lambda check: not check.call.__module__.endswith(_FIRST)))


def require(holds: object, otherwise: str) -> None:
    """Go on only where something holds.

    Raises:
        NotConformingError: it does not.
    """
    if not holds:
        raise NotConformingError(otherwise)


def _named(function: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return the check so that whatever the plugin raises is named as its doing."""

    @functools.wraps(function)
    def call(subject: Subject) -> None:
        try:
            with kept_settings():  # no check sees changes of another one
                function(subject)
        except (NotConformingError, NotApplicableError, KeyboardInterrupt):
            raise
        except BaseException as error:
            said = " ".join(str(error).split())
            kind = type(error).__name__
            raise NotConformingError(
                f"raised {kind}: {said}" if said else f"raised {kind}"
            ) from error

    return call

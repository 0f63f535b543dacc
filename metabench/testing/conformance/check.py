"""A check of the conformance kit: its name, the property it states, and its failure."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from metabench.testing.conformance.ambient import (
    changed_settings,
    drawn_generators,
    kept_settings,
)
from metabench.testing.conformance.verdict import NotApplicableError, NotConformingError

if TYPE_CHECKING:
    from metabench.testing.conformance.subject import Subject

__all__ = ["Check", "ambient_laws", "checks_of", "law", "require"]

_FIRST = ".descriptors"
_CHECKS: dict[str, dict[str, Check]] = {}


@final
@dataclass(frozen=True, slots=True)
class Check:
    """One check of the kit.

    Args:
        kind: the kind of registration: ``algorithm``, ``sampler``, ``adaptation``, ``task``,
            ``metric``, ``renderer``, ``observer`` or ``launcher``.
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


def ambient_laws(kind: str, use: Callable[[Subject], Callable[[], object]]) -> None:
    """Register the two checks of process-global state for plugins of a kind.

    Args:
        kind: the kind.
        use: returns a call that uses a plugin; only the call is watched.
    """

    @law(kind)
    def no_ambient_randomness(subject: Subject) -> None:
        """No generator of the whole process is drawn from or seeded.

        Draw from the stream that is passed in (an algorithm's is ``episode.stream``), or from a
        generator that you make and seed.
        """
        drawn = drawn_generators(use(subject))
        require(not drawn, f"drew from or seeded {', '.join(drawn)}")

    @law(kind)
    def leaves_globals(subject: Subject) -> None:
        """Threads, default dtype, grad mode, working folder, environment, signals stay as they are.

        Use a context manager that puts the setting back.
        """
        changed = changed_settings(use(subject))
        require(not changed, f"changed {'; '.join(changed)[:300]}")


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

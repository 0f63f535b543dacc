"""What differs between the machines that two results come from, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metabench.store.records.provenance import Provenance


__all__ = ["changed", "same_profile"]

_FACTS = (
    "metabench", "platform", "processor", "device", "precision", "threads", "deterministic",
)  # fmt: skip
_NUMERICAL = ("torch", "transformers", "tokenizers", "numpy")


def changed(then: Provenance, now: Provenance) -> Iterator[str]:
    """Yield what differs between two machines, as far as numbers can depend on it."""
    for name in _FACTS:
        yield from _difference(name, getattr(then, name), getattr(now, name))
    yield from _difference("compiled", bool(then.compiled), bool(now.compiled))
    for name in _NUMERICAL:
        yield from _difference(name, then.versions.get(name), now.versions.get(name))


def _difference(name: str, then: object, now: object) -> Iterator[str]:
    if then != now:
        yield f"{name} {_shown(then)} → {_shown(now)}"


def _shown(value: object) -> str:
    return "unknown" if value in {None, ""} else str(value)


def same_profile(one: Provenance, other: Provenance) -> bool:
    """Return whether two results come from one machine profile, which promises equal bits."""
    return _profile(one) == _profile(other)


def _profile(where: Provenance) -> tuple[object, ...]:
    plugins = {note.distribution: note.version for note in where.plugins}
    machine = where.processor, where.device, where.precision, where.threads, where.deterministic
    return (
        where.metabench,
        where.python,
        dict(where.versions),
        plugins,
        (*machine, bool(where.compiled)),
    )

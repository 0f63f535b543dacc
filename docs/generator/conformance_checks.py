"""docs/reference/conformance_checks.md: every check of a plugin, with what to do where it fails."""

from __future__ import annotations

from metabench.testing.conformance import KINDS, checks_of

__all__ = ["conformance_checks"]

_INTRODUCTION = """\
What [`metabench plugins check`](../conformance.md) checks of each kind of plugin, in this order. A
check that fails prints its hint."""


def conformance_checks() -> str:
    """Return the page."""
    parts = ["# Conformance checks", _INTRODUCTION]
    for kind in KINDS:
        rows = [f"| `{one.name}` | {one.law}. | {one.hint} |" for one in checks_of(kind)]
        table = ["| check | what holds | hint |", "|---|---|---|", *rows]
        parts += [f"## {kind.title()}s", "\n".join(table)]
    return "\n\n".join(parts)

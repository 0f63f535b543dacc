"""Whether the methods of a leaderboard were computed in one execution environment."""

from __future__ import annotations

from collections.abc import Iterable

from metabench.results.collect import Collected
from metabench.results.profile import environment
from metabench.store.records.provenance import Provenance

__all__ = ["mixed_origins"]

_ANSWERS = {"true": "yes", "false": "no"}
_MOST_NAMED = 3


def mixed_origins(collected: Collected) -> tuple[str, ...]:
    """Return the differences in environment between the cells behind the scores, one line each.

    A line names the values and their methods, such as ``torch: 2.12.0 (BERT), 2.13.0 (Joint,
    MAML)``. A gate relies on it: scores of equal seeds differ between machines by rounding, and by
    more after many steps.
    """
    values: dict[str, dict[str, list[str]]] = {}
    rows = collected.origins
    for method, places in rows.items():
        for name, value in (fact for place in places for fact in _shown(place)):
            methods = values.setdefault(name, {}).setdefault(value, [])
            methods.extend([method] * (method not in methods))
    return tuple(
        f"{name}: {', '.join(_value(value, found[value], len(rows)) for value in sorted(found))}"
        for name, found in sorted(values.items())
        if len(found) > 1
    )


def _shown(where: Provenance) -> Iterable[tuple[str, str]]:
    """Return the facts in plain words; a processor that is the device replaces it."""
    facts = {name.replace("_", " "): value for name, value in environment(where).items()}
    if facts.get("device") == "cpu" and "processor" in facts:
        facts["device"] = f"cpu ({facts.pop('processor')})"
    return ((name, _ANSWERS.get(value, value)) for name, value in facts.items())


def _value(value: str, methods: list[str], rows: int) -> str:
    if len(methods) == rows:
        return value
    named = ", ".join(methods[:_MOST_NAMED])
    more = len(methods) - _MOST_NAMED
    return f"{value} ({named} and {more} more)" if more > 0 else f"{value} ({named})"

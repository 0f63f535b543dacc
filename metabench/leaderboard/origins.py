"""Whether the rows of a leaderboard were computed alike: versions, devices, precision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metabench.leaderboard.costs import used_results
from metabench.results.collect import Collected
from metabench.store.records.provenance import Provenance

__all__ = ["mixed_origins", "origins"]

_NUMERIC = ("torch", "transformers", "tokenizers", "numpy")
_MOST_NAMED = 3


def mixed_origins(collected: Collected) -> tuple[str, ...]:
    """Return what differs between the cells behind the scores, one line each; none if nothing does.

    A line names the values and the methods that have them, such as ``torch: 2.12.0 (BERT), 2.13.0
    (Joint, MAML)``. It is the ground of a gate: scores of equal seeds differ between machines by
    rounding, and by more after many steps.
    """
    values: dict[str, dict[str, list[str]]] = {}
    rows = origins(collected)
    for method, places in rows.items():
        for name, value in (fact for place in places for fact in _facts(place)):
            methods = values.setdefault(name, {}).setdefault(value, [])
            methods.extend([method] * (method not in methods))
    return tuple(
        f"{name}: {', '.join(_value(value, found[value], len(rows)) for value in sorted(found))}"
        for name, found in sorted(values.items())
        if len(found) > 1
    )


def origins(collected: Collected) -> Mapping[str, tuple[Provenance, ...]]:
    """Return where the cells behind each row come from, one for all that were computed alike."""
    found: dict[str, dict[object, Provenance]] = {}
    for method, results in used_results(collected).items():
        places = found.setdefault(method, {})
        for result in results:
            places.setdefault(_alike(result.provenance), result.provenance)
    return {method: tuple(places.values()) for method, places in found.items()}


def _alike(provenance: Provenance) -> object:
    return (
        provenance.metabench,
        *provenance.versions.items(),
        *((plugin.distribution, plugin.version) for plugin in provenance.plugins),
        provenance.processor,
        provenance.device,
        provenance.precision,
        provenance.compiled,
        provenance.model_identity,
    )


def _facts(provenance: Provenance) -> Iterator[tuple[str, str]]:
    yield "metabench", provenance.metabench
    for name in _NUMERIC:
        if name in provenance.versions:
            yield name, provenance.versions[name]
    for plugin in provenance.plugins:
        yield plugin.distribution, plugin.version
    if provenance.device:
        is_cpu = provenance.device == "cpu" and provenance.processor
        yield "device", f"cpu ({provenance.processor})" if is_cpu else provenance.device
    if provenance.precision:
        yield "precision", provenance.precision
    if provenance.compiled is not None:
        yield "compiled", "yes" if provenance.compiled else "no"


def _value(value: str, methods: list[str], rows: int) -> str:
    if len(methods) == rows:
        return value
    named = ", ".join(methods[:_MOST_NAMED])
    more = len(methods) - _MOST_NAMED
    return f"{value} ({named} and {more} more)" if more > 0 else f"{value} ({named})"

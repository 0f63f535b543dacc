"""docs/reference/catalog.md: what metabench itself brings along, with all options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.fields import field_table
from metabench.plugin.catalog import load_catalog
from metabench.plugin.status import Offer

__all__ = ["catalog"]

_OURS = "metabench"


def catalog() -> str:
    """Return the page; what other distributions offer is left out."""
    found = load_catalog()
    parts = ["# What is built in"]
    parts += ["`metabench show NAME` prints the same, also for what plugins add."]
    with_options: dict[str, Mapping[str, Offer[Any]]] = {
        "Algorithms": found.algorithms,
        "Samplers": found.samplers,
        "Adaptations": found.adaptations,
    }
    for title, offers in with_options.items():
        parts.append(f"## {title}")
        for name, info in _ours(offers).items():
            parts += [f"### {name}", f"{info.summary[:1].upper()}{info.summary[1:]}."]
            parts += [f"Reference: {text}" for text in info.references]
            if info.options.model_fields:
                parts.append(field_table(info.options, getattr(info, "preset", {})))
    parts += ["## Tasks", _tasks(_ours(found.tasks)), "## Metrics", _metrics(_ours(found.metrics))]
    parts += ["## Observers", _observers(_ours(found.on_request)), "## Launchers"]
    for name, info in _ours(found.launchers).items():
        parts += [f"### {name}", f"`--launcher {name}`: {info.summary}."]
        if info.options.model_fields:
            parts.append(field_table(info.options, {}))
    return "\n\n".join(parts)


def _ours(offers: Mapping[str, Offer[Any]]) -> dict[str, Any]:
    return {n: offer.value for n, offer in offers.items() if offer.plugin.distribution == _OURS}


def _tasks(cards: Mapping[str, Any]) -> str:
    lines = ["| task | metrics | training rows | |", "|---|---|--:|---|"]
    for name, card in cards.items():
        rows = card.splits.get(card.train, "")
        lines.append(f"| `{name}` | {', '.join(card.metrics)} | {rows} | {card.summary} |")
    return "\n".join(lines)


def _observers(infos: Mapping[str, Any]) -> str:
    rows = (f"| `--observer {name}` | {info.summary} |" for name, info in infos.items())
    return "\n".join(["| observer | |", "|---|---|", *rows])


def _metrics(infos: Mapping[str, Any]) -> str:
    return "\n".join(
        ["| metric | |", "|---|---|", *(f"| `{n}` | {i.title} |" for n, i in infos.items())]
    )

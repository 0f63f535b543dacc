"""docs/reference/paper_settings.md: each setting in the paper, its default, and the reason."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

from metabench.plugin.catalog import load_catalog
from metabench.spec.model import sections

__all__ = ["paper_settings", "reasons", "settings"]

_REASONS = Path(__file__).with_name("paper_settings.toml")
_SECTIONS: Mapping[str, type[BaseModel]] = {
    "model": sections.ModelSpec,
    "pretrain": sections.PretrainSpec,
    "meta": sections.MetaSpec,
    "finetune": sections.FineTuneSpec,
    "seeds": sections.SeedsSpec,
}

_INTRODUCTION = """\
For [the paper's tables](../paper.md): each setting in Dou, Yu and Anastasopoulos 2019, its default
in metabench, the reason, and what another value would change. "Silent" means that the paper doesn't
mention it."""


def paper_settings() -> str:
    """Return the page."""
    said = reasons()
    rows = [
        f"| `{name}` | {said[name]['paper']} | {_defaults(defaults)} | {said[name]['why']} |"
        for name, defaults in settings().items()
    ]
    head = [
        "| setting | in the paper | default here | why, and what it changes |",
        "|---|---|---|---|",
    ]
    return "\n\n".join(["# The paper's settings", _INTRODUCTION, "\n".join([*head, *rows])])


def reasons() -> Mapping[str, Mapping[str, str]]:
    """Return the paper's words and the reason for each setting."""
    return tomllib.loads(_REASONS.read_text(encoding="utf-8"))


def settings() -> Mapping[str, list[str]]:
    """Return the defaults of each setting; algorithms may have different ones of an option."""
    found: dict[str, list[str]] = {}
    for name, default in _every():
        defaults = found.setdefault(name, [])
        if default not in [*defaults, "null"]:
            defaults.append(default)
    return found


def _every() -> Iterator[tuple[str, str]]:
    for prefix, model in _SECTIONS.items():
        yield from _fields(prefix, model)
    catalog = load_catalog(blocked=frozenset({"all"}))
    for offer in catalog.algorithms.values():
        preset = {name: json.dumps(value) for name, value in offer.value.preset.items()}
        for name, default in _fields("options", offer.value.options):
            yield name, preset.get(name.partition(".")[2], default)
    for sampler in catalog.samplers.values():
        yield from _fields("sampler", sampler.value.options)


def _fields(prefix: str, model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Yield name and default, as JSON, of each setting; of sections within, theirs."""
    for name, field in model.model_fields.items():
        value = None if field.is_required() else field.default
        if isinstance(value, BaseModel):
            yield from _fields(f"{prefix}.{name}", type(value))
        else:
            yield f"{prefix}.{name}", json.dumps(value)


def _defaults(defaults: list[str]) -> str:
    return ", ".join(f"`{default}`" for default in defaults) or "none"

"""docs/paper.md has a row for every setting that a number depends on, with its default."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pydantic import BaseModel

from metabench.plugin import load_catalog
from metabench.spec.model import sections

PAGE = (Path(__file__).parents[2] / "docs" / "paper.md").read_text(encoding="utf-8")
SECTIONS = {
    "model": sections.ModelSpec,
    "pretrain": sections.PretrainSpec,
    "meta": sections.MetaSpec,
    "finetune": sections.FineTuneSpec,
    "seeds": sections.SeedsSpec,
}


def fields(prefix, model):
    """Yield name and default, as JSON, of each setting; of sections within, theirs."""
    for name, field in model.model_fields.items():
        value = None if field.is_required() else field.default
        if isinstance(value, BaseModel):
            yield from fields(f"{prefix}.{name}", type(value))
        else:
            yield f"{prefix}.{name}", json.dumps(value)


def settings():
    """Return the defaults of each setting; algorithms may have different ones of an option."""
    catalog = load_catalog()
    found = {}
    for prefix, model in SECTIONS.items():
        found |= {name: {default} for name, default in fields(prefix, model)}
    for kind, offers in (("options", catalog.algorithms), ("sampler", catalog.samplers)):
        for offer in offers.values():
            if offer.plugin.distribution != "metabench":
                continue
            preset = getattr(offer.value, "preset", {})
            for name, default in fields(kind, offer.value.options):
                option = name.partition(".")[2]
                chosen = json.dumps(preset[option]) if option in preset else default
                found.setdefault(name, set()).add(chosen)
    return {name: defaults - {"null"} for name, defaults in found.items()}


def test_every_setting_has_a_row_with_its_default_and_there_is_no_other_row():
    section = re.search(r"^## Every setting\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)[1]
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)

    assert {name: set(re.findall(r"`([^`]+)`", ours)) for name, _, ours, _ in rows} == settings()
    assert len({name for name, *_ in rows}) == len(rows)

"""docs/paper.md has a row for every setting that a number depends on, with its default."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from metabench.plugin import load_catalog
from metabench.plugin.target import load_target
from metabench.spec.model import sections
from metabench_algorithms.options import ReptileOptions

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


def differing():
    """Yield the options of each algorithm and the paragraph of what differs from its paper."""
    for name, offer in load_catalog().algorithms.items():
        if offer.plugin.distribution == "metabench" and name != "finetune":
            found = re.search(r"Differs: (.*)", load_target(offer.value.target).__doc__, re.DOTALL)
            yield pytest.param(offer.value.options, found and found[1], id=name)


@pytest.mark.parametrize(("options", "text"), list(differing()))
def test_what_differs_from_a_methods_paper_is_in_its_docstring_by_settings_that_exist(
    options, text
):
    """A value that a docstring names as the paper's is one that the option takes, not its default.

    Where an inner loop can reuse its support examples, as the methods' papers do, that is named.
    """
    named = dict(re.findall(r"``([a-z_]+) = \"(\w+)\"``", text))

    assert named.keys() <= options.model_fields.keys()
    for option, value in named.items():
        assert getattr(options(**{option: value}), option) == value
        assert getattr(options(), option) != value
    if "support" in options.model_fields and options is not ReptileOptions:
        assert named["support"] == "same"
    if "rates_lr" in options.model_fields:
        assert "outer learning rate of their own" in " ".join(text.split())

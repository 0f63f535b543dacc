"""Every setting that a number depends on is compared with the paper, with its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.paper_settings import reasons, settings
from metabench.plugin.catalog import load_catalog
from metabench.plugin.target import load_target
from metabench.spec.model.sections import MetaSpec
from metabench_algorithms.options import ReptileOptions

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "paper_settings.md").read_text("utf-8")


def test_every_setting_has_a_reason_and_there_is_no_other():
    assert set(reasons()) == set(settings())
    assert all(one["paper"] and one["why"] for one in reasons().values())


@pytest.mark.parametrize(
    ("name", "defaults"),
    [
        ("meta.tasks_per_step", [str(MetaSpec.model_fields["tasks_per_step"].default)]),
        ("finetune.optimizer.lr", ["2e-05"]),
        ("model.id", []),
        ("options.inner_steps", ["1", "5", "8"]),
        ("options.second_order", ["false", "true"]),
        ("sampler.ratio", ["2"]),
    ],
)
def test_a_default_is_the_codes(name, defaults):
    (cell,) = re.findall(rf"^\| `{re.escape(name)}` \| [^|]+ \| ([^|]+) \|", PAGE, re.MULTILINE)

    assert sorted(re.findall(r"`([^`]+)`", cell)) == defaults


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
        assert "separate outer learning rate" in " ".join(text.split())

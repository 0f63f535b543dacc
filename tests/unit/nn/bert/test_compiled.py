"""What compiled layers do where nothing is compiled; what is compiled is in tests/numerics."""

from __future__ import annotations

import pytest
import torch

from metabench.nn.bert.compiled import CompiledLayer, _form, _name, _reason
from metabench.nn.bert.layer import Drops, LayerFacts, Lying
from metabench.nn.bert.masks import Mask

FACTS = LayerFacts(2, 1e-12, 0.5, fused=False, rate=0.0)
NOTHING = Drops(None, None, None)
X = torch.rand(6, 4)
FULL = Lying(torch.ones(2, 3, dtype=torch.bool), None, None)


def form(x=X, drops=NOTHING, lying=FULL, facts=FACTS):
    return _form(x, drops, lying, facts)


def test_a_form_is_of_what_may_not_vary_and_not_of_rows_columns_or_numbers():
    keep, some = Mask(torch.ones(1), 1.0), torch.zeros(2, dtype=torch.int64)
    wider = Lying(torch.ones(5, 9, dtype=torch.bool), None, None)
    others = [
        form(X.double()), form(torch.rand(6, 8)), form(drops=Drops(keep, None, None)),
        form(drops=Drops(None, keep, None)), form(drops=Drops(None, None, keep)),
        form(lying=FULL._replace(places=some)), form(lying=FULL._replace(cls_positions=some)),
        form(facts=FACTS._replace(gelu="tanh")),
    ]  # fmt: skip
    with torch.autocast("cpu", dtype=torch.bfloat16):
        others.append(form())

    assert form(torch.rand(45, 4), lying=wider) == form()
    assert len({form(), *others}) == 1 + len(others)
    assert len({_name(one) for one in (form(), *others)}) == 1 + len(others)
    assert _name(form()).startswith("layer_")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("\n  first line \nsecond"), "RuntimeError: first line"),
        (ValueError(), "ValueError: "),
        (OSError("x" * 500), "OSError: " + "x" * 191),
    ],
)
def test_a_reason_is_the_kind_and_the_first_line_in_two_hundred_letters(error, reason):
    assert _reason(error) == reason


def test_a_compiler_that_is_not_there_is_a_failure_with_its_reason_told_once():
    layers = CompiledLayer("no-such-compiler")
    layers.check()
    first = layers.failure

    assert "no-such-compiler" in first
    assert (layers.holds, layers.uses) == (False, 0)
    layers.backend = "another"
    layers.check()
    assert layers.failure == first


def test_a_line_that_compiles_is_no_failure_and_holds_no_layer_yet():
    layers = CompiledLayer("eager")
    layers.check()

    assert (layers.failure, layers.holds, layers.uses) == ("", False, 0)

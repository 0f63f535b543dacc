"""A layer is compiled on made-up arguments: of the form of others, and the same for all of them."""

from __future__ import annotations

import pytest
import torch

from metabench.nn.bert.layer import PARAMETERS, Drops, LayerFacts, Lying, layer
from metabench.nn.bert.layer_example import Example
from metabench.nn.bert.masks import Mask

WIDTH, INNER, HEADS, ROWS, COLUMNS = 4, 6, 2, 3, 8
FACTS = LayerFacts(HEADS, 1e-12, 0.5, fused=False, rate=0.0)


def weights_of():
    sizes = {"query": WIDTH, "intermediate.dense": INNER}
    found = []
    for name in PARAMETERS:
        out = next((size for part, size in sizes.items() if part in name), WIDTH)
        inner = INNER if name.startswith("output.dense") else WIDTH
        vector = name.endswith("bias") or "LayerNorm" in name
        found.append(torch.rand(out) if vector else torch.rand(out, inner))
    return tuple(found)


def arguments(*, padded=True, cls_only=False, dropout=True, rows=ROWS, columns=COLUMNS):
    """Return what a layer is called with: rows of which each is a token shorter, if padded."""
    lengths = torch.tensor([columns - padded * row for row in range(rows)])
    mask = torch.arange(columns) < lengths[:, None]
    places = mask.flatten().nonzero().flatten()
    tokens, states = len(places), rows if cls_only else len(places)
    queries = 1 if cls_only else columns

    def drawn(*shape):
        return Mask(torch.rand(shape) < 0.9, 1.25) if dropout else None

    drops = Drops(drawn(rows, HEADS, queries, columns), drawn(states, WIDTH), drawn(states, WIDTH))
    lying = Lying(mask, places if padded else None,
                  lengths.cumsum(0) - lengths if cls_only else None)  # fmt: skip
    return torch.rand(tokens, WIDTH), drops, lying


FORMS = [(padded, cls_only, dropout) for padded in (True, False) for cls_only in (True, False)
         for dropout in (True, False)]  # fmt: skip


def example_of(weights, **form):
    x, drops, lying = arguments(**form)
    return Example.like(x, weights, drops, lying=lying, facts=FACTS)


@pytest.mark.parametrize(("padded", "cls_only", "dropout"), FORMS)
def test_an_example_has_29_rows_of_72_columns_each_two_tokens_shorter_where_there_is_padding(
    padded, cls_only, dropout
):
    found = example_of(weights_of(), padded=padded, cls_only=cls_only, dropout=dropout)
    lengths = [72 - 2 * padded * row for row in range(29)]
    starts = [sum(lengths[:row]) for row in range(29)]
    flat = [72 * row + column for row, length in enumerate(lengths) for column in range(length)]
    states = 29 if cls_only else sum(lengths)

    assert found.x.shape == (sum(lengths), WIDTH)
    assert found.lying.mask.shape == (29, 72)
    assert found.lying.mask.sum(1).tolist() == lengths
    assert (found.lying.places is None) is not padded
    if padded:
        assert found.lying.places.tolist() == flat
        assert len({29, 72, sum(lengths)}) == 3
    assert (found.lying.cls_positions is None) is not cls_only
    if cls_only:
        assert found.lying.cls_positions.tolist() == starts
    if not dropout:
        assert found.drops == (None, None, None)
        return
    shapes = [tuple(drop.keep.shape) for drop in found.drops]
    assert shapes == [(29, HEADS, 1 if cls_only else 72, 72), (states, WIDTH), (states, WIDTH)]
    assert all(bool(drop.keep.all()) and drop.scale == 1.25 for drop in found.drops)


def test_an_example_does_not_depend_on_the_numbers_or_the_size_of_what_it_is_like():
    weights = weights_of()
    one, other = example_of(weights), example_of(weights_of(), rows=2, columns=16)

    assert torch.equal(one.x, other.x)
    assert all(map(torch.equal, one.weights, other.weights))
    assert all(torch.equal(a.keep, b.keep) for a, b in zip(one.drops, other.drops, strict=True))
    assert [weight.shape for weight in one.weights] == [weight.shape for weight in weights]
    assert {value for weight in one.weights for value in weight.flatten().tolist()} == {
        torch.tensor(0.01).item()
    }
    assert (one.x.min().item(), one.x.max().item()) == (-1.0, 1.0)


@pytest.mark.parametrize(("padded", "cls_only", "dropout"), FORMS)
def test_its_gradient_is_that_of_the_layer_by_its_input_and_its_parameters(
    padded, cls_only, dropout
):
    found = example_of(weights_of(), padded=padded, cls_only=cls_only, dropout=dropout)
    out = layer(found.x, found.weights, found.drops, lying=found.lying, facts=FACTS)
    expected = torch.autograd.grad(out.sum(), (found.x, *found.weights))

    assert out.shape == (29 if cls_only else len(found.x), WIDTH)
    assert len(expected) == 1 + len(PARAMETERS)
    assert all(map(torch.equal, found.gradient(layer), expected))

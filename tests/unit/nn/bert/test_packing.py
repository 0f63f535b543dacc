"""Where the real tokens of a padded batch are, by going through its mask one by one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from metabench.nn.bert.packing import Packing

MASKS = {
    "right": [[1, 1, 1], [1, 0, 0], [1, 1, 0]],
    "left": [[0, 1, 1], [1, 1, 1], [0, 0, 1]],
    "none": [[1, 1], [1, 1]],
    "one": [[1]],
}


def packing_of(name, *, last=False, known=True):
    mask = torch.tensor(MASKS[name])
    batch = SimpleNamespace(attention_mask=mask, tokens=int(mask.sum()) if known else None)
    return Packing.of(batch, last=last), MASKS[name]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("name", MASKS)
def test_each_real_token_has_its_row_and_column(name, known):
    packing, mask = packing_of(name, known=known)
    found = [
        (row, column) for row, line in enumerate(mask) for column, real in enumerate(line) if real
    ]
    width = len(mask[0])

    assert (packing.rows, packing.width, packing.tokens) == (len(mask), width, len(found))
    assert list(zip(packing.row_of.tolist(), packing.columns.tolist(), strict=True)) == found
    whole = len(found) == len(mask) * width
    assert (packing.places is None, packing.hidden is None) == (whole, whole)
    if not whole:
        assert packing.places.tolist() == [row * width + column for row, column in found]
        assert packing.hidden.tolist() == [[not real for real in line] for line in mask]


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("name", MASKS)
def test_a_row_is_represented_by_its_first_or_its_last_token(name, last):
    packing, mask = packing_of(name, last=last)
    rows = packing.row_of.tolist()
    expected = [
        max(place for place, row in enumerate(rows) if row == number) if last
        else min(place for place, row in enumerate(rows) if row == number)
        for number in range(len(mask))
    ]  # fmt: skip

    assert packing.cls_positions.tolist() == expected


@pytest.mark.parametrize("name", MASKS)
def test_what_is_packed_and_spread_is_the_same_with_zeros_for_padding(name):
    packing, mask = packing_of(name)
    real = torch.tensor(mask)[..., None]
    values = torch.rand(len(mask), len(mask[0]), 2) + 1
    packed = packing.gather(values)
    mean = (values * real).sum(1) / real.sum(1)

    assert packed.shape == (packing.tokens, 2)
    assert torch.equal(packing.spread(packed), values * real)
    assert torch.allclose(packing.mean(packed), mean)


def test_rows_of_one_token_each_have_no_padding():
    single = packing_of("right")[0].single

    assert (single.rows, single.width, single.tokens, single.places) == (3, 1, 3, None)
    assert single.mask.tolist() == [[True]] * 3
    assert single.cls_positions.tolist() == [0, 1, 2]

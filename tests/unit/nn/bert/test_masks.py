"""Dropout masks are functions of their seed and site, and drop what they say."""

from __future__ import annotations

import pytest
import torch

from metabench.nn.bert.masks import Masks, dropped

CPU = torch.device("cpu")


def test_a_mask_can_be_drawn_again_and_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    masks = Masks(5, CPU)

    first, again = (masks.draw(3, (40, 7), rate=0.1) for _ in range(2))

    assert torch.equal(first.keep, again.keep)
    assert first.keep.shape == (40, 7)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize(
    ("site", "stays"), [(0, "011101011101011100110111"), (3, "010101011000010011000100")]
)
def test_the_mask_of_a_seed_and_a_site_is_pinned(site, stays):
    """Another one would change the numbers of every cell with dropout, whatever its key says."""
    mask = Masks(5, CPU).draw(site, (24,), rate=0.5)

    assert "".join(map(str, mask.keep.int().tolist())) == stays


def test_sites_and_seeds_have_masks_of_their_own():
    drawn = [
        Masks(seed, CPU).draw(site, (64,), rate=0.5).keep for seed in (1, 2) for site in (0, 1)
    ]

    assert len({tuple(keep.tolist()) for keep in drawn}) == 4


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.9])
def test_the_share_that_is_dropped_is_the_rate(rate):
    mask = Masks(11, CPU).draw(0, (1_000_003,), rate=rate)

    dropped_share = 1 - mask.keep.double().mean().item()

    assert dropped_share == pytest.approx(rate, abs=5 * (rate * (1 - rate) / 1e6) ** 0.5)
    assert mask.scale == pytest.approx(1 / (1 - rate), rel=2e-4)


def test_neighbours_are_dropped_independently():
    keep = Masks(13, CPU).draw(0, (1_000_000,), rate=0.5).keep.double() - 0.5

    for distance in (1, 2, 3, 4, 8):
        correlation = (keep[:-distance] * keep[distance:]).mean() / keep.var()
        assert abs(correlation.item()) < 5e-3


@pytest.mark.parametrize(("seed", "rate"), [(None, 0.1), (1, 0.0)])
def test_without_dropout_there_is_no_mask(seed, rate):
    assert Masks(seed, CPU).draw(0, (8,), rate=rate) is None
    values = torch.ones(3)
    assert dropped(values, None) is values


def test_what_stays_is_scaled_and_so_are_both_derivatives():
    mask = Masks(3, CPU).draw(0, (50,), rate=0.5)
    values = torch.arange(50.0, dtype=torch.float64).requires_grad_()
    expected = torch.where(mask.keep, 2.0, 0.0).double()

    (first,) = torch.autograd.grad((dropped(values, mask) ** 2).sum(), values, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), values)

    assert torch.equal(dropped(values, mask), values * expected)
    assert torch.equal(first, 2 * values * expected**2)
    assert torch.equal(second, 2 * expected**2)

"""Parts of a batch's masks are, put together, the masks of the batch."""

from __future__ import annotations

import pytest
import torch

from metabench.nn.bert.masks import Masks
from metabench.nn.passes.mask_parts import BatchMasks, MaskParts

MASKS = Masks(5, torch.device("cpu"))
ROWS, WIDTH, TOKENS = 6, 4, 17
PARTS = ((slice(0, 2), slice(0, 5)), (slice(2, 6), slice(5, 17)))


@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("states", {"width": 8}, (TOKENS, 8)),
        ("weights", {"heads": 3}, (ROWS, 3, WIDTH, WIDTH)),
        ("pooled", {"width": 8}, (ROWS, 8)),
    ],
)
def test_parts_put_together_are_what_is_drawn_at_once(name, arguments, shape):
    whole = BatchMasks(MASKS, ROWS, WIDTH, TOKENS)
    parts = [getattr(MaskParts(whole, *part), name)(2, **arguments, rate=0.3) for part in PARTS]

    drawn = MASKS.draw(2, shape, rate=0.3)
    expected = drawn.keep.flatten(0, 1) if name == "weights" else drawn.keep
    assert torch.equal(torch.cat([part.keep for part in parts]), expected)
    assert {part.scale for part in parts} == {drawn.scale}


def test_without_dropout_there_is_no_mask():
    whole = BatchMasks(Masks(None, torch.device("cpu")), ROWS, WIDTH, TOKENS)

    assert MaskParts(whole, *PARTS[0]).states(2, width=8, rate=0.3) is None

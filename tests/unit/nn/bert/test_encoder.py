"""What a forward pass of BERT leaves for its derivatives, counted by hand."""

from __future__ import annotations

import pytest

from metabench.testing import tiny_learner


@pytest.mark.parametrize("size", [4, 8])
def test_what_a_forward_pass_leaves_is_the_states_of_its_layers(size):
    """Tokens: four states and the inner one; with padding: queries, keys, values; attention."""
    bert = tiny_learner().bert
    config = tiny_learner().encoder.module.config
    width, inner, heads = config.hidden_size, config.intermediate_size, config.num_attention_heads
    tokens, rows, columns = 7, 2, 5

    found = bert.bytes_kept(tokens=tokens, rows=rows, width=columns, size=size, cls_only=False)

    of_tokens = tokens * (width + width + width + width + inner)
    of_places = 3 * (rows * columns * width) + heads * rows * columns**2
    assert found == config.num_hidden_layers * size * (of_tokens + of_places)
    assert (
        bert.bytes_kept(tokens=tokens, rows=rows, width=columns, size=size, cls_only=True) < found
    )

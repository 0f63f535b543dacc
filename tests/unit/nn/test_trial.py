"""What six tokens show of an encoder: its width, which way it reads, and whether padding counts."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from metabench.nn.trial import Trial, tried

WORDS = 30


def numbers(ids):
    """Return two numbers of each token, [rows, tokens, 2]."""
    return torch.stack([ids.double(), 0.5 * ids.double()], dim=-1)


def encoder(states, words=WORDS):
    """Return an encoder whose states are computed so from its tokens and mask."""

    class Encoder:
        config = SimpleNamespace(vocab_size=words)

        def __call__(self, *, input_ids, attention_mask):
            assert input_ids.min() >= 0
            assert input_ids.max() < words
            found = states(input_ids, attention_mask.unsqueeze(-1))
            return SimpleNamespace(last_hidden_state=found)

    return Encoder()


def sums(ids, mask):
    return (numbers(ids) * mask).cumsum(1)


def total(ids, mask):
    return numbers(ids) + (numbers(ids) * mask).sum(1, keepdim=True)


def first_sees_the_last(ids, mask):
    """Return states in which the first token alone knows a later one."""
    found = numbers(ids).clone()
    found[:, 0] += numbers(ids)[:, 5]
    return found


@pytest.mark.parametrize("words", [5, 8, 9, WORDS, 30_000])
@pytest.mark.parametrize(
    ("states", "causal"), [(sums, True), (total, False), (first_sees_the_last, False)]
)
def test_an_encoder_is_causal_where_no_token_sees_a_later_one(states, causal, words):
    assert tried(encoder(states, words)) == Trial(2, causal, "")


def padding_moves(share, token):
    """Return states of which padding moves one by a share of the largest."""

    def states(ids, mask):
        found = numbers(ids)
        if ids.shape[1] > 6:
            found[:, token, 0] += share * found[:, :6].abs().max()
        return found

    return states


@pytest.mark.parametrize("token", [0, 3, 5])
@pytest.mark.parametrize(("share", "fits"), [(0.0009, True), (0.0011, False), (-0.0011, False)])
def test_padding_may_move_no_state_by_more_than_a_thousandth_of_the_largest(share, fits, token):
    found = tried(encoder(padding_moves(share, token)))

    assert found.problem == ("" if fits else "computes other states for a text with padding")
    assert found.width == 2


def test_states_of_padding_itself_do_not_count():
    def states(ids, mask):
        return torch.where(mask.bool(), numbers(ids), 9.0)

    assert tried(encoder(states)) == Trial(2, causal=True, problem="")


@pytest.mark.parametrize(
    "states",
    [lambda ids, _: numbers(ids)[:, :4], lambda ids, _: numbers(ids)[:1], lambda ids, _: numbers(
        ids if ids.shape[1] > 6 else ids[:, :3])],
    ids=["fewer tokens", "fewer rows", "fewer tokens without padding"],
)  # fmt: skip
def test_an_encoder_with_other_than_one_state_for_each_token_is_told(states):
    assert tried(encoder(states)) == Trial(2, False, "has not one state for each token")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("padded", [True, False])
def test_states_that_are_not_finite_are_told_with_padding_or_without(value, padded):
    def states(ids, mask):
        found = numbers(ids)
        found[:, 2, 1] = value if padded == (ids.shape[1] > 6) else 0.0
        return found

    assert tried(encoder(states)) == Trial(2, False, "has states that are not finite")

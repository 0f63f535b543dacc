"""Streams: a name is all there is to a draw."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from metabench.seeding import Stream

parts = st.lists(st.one_of(st.integers(-(2**40), 2**40), st.text(max_size=8)), max_size=4)


def test_the_seed_is_the_hash_of_the_name():
    text = b'["metabench/rng/v1",7,"meta","tasks",3]'
    expected = int.from_bytes(hashlib.sha256(text).digest()[:8], "big") // 2

    assert Stream.root(7).child("meta", "tasks", 3).seed == expected


@given(first=parts, second=parts)
def test_streams_are_equal_exactly_when_their_names_are(first, second):
    one, other = Stream.root(0).child(*first), Stream.root(0).child(*second)

    assert (one.seed == other.seed) == (first == second)


@given(root=st.integers(0, 2**31 - 1), path=parts)
def test_a_child_of_a_child_is_called_by_the_whole_path(root, path):
    stepwise = Stream.root(root)
    for part in path:
        stepwise = stepwise.child(part)

    assert stepwise.seed == Stream.root(root).child(*path).seed
    assert 0 <= stepwise.seed < 2**63


def test_a_number_is_not_its_text():
    assert Stream.root(0).child(1).seed != Stream.root(0).child("1").seed


def test_equal_streams_draw_equally_and_a_stream_holds_no_position():
    stream = Stream.root(3).child("rows")

    assert stream.numpy().integers(1 << 30, size=8).tolist() == (
        stream.numpy().integers(1 << 30, size=8).tolist()
    )


def test_equal_streams_draw_equal_tensors():
    import torch

    stream = Stream.root(3).child("head")

    first, second = (torch.randn(8, generator=stream.torch()) for _ in range(2))

    assert torch.equal(first, second)


def test_the_global_generator_of_torch_is_left_alone():
    import torch

    before = torch.get_rng_state()
    torch.randn(8, generator=Stream.root(3).torch())

    assert torch.equal(torch.get_rng_state(), before)

"""What is kept is the most that fits, if the passes to come are like this one."""

from __future__ import annotations

import pytest

from metabench.nn.caching import (
    layers_held,
    layers_worked,
    most_that_fits,
    parts,
    uses_custom_backward,
    values_at_a_time,
)


@pytest.mark.parametrize(
    ("room", "passes", "kept", "left"),
    [
        (1000.0, 1, "backward", 780.0),  # both passes leave 2.2 times what forward leaves
        (1000.0, 8, "backward", 780.0),
        (1000.0, 9, "forward", 900.0),  # then for nine forward passes it would not last
        (100.0, 1, "forward", 0.0),
        (99.0, 1, "nothing", 99.0),
    ],
)
def test_the_most_that_fits_is_kept(room, passes, kept, left):
    assert most_that_fits(100.0, room=room, passes=passes) == (kept, pytest.approx(left))


def test_it_never_takes_more_room_than_there_is():
    room = 1000.0
    for passes in range(20, 0, -1):
        _, room = most_that_fits(90.0, room=room, passes=passes)
        assert room >= 0


def test_passes_go_through_fewer_rows_at_a_time_where_memory_is_what_was_asked_for():
    plain = values_at_a_time("cpu", way=None, keep="auto")

    assert values_at_a_time("cpu", way="exact", keep="fast") == plain
    assert values_at_a_time("cpu", way="central", keep="lean") == plain  # keep is of exact ones
    assert values_at_a_time("cpu", way="exact", keep="lean") < plain
    assert values_at_a_time("cpu", way="forward", keep="auto") < plain
    assert values_at_a_time("cuda", way=None, keep="auto") > plain


def test_numbers_at_a_time_are_those_of_the_device_and_halves_or_quarters_of_them():
    def found(device, way, keep):
        return values_at_a_time(device, way=way, keep=keep)

    cpu, gpu = 262_144, 8_388_608
    assert (found("cpu", None, "lean"), found("cuda", None, "lean")) == (cpu, gpu)
    assert found("mps", None, "auto") == gpu
    assert (found("cpu", "exact", "lean"), found("cuda", "exact", "lean")) == (cpu // 2, gpu // 2)
    assert (found("cpu", "forward", "lean"), found("cpu", "central", "lean")) == (cpu // 4, cpu)


@pytest.mark.parametrize("layers", [1, 3, 12])
def test_a_last_layer_of_first_tokens_keeps_a_quarter_and_works_a_sixth(layers):
    """Of the twelve square matrices (four of attention, eight of the rest) two see all tokens."""
    assert layers_held(layers, cls_only=False) == layers_worked(layers, cls_only=False) == layers
    assert layers_held(layers, cls_only=True) == pytest.approx(layers - 1 + 1 / 4)
    assert layers_worked(layers, cls_only=True) == pytest.approx(layers - 1 + 2 / 12)


@pytest.mark.parametrize(
    ("rows", "values", "expected"),
    [(8, 100, 1), (8, 101, 2), (8, 200, 2), (8, 201, 3), (2, 1000, 2), (1, 1000, 1), (8, 0, 1),
     (0, 100, 1)],
)  # fmt: skip
def test_rows_are_parted_where_their_numbers_are_too_many_and_a_row_is_never_split(
    rows, values, expected
):
    assert parts(rows, values=values, most=100) == expected


@pytest.mark.parametrize(
    ("way", "device", "autocast", "expected"),
    [
        (None, "cpu", False, False), (None, "cuda", False, False), ("exact", "cpu", True, True),
        ("exact", "cuda", True, True), ("central", "cpu", False, True),
        ("central", "cpu", True, False), ("forward", "cuda", False, False),
        ("forward", "cuda", True, False),
    ],
)  # fmt: skip
def test_our_passes_are_for_exact_products_and_for_differences_on_a_cpu_in_full_precision(
    way, device, autocast, expected
):
    assert uses_custom_backward(way, device, autocast=autocast) is expected

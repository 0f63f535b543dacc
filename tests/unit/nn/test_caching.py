"""What is kept is the most that fits, if the passes to come are like this one."""

from __future__ import annotations

import pytest

from metabench.nn.caching import most_that_fits, values_at_a_time


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

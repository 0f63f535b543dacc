"""Laws of the progress: one line per change, and a time left that is arithmetic."""

import pytest

from metabench.api.events import CellEnded, CellStarted, Progressed, RunEnded, RunStarted
from metabench.cli.views.progress import live_progress, plain_progress
from metabench.cli.views.text import aligned
from metabench.frontend.pace import Pace

EVENTS = [
    RunStarted("runs/x", done=1, planned=2),
    CellStarted("a", "meta-a"),
    Progressed("a", "meta", 5, 10, {"query_loss": 0.5}),
    CellEnded("a", "meta-a", "ok", 12.0),
    CellStarted("b", "adapt-b"),
    CellEnded("b", "adapt-b", "diverged", 1.0, message="the loss is not finite"),
    RunEnded("runs/x", {"ok": 1, "diverged": 1}),
]


def test_there_is_a_line_for_each_cell_that_ends_and_none_for_a_step(capsys):
    with plain_progress(Pace({"a": 3.0, "b": 1.0}, clock=lambda: 0.0)) as show:
        for event in EVENTS:
            show(event)
    captured = capsys.readouterr()

    assert captured.out == ""
    assert captured.err.splitlines() == [
        "2 cells to run, 1 done",
        "done    meta-a, 12 s (1/2, about 4.0 s left)",
        "FAILED  adapt-b: diverged: the loss is not finite",
        "1 diverged, 1 ok",
    ]


def test_nothing_to_do_is_said(capsys):
    with plain_progress(Pace({}, clock=lambda: 0.0)) as show:
        show(RunStarted("runs/x", done=7, planned=0))

    assert capsys.readouterr().err == "nothing left to do: 7 cells done\n"


def test_what_is_skipped_is_counted_and_not_listed(capsys):
    with plain_progress(Pace({}, clock=lambda: 0.0)) as show:
        show(CellEnded("a", "adapt-a", "skipped", 0.0, message="a cell that it needs has failed"))
        show(RunEnded("runs/x", {"skipped": 90}))

    assert capsys.readouterr().err == "90 skipped\n"


def test_names_and_messages_cannot_act_on_the_terminal(capsys):
    with plain_progress(Pace({}, clock=lambda: 0.0)) as show:
        show(CellEnded("a", "[/red]\x1b[31m", "error", 1.0, message="\r\x07"))

    assert capsys.readouterr().err == "FAILED  [/red]\\x1b[31m: error: \\r\\x07\n"


def test_the_live_display_ends_with_the_same_lines(capsys, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    with live_progress(Pace({"a": 3.0, "b": 1.0}, clock=lambda: 0.0)) as show:
        for event in [*EVENTS, CellEnded("z", "[/red]", "error", 1.0, message="[/x]")]:
            show(event)
    err = capsys.readouterr().err

    assert "done    meta-a, 12 s (1/2, about 4.0 s left)" in err
    assert "FAILED  adapt-b: diverged: the loss is not finite" in err
    assert "FAILED  [/red]: error: [/x]" in err


@pytest.fixture
def timed():
    """Return a pace of two meta cells and two adapt cells, and its clock, a list of one number."""
    now = [0.0]
    stages = {"m1": "meta", "m2": "meta", "a1": "adapt", "a2": "adapt"}
    costs = {"m1": 10.0, "m2": 10.0, "a1": 10.0, "a2": 10.0}
    pace = Pace(costs, clock=lambda: now[0], stages=stages)
    pace.count(RunStarted("x", done=0, planned=4))
    return pace, now


def test_each_stage_goes_on_at_the_rate_that_was_measured_in_it(timed):
    pace, now = timed
    for key, seconds in (("m1", 100.0), ("a1", 10.0)):
        pace.count(CellStarted(key, key))
        now[0] += seconds
        pace.count(CellEnded(key, key, "ok", seconds))

    # A meta cell takes 100 s and an adapt cell 10 s, although their costs are equal.
    assert pace.seconds_left == pytest.approx(100 + 10)


def test_cells_that_run_at_once_share_the_time_left(timed):
    pace, now = timed
    for key in ("m1", "m2"):
        pace.count(CellStarted(key, key))
        pace.count(Progressed(key, "meta", 1, 10))
    now[0] = 50.0
    for key in ("m1", "m2"):
        pace.count(Progressed(key, "meta", 5, 10))

    # Half of both in 50 s, so 10 s for each unit of work; 30 units are left for two at a time.
    assert pace.share == pytest.approx(10 / 40)
    assert pace.seconds_left == pytest.approx(30 * 10 / 2)
    assert pace.steps_per_second("m1") == pytest.approx(4 / 50)


def test_a_cell_that_is_tried_again_has_not_ended(timed):
    pace, _ = timed
    pace.count(CellStarted("m1", "m1"))
    pace.count(CellEnded("m1", "m1", "error", 5.0))
    assert (pace.ended, pace.share) == (1, 0.25)

    pace.count(CellStarted("m1", "m1"))
    assert (pace.ended, pace.share) == (0, 0.0)


def test_too_little_work_says_nothing_of_the_time_left():
    pace = Pace({"a": 1000.0}, clock=lambda: 1.0)
    pace.count(RunStarted("x", done=0, planned=1))
    pace.count(CellStarted("a", "a"))
    pace.count(Progressed("a", "meta", 1, 1000))

    assert pace.seconds_left is None


def test_columns_are_aligned():
    assert list(aligned([("a", "bc"), ("abc", "d")])) == ["a    bc", "abc  d"]
    assert list(aligned([])) == []

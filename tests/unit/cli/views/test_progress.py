"""Laws of the progress: one line per change, and a time left that is arithmetic."""

import pytest

from metabench.api.events import CellEnded, CellStarted, Progressed, RunEnded, RunStarted
from metabench.cli.views.pace import Pace
from metabench.cli.views.progress import live_progress, plain_progress
from metabench.cli.views.text import aligned

EVENTS = [
    RunStarted("runs/x", done=1, planned=2),
    CellStarted("a", "meta-a"),
    Progressed("a", "meta", 5, 10, {"query_loss": 0.5}),
    CellEnded("a", "meta-a", "ok", 12.0),
    CellStarted("b", "adapt-b"),
    CellEnded("b", "adapt-b", "diverged", 1.0, message="the loss is not finite"),
    RunEnded("runs/x", {"ok": 1, "diverged": 1}),
]


class Clock:
    """Seconds that go on by ten whenever somebody looks."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        self.seconds += 10
        return self.seconds


def test_there_is_a_line_for_each_change_and_none_for_a_step(capsys):
    with plain_progress(Pace({"a": 3.0, "b": 1.0}, clock=lambda: 0.0)) as show:
        for event in EVENTS:
            show(event)
    captured = capsys.readouterr()

    assert captured.out == ""
    assert captured.err.splitlines() == [
        "2 cells to run, 1 done",
        "start   meta-a",
        "done    meta-a, 12 s (1/2)",
        "start   adapt-b",
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

    assert "done    meta-a, 12 s (1/2)" in err
    assert "FAILED  adapt-b: diverged: the loss is not finite" in err
    assert "FAILED  [/red]: error: [/x]" in err


def test_the_time_left_goes_by_the_work_that_is_done():
    clock = Clock()
    pace = Pace({"a": 3.0, "b": 1.0}, clock=clock)
    pace.count(RunStarted("x", done=0, planned=2))  # at 20 s
    pace.count(CellStarted("a", "a"))
    pace.count(Progressed("a", "meta", 5, 10))

    assert pace.share == pytest.approx(1.5 / 4)
    # Now it is 30 s: 1.5 of 4 in 10 seconds, 2.5 are left.
    assert pace.seconds_left == pytest.approx(10 * 2.5 / 1.5)


def test_too_little_work_says_nothing_of_the_time_left():
    pace = Pace({"a": 1000.0}, clock=Clock())
    pace.count(RunStarted("x", done=0, planned=1))
    pace.count(CellStarted("a", "a"))
    pace.count(Progressed("a", "meta", 1, 1000))

    assert pace.seconds_left is None


def test_columns_are_aligned():
    assert list(aligned([("a", "bc"), ("abc", "d")])) == ["a    bc", "abc  d"]
    assert list(aligned([])) == []

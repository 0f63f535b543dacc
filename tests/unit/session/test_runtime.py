"""How long a cell may take, what is tried again, and who hears the alarm."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest

from metabench.errors import CellTimeoutError
from metabench.plugin.guard import guarded
from metabench.session.cell.watchdog import Watch
from metabench.session.runner.queue import CellQueue
from metabench.session.runtime import Limits


@pytest.fixture
def log(tmp_path):
    with (tmp_path / "log.txt").open("ab") as file:
        yield file


@pytest.fixture
def written(tmp_path):
    return (tmp_path / "log.txt").read_text


def endless():
    while True:
        with suppress(Exception):  # as a careless plugin has it
            time.sleep(0.001)


@pytest.mark.parametrize(
    ("limits", "taken", "silent", "said", "left"),
    [
        (Limits(), 1e9, 7199.0, "", 1.0),
        (Limits(), 1e9, 7200.0, "has not done a step for 7200 seconds", 0.0),
        (Limits(60.0), 59.0, 1.0, "", 1.0),
        (Limits(60.0), 60.0, 1.0, "took longer than 60 seconds", 0.0),
        (Limits(60.0, 10.0), 20.0, 4.0, "", 6.0),
        (Limits(60.0, 10.0), 99.0, 99.0, "took longer than 60 seconds", 0.0),
    ],
)
def test_a_limit_is_reached_or_so_far_away(limits, taken, silent, said, left):
    assert limits.exceeded(taken=taken, silent=silent) == said
    assert limits.left(taken=taken, silent=silent) == pytest.approx(left)


def test_an_endless_loop_is_ended_and_where_it_was_is_written_down(log, written):
    before = signal.getsignal(signal.SIGALRM)
    with (
        pytest.raises(CellTimeoutError, match=r"took longer than 0\.2 seconds") as caught,
        Watch(Limits(0.2), log, cell="meta-maml-s0"),
    ):
        endless()

    assert caught.value.where == "meta-maml-s0"
    assert "--retry-failed" in caught.value.hint
    assert "in endless" in written()
    assert "took longer than 0.2 seconds; all stacks" in written()
    assert signal.getsignal(signal.SIGALRM) == before


def test_an_alarm_that_somebody_swallows_comes_again(log):
    swallowed = []

    def careless():
        try:
            endless()
        except BaseException as alarm:  # noqa: BLE001  (as no plugin should)
            swallowed.append(alarm)
        endless()

    with pytest.raises(CellTimeoutError), Watch(Limits(0.1), log, cell="a cell"):
        careless()
    assert len(swallowed) == 1


def test_an_alarm_within_a_guarded_hook_is_not_the_hooks_fault(log):
    with pytest.raises(CellTimeoutError), Watch(Limits(0.1), log, cell="a cell"):
        guarded(endless)


def test_steps_keep_the_alarm_away(log, written):
    with Watch(Limits(hang_seconds=0.3), log, cell="a cell") as watch:
        for _ in range(8):
            time.sleep(0.1)
            watch.beat()

    assert "all stacks" not in written()
    with (
        pytest.raises(CellTimeoutError, match="has not done a step"),
        Watch(Limits(hang_seconds=0.3), log, cell="a cell"),
    ):
        endless()


def test_somebody_elses_timer_goes_on_afterwards(log):
    heard = []
    before = signal.signal(signal.SIGALRM, lambda *_: heard.append(time.monotonic()))
    timer = signal.setitimer(signal.ITIMER_REAL, 0.2)
    began = time.monotonic()
    with Watch(Limits(60.0), log, cell="a cell"):
        time.sleep(0.05)
    left, _ = signal.getitimer(signal.ITIMER_REAL)
    while not heard and time.monotonic() - began < 5:
        time.sleep(0.01)
    signal.signal(signal.SIGALRM, before)
    signal.setitimer(signal.ITIMER_REAL, *timer)

    assert heard
    assert heard[0] - began >= 0.19
    assert left <= 0.15  # what had gone by is taken off


def test_outside_the_main_thread_nothing_is_watched(log):
    ended = []

    def work():
        with Watch(Limits(0.05), log, cell="a cell"):
            time.sleep(0.2)
        ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert ended == [True]


def a_cell(key="a"):
    return SimpleNamespace(key=key, needs=())


@pytest.mark.parametrize(
    ("status", "again"),
    [
        ("out_of_memory", True),
        ("timeout", True),
        ("plugin_error", True),
        ("interrupted", True),
        ("error", True),
        ("diverged", False),
        ("invalid_metric", False),
        ("data_error", False),
        ("inexact", False),
        ("unavailable", False),
    ],
)
def test_what_may_pass_is_tried_again_and_nothing_else(status, again, monkeypatch):
    monkeypatch.setattr("metabench.session.runner.queue._rank", lambda cell: cell.key)
    cell = a_cell()
    queue = CellQueue([cell], (), retries=2)

    tries = 0
    while queue.take() is not None:
        tries += 1
        assert queue.attempt("a") == tries
        queue.again(cell, status)

    assert tries == (3 if again else 1)

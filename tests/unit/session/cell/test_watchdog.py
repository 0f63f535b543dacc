"""A cell that takes too long is ended by an alarm, and other people's alarms go on afterwards."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from metabench.errors import CellTimeoutError
from metabench.plugin.guard import Overdue
from metabench.session.cell.watchdog import Watch
from metabench.session.runtime import Limits


@pytest.fixture(autouse=True)
def _own_timer():
    """Take away what limits the time of a test meanwhile."""
    handler, timer = signal.getsignal(signal.SIGALRM), signal.setitimer(signal.ITIMER_REAL, 0)
    yield
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, *timer)


@pytest.fixture
def log(tmp_path):
    """An open log file."""
    with (tmp_path / "log.txt").open("wb") as file:
        yield file


def wait(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.002)


@pytest.mark.parametrize(
    ("limits", "said"),
    [(Limits(0.05, 60), "longer than"), (Limits(60, 0.05), "has not done a step")],
    ids=["the whole", "a step"],
)
def test_what_takes_too_long_is_ended_with_its_stacks_in_the_log(log, limits, said):
    began = time.monotonic()
    with pytest.raises(CellTimeoutError, match=said) as caught, Watch(limits, log, cell="cell 1"):
        wait(20)

    assert 0.05 <= time.monotonic() - began < 10
    assert caught.value.where == "cell 1"
    log.flush()
    first, *stacks = Path(log.name).read_text().splitlines()
    assert first == f"{caught.value.problem}; all stacks, the innermost call first:"
    assert any(f'"{__file__}", line' in line and "in wait" in line for line in stacks)


def test_steps_that_come_in_time_let_it_go_on(log):
    with Watch(Limits(None, 0.2), log, cell="cell") as watch:
        for _ in range(8):
            wait(0.05)
            watch.beat()

    assert log.tell() == 0


def test_an_alarm_that_is_swallowed_comes_again(log, monkeypatch):
    monkeypatch.setattr("metabench.session.cell.watchdog._AGAIN", 0.02)

    def swallow(alarms):
        for _ in range(alarms):
            with suppress(Overdue):
                wait(20)
        wait(20)

    with (
        pytest.raises(CellTimeoutError, match="longer than"),
        Watch(Limits(0.02, 60), log, cell="cell"),
    ):
        swallow(3)

    log.flush()
    assert Path(log.name).read_text().count("all stacks") == 1  # told once


def test_a_signal_has_the_stacks_of_all_threads_written_to_the_log_while_a_cell_runs(log):
    done = threading.Event()

    def somewhere_else():
        done.wait(20)

    thread = threading.Thread(target=somewhere_else)
    thread.start()
    with Watch(Limits(60, 60), log, cell="cell"):
        os.kill(os.getpid(), signal.SIGUSR1)
    done.set()
    thread.join()
    written = Path(log.name).read_text()

    assert "Current thread" in written
    assert "somewhere_else" in written


def test_another_error_within_stays_what_it_is(log):
    with pytest.raises(ZeroDivisionError, match="mine"), Watch(Limits(60, 60), log, cell="cell"):
        raise ZeroDivisionError("mine")


def test_the_timer_and_the_handler_from_before_are_there_again(log):
    rang = []
    signal.signal(signal.SIGALRM, lambda *_: rang.append(time.monotonic()))
    began = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.25)
    with Watch(Limits(60, 60), log, cell="cell"):
        wait(0.1)
        inside = list(rang)
    left, _ = signal.getitimer(signal.ITIMER_REAL)
    wait(0.3)

    assert inside == []
    assert 0 < left <= 0.16
    assert len(rang) == 1
    assert rang[0] - began >= 0.24


def test_without_a_timer_from_before_none_is_left(log):
    with Watch(Limits(60, 60), log, cell="cell"):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 50

    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_outside_of_the_main_thread_there_is_no_watch(log):
    ended = []

    def work():
        with Watch(Limits(0.01, 0.01), log, cell="cell"):
            wait(0.05)
        ended.append(signal.getitimer(signal.ITIMER_REAL))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert ended == [(0.0, 0.0)]

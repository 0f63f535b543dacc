"""A signal asks once politely; the exit code is the signal's."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from metabench.errors import StoppedError
from metabench.session.runner.signals import Stopping

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


def ask(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", CODES)
def test_the_first_signal_is_noted_and_says_how_the_run_ends(number, capfd):
    before = signal.getsignal(number)
    with Stopping(["metabench", "run", "my file.toml"]) as stopping:
        assert not stopping.requested()
        stopping.end()
        ask(number)
        assert stopping.requested()
        stopping.note(StoppedError("stopped after step 2 of 5", where="meta-maml-s0"))
        with pytest.raises(StoppedError, match="meta-maml-s0: stopped after step 2 of 5") as caught:
            stopping.end()

    assert caught.value.exit_code == CODES[number]
    assert caught.value.hint == "resume with: metabench run 'my file.toml'"
    assert "once more stops at once" in capfd.readouterr().err
    assert signal.getsignal(number) == before


def test_another_process_that_cancels_is_asked_once_a_second_and_ends_the_run(monkeypatch):
    asked, now = [], [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def cancelled():
        asked.append(now[0])
        return now[0] >= 101

    with Stopping(["metabench", "run"], cancelled=cancelled) as stopping:
        for now[0] in (100.0, 100.5, 100.9):
            assert not stopping.requested()
        stopping.end()
        now[0] = 101.5
        assert stopping.requested()
        assert stopping.requested()
        with pytest.raises(StoppedError, match=r"^cancelled by `metabench cancel`; stopped"):
            stopping.end()

    assert asked == [100.0, 101.5]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (signal.SIGINT, KeyboardInterrupt),
        (signal.SIGTERM, SystemExit),
        (signal.SIGHUP, SystemExit),
    ],
)
def test_the_second_signal_stops_at_once(number, kind):
    with Stopping() as stopping:
        ask(number)
        assert stopping.requested()
        with pytest.raises(kind) as caught:
            ask(number)

    if kind is SystemExit:
        assert caught.value.code == CODES[number]


def test_a_plugin_that_takes_the_handler_loses_it_at_the_next_step():
    with Stopping() as stopping:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        assert not stopping.requested()
        ask(signal.SIGINT)
        assert stopping.requested()


def test_a_signal_that_was_ignored_before_stays_so_as_nohup_wants_it():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Stopping() as stopping:
            ask(signal.SIGHUP)
            assert not stopping.requested()
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            ask(signal.SIGTERM)
            assert stopping.requested()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_terminal_that_is_gone_cannot_be_told_and_does_not_matter():
    kept = os.dup(2)
    os.close(2)
    try:
        with Stopping() as stopping:
            ask(signal.SIGHUP)
            assert stopping.requested()
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def test_between_two_cells_there_is_no_step_to_name():
    with Stopping() as stopping:
        ask(signal.SIGTERM)
        with pytest.raises(StoppedError, match="stopped between two cells"):
            stopping.end()


def test_in_another_thread_nobody_listens():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work():
        with Stopping() as stopping:
            seen.append((signal.getsignal(signal.SIGINT) == before, stopping.requested()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [(True, False)]

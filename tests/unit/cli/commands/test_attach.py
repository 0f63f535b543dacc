"""`metabench attach` follows a run until no process works on it, and tells how it ended."""

import threading
import time

from metabench.cli.commands import attach
from metabench.cli.main import main


def test_a_run_that_has_ended_shows_its_state_and_its_leaderboard(make_run, monkeypatch, capsys):
    store = make_run()
    monkeypatch.chdir(store.folder.parent.parent)
    main(["attach", "demo"])
    shown = capsys.readouterr().out

    assert main(["status", "demo"]) == 0
    assert shown.startswith(capsys.readouterr().out)
    assert main(["compare", "demo"]) == 0
    assert capsys.readouterr().out.splitlines()[0] in shown.splitlines()


def test_it_waits_until_the_last_process_has_ended(make_run, monkeypatch, capsys):
    store = make_run()
    monkeypatch.chdir(store.folder.parent.parent)
    monkeypatch.setattr(attach, "_PAUSE_SECONDS", 0.01)
    working, ended = threading.Event(), []

    def work():
        with store.join("text", "resolved", store.run()):
            working.set()
            time.sleep(0.3)
            ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    working.wait(10)
    main(["attach", "demo"])

    assert ended
    thread.join()
    shown = capsys.readouterr().out
    assert "works on it since" in shown
    assert "demo: runs/demo: no active process" in shown


def test_cells_that_are_not_done_are_the_exit_code(make_run, monkeypatch):
    store = make_run()
    monkeypatch.chdir(store.folder.parent.parent)
    assert not all(cell.result for cell in store.cells())

    assert main(["attach", "demo"]) == 1

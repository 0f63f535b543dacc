"""`metabench cancel` stops every process of a run, and removes its request."""

import re
import threading
import time

from metabench.cli.main import main
from metabench.store.processes import is_cancelled, request_cancel


def test_a_run_that_nobody_works_on_is_not_asked(make_run, monkeypatch, capsys):
    store = make_run()
    monkeypatch.chdir(store.folder.parent.parent)

    assert main(["cancel", "demo"]) == 0
    assert capsys.readouterr().out == "demo: no active process\n"
    assert not (store.folder / "processes").exists()


def test_it_waits_until_the_last_process_has_stopped(make_run, monkeypatch, capsys):
    store = make_run()
    monkeypatch.chdir(store.folder.parent.parent)
    working, ends = threading.Event(), []

    def work():
        with store.join("text", "resolved", store.run()):
            working.set()
            while not is_cancelled(store.folder):
                time.sleep(0.01)
            time.sleep(0.1)
            ends.append("saved")

    thread = threading.Thread(target=work)
    thread.start()
    working.wait(10)
    code = main(["cancel", "demo"])

    assert (code, ends) == (0, ["saved"])
    thread.join()
    first, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"process \d+ on .+ stops after its step", first)
    assert last == "demo: stopped; the next `metabench run` resumes it"
    assert not is_cancelled(store.folder)


def test_a_run_that_starts_anew_forgets_an_old_request_and_one_that_joins_does_not(make_run):
    store = make_run()
    request_cancel(store.folder)
    with store.join("text", "resolved", store.run()):
        assert not is_cancelled(store.folder)
        request_cancel(store.folder)
        with store.join("text", "resolved", store.run()):
            assert is_cancelled(store.folder)


def test_a_link_is_no_request(make_run, tmp_path):
    store = make_run()
    (tmp_path / "elsewhere").write_text("")
    (store.folder / "processes").mkdir(exist_ok=True)
    (store.folder / "processes" / "CANCEL").symlink_to(tmp_path / "elsewhere")

    assert not is_cancelled(store.folder)


def test_the_folder_of_no_run_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["cancel", "demo"]) == 5
    assert "error: there is no run 'demo'" in capsys.readouterr().err

"""`metabench watch` shows the scores of a run as they are, and ends when nobody works on it."""

import re

from metabench.cli.main import main


def test_a_run_that_nobody_works_on_is_shown_once(make_run, monkeypatch, capsys):
    monkeypatch.chdir(make_run().folder.parent.parent)

    assert main(["watch", "demo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "demo: scores"
    assert any(re.match("Joint +•61.0", line) for line in lines)
    assert lines[-1] == "23 of 27 cells done, 1 failed, 3 waiting"


def test_a_run_that_grows_is_shown_again_until_no_process_works_on_it(
    make_run, monkeypatch, capsys
):
    store = make_run()
    (late,) = (use for use in store.run().uses if (use.cell.startswith("bert-rte-2")))
    result = store.result(late.cell)
    (store.cell_folder(late.cell) / "result.json").unlink()
    monkeypatch.chdir(store.folder.parent.parent)
    with store.join("text", "resolved", store.run()):
        looks = []

        def pause(seconds):
            looks.append(seconds)
            if len(looks) == 1:
                store.commit_result(late.cell, result)
            if len(looks) > 2:
                raise KeyboardInterrupt

        monkeypatch.setattr("time.sleep", pause)
        main(["watch", "demo", "--every", "0.5"])
    text = capsys.readouterr().out

    assert looks == [0.5, 0.5, 0.5]
    assert [line.partition(" cells")[0] for line in text.splitlines() if " cells done" in line] == [
        "22 of 27",
        "23 of 27",
    ]

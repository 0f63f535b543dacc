"""Laws of a leaderboard in a notebook."""

from __future__ import annotations

import builtins
import csv
import io

import rich.console

import metabench


def test_names_from_outside_cannot_act_on_the_page(make_study):
    name = "<script>alert(1)</script>\x1b[31m"
    page = metabench.load(make_study({(name, "rte"): {0: 0.5}}).folder).leaderboard()._repr_html_()

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[31m" in page


def test_the_table_of_a_notebook_has_the_numbers_of_the_leaderboard(make_run):
    board = metabench.load(make_run().folder).leaderboard()
    page = board._repr_html_()

    assert page.count("<table>") == 3  # scores, differences to the baseline, cost
    assert "<th>Joint</th><td><b>61.0 ± 1.0</b></td>" in page
    assert "<th>Reptile</th>" in page


def test_a_board_prints_as_the_command_does(make_run):
    board = metabench.load(make_run().folder).leaderboard()

    assert repr(board).startswith("demo: scores\n")
    assert next(csv.DictReader(io.StringIO(board.text("csv"))))["mean"] == "0.52"
    assert board.value.rows[0].method == board.means.index[0]
    assert board.conclusion == board.value.conclusion


def test_a_board_is_the_same_text_in_a_notebook(make_run, monkeypatch):
    """rich shows a notebook what it is asked to write elsewhere, unless it is told not to."""
    board = metabench.load(make_run().folder).leaderboard()
    text = repr(board)
    shell = type("ZMQInteractiveShell", (), {})
    monkeypatch.setattr(builtins, "get_ipython", shell, raising=False)

    assert rich.console.Console().is_jupyter
    assert repr(board) == text

"""Laws of `metabench advise`: the width and cost of larger runs, from a pilot."""

import json

import pytest

from metabench.cli.main import main


@pytest.fixture
def pilot(predicted):
    """Return the folder of a run of two methods, two tasks and four meta seeds."""
    store, _ = predicted()
    return str(store.folder)


def test_the_advice_fits_80_columns_and_ends_with_the_setting(pilot, capsys):
    assert main(["advise", pilot, "--budget", "1h", "--effect", "30"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert max(map(len, lines)) <= 80
    assert lines[0] == "Difference to BERT on the average, standard deviations in points:"
    assert any(line.startswith("this run") for line in lines)
    assert any(line.startswith("in 1 h 00 min") for line in lines)
    assert any(line.startswith("finds 30 points") for line in lines)
    assert any(line.startswith("In the benchmark file: seeds.meta = ") for line in lines)


def test_json_has_the_same_numbers(pilot, capsys):
    assert main(["advise", pilot, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert (found["baseline"], found["run"]["seeds"]) == ("BERT", 4)
    assert list(found["advised"]) == ["finds 1 points"]
    assert found["variance"]["seeds"] > 0


@pytest.mark.parametrize("time", ["0h", "40", "h", "1e3h", "-1h", "40 weeks"])
def test_a_budget_is_a_time_with_its_unit(pilot, capsys, time):
    assert main(["advise", pilot, "--budget", time]) == 2
    assert f"{time!r} is no time such as 90min, 40h or 2d" in capsys.readouterr().err


def test_a_budget_below_three_seeds_is_said(pilot, capsys):
    assert main(["advise", pilot, "--budget", "1s"]) == 0
    out = capsys.readouterr().out

    assert "none: not with 3 meta seeds" in out
    assert "In the benchmark file" not in out


def test_a_baseline_that_is_not_there_is_refused(pilot, capsys):
    assert main(["advise", pilot, "--baseline", "Brt"]) == 2
    assert "Brt" in capsys.readouterr().err

"""Laws of finding benchmark files and run folders."""

from pathlib import Path

import pytest

from metabench.errors import NothingMatchedError, UsageError
from metabench.frontend.places import find_benchmark, find_run, newest_run, shipped_benchmarks


def test_the_quickstart_ships_and_is_found_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert find_benchmark("quickstart") == shipped_benchmarks()["quickstart"]
    assert find_benchmark("quickstart.toml").is_file()


def test_a_shipped_benchmark_is_found_by_the_last_part_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert find_benchmark("inner_loop") == shipped_benchmarks()["paper/inner_loop"]
    assert find_benchmark("paper/inner_loop") == find_benchmark("inner_loop.toml")


def test_a_file_of_published_numbers_is_no_benchmark(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert not any("dou2019" in name for name in shipped_benchmarks())
    with pytest.raises(UsageError, match="there is no benchmark file 'published/dou2019'"):
        find_benchmark("published/dou2019")


def test_a_misspelt_last_part_is_answered_with_the_whole_name():
    with pytest.raises(UsageError, match="inner_lop") as caught:
        find_benchmark("inner_lop")

    assert "did you mean 'paper/inner_loop'" in caught.value.hint


def test_a_file_that_is_there_wins_over_one_that_ships(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quickstart.toml").write_text("")

    assert find_benchmark("quickstart.toml").resolve() == tmp_path / "quickstart.toml"


def test_a_folder_is_no_benchmark_file(tmp_path):
    with pytest.raises(UsageError, match="is a folder"):
        find_benchmark(str(tmp_path))


def test_hidden_folders_and_folders_without_a_note_are_no_runs(tmp_path):
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "run.json").write_text("{}")
    (tmp_path / "half").mkdir()

    with pytest.raises(NothingMatchedError, match="there is no run in"):
        newest_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("mina.toml", "did you mean 'mine.toml'?"),
        ("mina", "did you mean 'mine.toml'?"),
        ("part/oter.toml", "did you mean 'part/other.toml'?"),
        ("away/mine.toml", "there is no folder 'away'; name an existing TOML file"),
        ("zzz", "name a TOML file (mine.toml in that folder), or one that `metabench list bench"),
    ],
)
def test_a_missing_file_is_answered_with_one_like_it_or_with_what_is_there(
    name, hint, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "part").mkdir()
    for file in ("mine.toml", "part/other.toml"):
        (tmp_path / file).write_text("")

    with pytest.raises(UsageError, match="there is no benchmark file") as caught:
        find_benchmark(name)

    assert caught.value.hint.startswith(hint)


def test_a_folder_that_is_no_run_is_told_apart_from_one_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()

    with pytest.raises(NothingMatchedError, match=r"data: is no run folder") as caught:
        find_run("data", runs=Path("runs"))
    assert caught.value.hint == "there is none in 'runs'; name the folder of runs with --runs DIR"

    for run in ("mine", "theirs"):
        (tmp_path / "runs" / run).mkdir(parents=True)
        (tmp_path / "runs" / run / "run.json").write_text("{}")
    with pytest.raises(NothingMatchedError, match=r"data: is no run folder") as caught:
        find_run("data", runs=Path("runs"))
    assert caught.value.hint.startswith("name one of mine, theirs, or a folder of runs")


def test_a_run_that_is_named_by_its_benchmark_file_is_recognised(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.json").write_text("{}")

    with pytest.raises(NothingMatchedError, match=r"no run 'mine\.toml'") as caught:
        find_run("mine.toml", runs=tmp_path)

    assert caught.value.hint == "did you mean 'mine'?"

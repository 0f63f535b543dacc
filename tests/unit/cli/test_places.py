"""Laws of finding benchmark files and run folders."""

import pytest

from metabench.cli.places import find_benchmark, newest_run, shipped_benchmarks
from metabench.errors import NothingMatchedError, UsageError


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

"""A folder in the hub's layout is read by its README.md, and what is wrong with that is named."""

from __future__ import annotations

import time

import pytest

from metabench.errors import DataError
from metabench.tasks import mirror
from metabench.tasks.mirror import split_files


def folder_with(folder, front):
    (folder / "README.md").write_text(f"---\n{front}\n---\n")
    return folder


def test_the_files_of_a_split_are_those_that_its_pattern_names(tmp_path):
    for name in ("b.parquet", "a.parquet", "other.parquet"):
        (tmp_path / name).touch()
    front = "configs:\n- config_name: default\n  data_files: '[ab].parquet'"

    files = split_files(folder_with(tmp_path, front), None)

    assert [file.name for file in files["train"]] == ["a.parquet", "b.parquet"]


@pytest.mark.parametrize(
    ("front", "problem"),
    [
        ("configs: [", "the front matter of README.md cannot be read: "),
        ("configs: 3", "cannot read 'configs': "),
        ("configs:\n- data_files: x", "cannot read 'configs': 'config_name'"),
        ("title: x", "no configuration 'two'; README.md lists none"),
        ("configs:\n- config_name: one\n  data_files: '*.parquet'", "no configuration 'two'"),
        (
            "configs:\n- config_name: two\n  data_files: 'x.parquet'",
            r"no file matches 'x\.parquet'",
        ),
        (
            "configs:\n- config_name: two\n  data_files: '../../*'",
            r"no file matches '\.\./\.\./\*'",
        ),
        ("configs:\n- config_name: two\n  data_files: '/etc/passwd'", "no file matches '/etc/p"),
        (f"configs:\n- config_name: two\n  data_files: {'x' * 300}", "no file matches 'xxx"),
        ("configs:\n- config_name: [two]\n  data_files: x", "expected a text, found list"),
        ("configs:\n- config_name: two\n  data_files: [[[x]]]", "cannot read 'configs': "),
        ("a: 2001-99-99\nconfigs: 3", "the front matter of README.md cannot be read: "),
        (f"a: {'x' * 2**20}", "is larger than 1 MiB"),
    ],
)
def test_what_is_wrong_with_a_folder_is_named_with_a_way_out(tmp_path, front, problem):
    with pytest.raises(DataError, match=problem) as caught:
        split_files(folder_with(tmp_path, front), "two")
    assert str(tmp_path) in caught.value.where
    assert "from the hub" in caught.value.hint
    assert "\n" not in caught.value.problem


def test_a_description_that_is_no_text_is_named(tmp_path):
    (tmp_path / "README.md").write_bytes(b"---\n\xff\n---\n")

    with pytest.raises(DataError, match=r"cannot be read: .* invalid start byte"):
        split_files(tmp_path, None)


def test_a_value_that_is_used_many_times_is_refused(tmp_path):
    lists = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    front = f"l0: &l0 [x]\n{lists}configs:\n- config_name: *l29\n  data_files: x"

    with pytest.raises(DataError, match="line 1 has an anchor"):
        split_files(folder_with(tmp_path, front), None)


def test_a_pattern_of_many_stars_is_not_looked_for(tmp_path):
    deep = tmp_path.joinpath(*"abcdefghijkl")
    deep.mkdir(parents=True)
    for name in "abcdefgh":
        (deep / f"{name}.csv").touch()
    once = f"configs:\n- config_name: default\n  data_files: '{'**/'}a.csv'"
    often = f"configs:\n- config_name: default\n  data_files: '{'**/' * 12}a.csv'"
    found = split_files(folder_with(tmp_path, once), None)
    start = time.process_time()
    with pytest.raises(DataError, match="no file matches"):
        split_files(folder_with(tmp_path, often), None)

    assert found["train"] == (deep / "a.csv",)
    assert time.process_time() - start < 1.0


def test_the_files_of_a_split_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(mirror, "MOST_FILES", 3)
    for number in range(4):
        (tmp_path / f"{number}.parquet").touch()
    front = "configs:\n- config_name: default\n  data_files: '*.parquet'"

    with pytest.raises(DataError, match="holds more than 3 files"):
        split_files(folder_with(tmp_path, front), None)


def test_one_of_several_configurations_has_to_be_named(tmp_path):
    (tmp_path / "a.csv").touch()
    front = "configs:" + "".join(
        f"\n- config_name: {name}\n  data_files: a.csv" for name in ("en", "de")
    )

    with pytest.raises(DataError, match="there are 2 configurations, and none is the d") as caught:
        split_files(folder_with(tmp_path, front), None)
    assert caught.value.hint == "set config to one of 'en', 'de'"
    assert list(split_files(tmp_path, "de")) == ["train"]

"""A path that no file can have, or that leads to none, is refused at once and in our words."""

from __future__ import annotations

import os
import time

import pytest

from metabench.errors import DataError, MetabenchError
from metabench.plugin.catalog import load_catalog
from metabench.spec.reading.load import load_benchmark
from metabench.tasks.definition import complete_card
from metabench.tasks.encoder import model_identity
from metabench.tasks.hub import Hub, user_path

FILE = """
schema = 1
name = "own"
[model]
id = "embedded/encoder"
weights = "random"
[tasks]
target = ["own"]
[[tasks.define]]
name = "own"
train = "{path}"
scored_fraction = 0.5
format = "csv"
text = ["sentence"]
[seeds]
meta = [0]
[[methods]]
id = "BERT"
algorithm = "finetune"
[compare]
baselines = []
"""
HOSTILE = [
    "~nobody-of-that-name/x", "~", "/dev/zero", "/dev/stdin", "/proc/self/mem",
    "../../../../dev/zero", "http://localhost/x.csv", "file:///etc/passwd", "a" * 300,
    "a/" * 900, "\\u0000", "a\\u0000b",
    "pipe", "folder", "loop", "nowhere",
]  # fmt: skip


@pytest.fixture
def place(tmp_path):
    """A folder with what is no file in it."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    return tmp_path


def read_own_task(path):
    benchmark = load_benchmark(path, catalog=load_catalog())
    complete_card(benchmark.own_tasks["own"], ("train",), hub=Hub(offline=True))


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path[:20])
def test_a_file_of_rows_that_is_none_is_refused_within_a_second(place, path):
    (place / "own.toml").write_text(FILE.format(path=path))
    started = time.process_time()

    with pytest.raises(MetabenchError, match=r"own.toml:11: tasks.define\[0\].train"):
        read_own_task(place / "own.toml")
    assert time.process_time() - started < 1


@pytest.mark.parametrize("path", [*HOSTILE, "a\0b"], ids=lambda path: path[:20])
@pytest.mark.parametrize("mirror", [False, True])
def test_an_encoder_that_is_none_is_refused(place, monkeypatch, path, mirror):
    monkeypatch.chdir(place)
    hub = Hub(place if mirror else None, offline=True)

    with pytest.raises(
        DataError,
        match=r"is not on this machine|is not in the mirror|no encoder|there is no folder",
    ):
        model_identity(path, revision=None, weights="random", hub=hub)


def test_a_home_that_is_known_is_meant_by_a_tilde(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))

    assert user_path("~/rows.csv") == tmp_path / "rows.csv"
    assert str(user_path("~nobody-of-that-name/x")) == "~nobody-of-that-name/x"

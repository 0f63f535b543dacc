"""Rows of the hub come from the files of one commit, whatever else a cache holds."""

from __future__ import annotations

import shutil
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants

from metabench.api.task import HubSource, TaskCard
from metabench.data.rows import load_rows
from metabench.errors import DataError
from metabench.plan.cell import TaskUse
from metabench.tasks import snapshot
from metabench.tasks.hub import Hub

COMMIT = "a" * 40
CARD = TaskCard(
    name="own/task", title="Own", source=HubSource(id="own/data"), text=("sentence",),
    labels=("no", "yes"), metrics=("accuracy",), splits={"train": 4, "test": 2}, scored="test",
    summary="s", licence="l", citation="c",
)  # fmt: skip
USE = TaskUse(CARD, "target", "train", "test", "", 4, 2)


def write(folder: Path, labels: tuple[str, ...]) -> None:
    """Write a dataset in two parts and a test split; of each part one example has each label."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for part, label in enumerate(labels):
        rows = f"sentence,label\na {part},{label}\nb {part},no\n"
        (folder / "data" / f"train-{part:05}-of-00002.csv").write_text(rows)
    (folder / "data" / "test-00000-of-00001.csv").write_text("sentence,label\nc,no\nd,yes\n")
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n"
        "    path: data/train-*\n  - split: test\n    path: data/test-*\n---\n"
    )
    (folder / "other.csv").write_text("no,rows\n")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The hub's cache with one commit, as huggingface_hub leaves it: links to blobs."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    folder = tmp_path / "hub" / "datasets--own--data"
    write(folder / "blobs", ("yes", "yes"))
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT)
    here = folder / "snapshots" / COMMIT
    (here / "data").mkdir(parents=True)
    for file in sorted((folder / "blobs" / "data").iterdir()):
        (here / "data" / file.name).symlink_to(file)
    (here / "README.md").symlink_to(folder / "blobs" / "README.md")
    return folder


def labels() -> list[int]:
    return load_rows(USE, "train", hub=Hub(offline=True)).labels.tolist()


def test_rows_are_those_of_the_files_at_each_reading(cache):
    assert labels() == [1, 0, 1, 0]

    write(cache / "blobs", ("no", "yes"))
    assert labels() == [0, 0, 1, 0]


def test_a_part_that_was_not_downloaded_is_no_smaller_split(cache):
    (cache / "snapshots" / COMMIT / "data" / "train-00001-of-00002.csv").unlink()

    with pytest.raises(DataError, match="dataset 'own/data' is not on this machine"):
        labels()
    assert len(load_rows(USE, "scored", hub=Hub(offline=True))) == 2


def test_with_a_network_the_files_of_the_configuration_alone_are_downloaded(
    tmp_path, cache, monkeypatch
):
    there, fetched = tmp_path / "there", []
    write(there, ("yes", "no"))
    shutil.rmtree(cache / "snapshots")
    names = [path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()]

    def download(_: str, name: str, *, revision: str, repo_type: str) -> str:
        assert (revision, repo_type) == (COMMIT, "dataset")
        place = cache / "snapshots" / COMMIT / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(there / name, place)
        fetched.append(name)
        return str(place)

    monkeypatch.setattr(snapshot, "network_answers", lambda: True)
    monkeypatch.setattr(snapshot, "hub_commit", lambda *_, **__: COMMIT)
    monkeypatch.setattr(
        huggingface_hub.HfApi, "list_repo_files", lambda *_, **__: [*names, "../out", "/etc/x"]
    )
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)

    assert load_rows(USE, "train", hub=Hub()).labels.tolist() == [1, 0, 0, 0]
    assert sorted(fetched) == [
        "README.md",
        "data/test-00000-of-00001.csv",
        "data/train-00000-of-00002.csv",
        "data/train-00001-of-00002.csv",
    ]


def test_a_download_that_fails_names_the_dataset(cache, monkeypatch):
    def fail(*_: object, **__: object) -> list[str]:
        raise ConnectionError("cut off")

    monkeypatch.setattr(snapshot, "network_answers", lambda: True)
    monkeypatch.setattr(snapshot, "hub_commit", lambda *_, **__: COMMIT)
    monkeypatch.setattr(huggingface_hub.HfApi, "list_repo_files", fail)

    with pytest.raises(DataError, match="'own/data' cannot be loaded: cut off"):
        load_rows(USE, "train", hub=Hub())
    assert cache.is_dir()

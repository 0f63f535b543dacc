"""Commits from the hub's local cache; no test asks the network."""

import pytest
from huggingface_hub import constants

from metabench.errors import DataError
from metabench.tasks.commit import hub_commit
from metabench.tasks.hub import Hub

COMMIT, OTHER = "a" * 40, "b" * 40


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "datasets--own--data"
    (folder / "snapshots" / COMMIT).mkdir(parents=True)
    return folder


def commit(revision):
    return hub_commit("dataset", "own/data", revision, hub=Hub(offline=True))


def test_a_reference_in_the_cache_names_the_commit(cache):
    (cache / "snapshots" / OTHER).mkdir()
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(OTHER)
    (cache / "refs" / "v1").write_text(COMMIT)

    assert commit(None) == OTHER
    assert commit("v1") == COMMIT


def test_the_only_snapshot_in_the_cache_is_the_commit(cache):
    assert commit(None) == commit(COMMIT) == COMMIT


@pytest.mark.parametrize("revision", [OTHER, "v2"])
def test_a_revision_that_is_not_in_the_cache_is_missing(cache, revision):
    with pytest.raises(DataError, match="dataset 'own/data' is not on this machine"):
        commit(revision)


def test_two_snapshots_and_no_reference_leave_the_commit_open(cache):
    (cache / "snapshots" / OTHER).mkdir()

    with pytest.raises(DataError, match="the network is switched off"):
        commit(None)

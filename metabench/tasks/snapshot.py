"""The files of a hub dataset in the cache of the hub, at one commit."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from metabench.errors import DataError
from metabench.tasks.commit import hub_commit, network_answers
from metabench.tasks.mirror import split_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metabench.api.task import HubSource
    from metabench.tasks.hub import Hub

__all__ = ["dataset_snapshot"]

_CARDS = {"README.md", ".huggingface.yaml", "dataset_infos.json"}
_SHARD = re.compile(r"(.*-)(\d{5})-of-(\d{5})(.*)")


def dataset_snapshot(source: HubSource, split: str, *, hub: Hub) -> Path:
    """Return the folder with the files of a split at the source's commit.

    The files of all splits are downloaded if there is a network; otherwise local files are used.

    Raises:
        DataError: neither network nor cache has them.
    """
    commit = hub_commit("dataset", source.id, source.revision, hub=hub)
    if not hub.offline and network_answers():
        try:
            return _downloaded(source, commit)
        except DataError:
            raise
        except Exception as error:
            reason = str(error).strip().partition("\n")[0] or repr(error)
            raise DataError(
                f"dataset {source.id!r} cannot be loaded: {reason}",
                hint="name an offline mirror with --hub DIR or METABENCH_HUB, or try again",
            ) from error
    folder = _cache_of(source) / "snapshots" / commit
    if not folder.is_dir() or not _complete(split_files(folder, source.config).get(split, ())):
        raise hub.missing("dataset", source.id)
    return folder


def _cache_of(source: HubSource) -> Path:
    from huggingface_hub import constants  # noqa: PLC0415  (light until the hub is needed)

    return Path(constants.HF_HUB_CACHE) / f"datasets--{source.id.replace('/', '--')}"


def _complete(files: Iterable[Path]) -> bool:
    """Return whether there is a file, and of each numbered series every part."""
    names = {file.name for file in files}
    series = [found for found in map(_SHARD.fullmatch, names) if found]
    return bool(names) and all(
        f"{found[1]}{part:05}-of-{found[3]}{found[4]}" in names
        for found in series
        for part in range(int(found[3]))
    )


def _downloaded(source: HubSource, commit: str) -> Path:
    """Return the folder of a commit with the files of the configuration; no others are needed."""
    from huggingface_hub import HfApi, hf_hub_download  # noqa: PLC0415

    listed = HfApi().list_repo_files(source.id, repo_type="dataset", revision=commit)
    names = [name for name in listed if ".." not in PurePosixPath(name).parts and name[:1] != "/"]
    folder = _cache_of(source) / "snapshots" / commit
    for name in _CARDS & set(names):
        hf_hub_download(source.id, name, repo_type="dataset", revision=commit)
    for files in split_files(folder, source.config, names=names).values():
        for file in files:
            name = file.relative_to(folder).as_posix()
            hf_hub_download(source.id, name, repo_type="dataset", revision=commit)
    return folder

"""A clone of a repository in the mirror: no dataset of the hub, its files named by the task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from metabench.api.task import HubSource
    from metabench.tasks.hub import Hub

__all__ = ["clone_files", "missing_file", "source_folder"]

_SPLIT = "{split}"


def clone_files(folder: Path, pattern: str) -> Mapping[str, tuple[Path, ...]]:
    """Return the file of each split in a folder.

    Args:
        folder: that of the clone.
        pattern: the file of a split, with ``{split}`` for its name.
    """
    before, _, after = pattern.partition(_SPLIT)
    files = [file for file in sorted(folder.glob(f"{before}*{after}")) if file.is_file()]
    names = (file.relative_to(folder).as_posix() for file in files)
    splits = (name.removeprefix(before).removesuffix(after) for name in names)
    return {split: (file,) for split, file in zip(splits, files, strict=True)}


def source_folder(source: HubSource, *, hub: Hub) -> Path | None:
    """Return the folder of a dataset; None where it is on the hub.

    Raises:
        DataError: it is a clone, and the mirror has none.
    """
    folder = hub.dataset_folder(source.id)
    if folder is None and source.files is not None:
        place = f"in the mirror {str(hub.mirror)!r}" if hub.mirror else "on this machine"
        raise DataError(f"dataset {source.id!r} is not {place}", hint=_how_to_clone(source))
    return folder


def missing_file(source: HubSource, split: str, *, folder: Path) -> DataError:
    """Return the error for the file of a split that a clone lacks."""
    file = folder / (source.files or _SPLIT).replace(_SPLIT, split)
    return DataError("the file is missing", where=str(file), hint=_how_to_clone(source))


def _how_to_clone(source: HubSource) -> str:
    return (
        f"clone {source.url} to datasets/{source.id} in a mirror, and name the mirror with"
        " --hub DIR or METABENCH_HUB"
    )

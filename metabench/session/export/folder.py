"""The target folder of an export: replaced only where allowed, complete or absent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from safetensors import SafetensorError

from metabench.errors import StoreError, UsageError
from metabench.store.atomic import new_folder
from metabench.store.folder import Folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["beside", "check_target", "is_models_file"]

_OURS = {
    "README.md", "config.json", "model.safetensors", "classifier.safetensors", "predict.py",
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.txt", "vocab.json", "merges.txt",
}  # fmt: skip


def is_models_file(path: Path) -> bool:
    """Return whether an export of a model may hold a file, named from the export's folder."""
    return path.name in _OURS and len(path.parts) == 1


def check_target(
    folder: Path, *, force: bool, ours: Callable[[Path], bool] = is_models_file
) -> Path:
    """Return the folder of an export, resolved.

    Args:
        folder: the target folder.
        force: whether an earlier export there may be replaced.
        ours: returns whether a file, given relative to that folder, may be from an earlier export.

    Raises:
        UsageError: it cannot be created, or holds something that may not be replaced.
    """
    target = folder.resolve()
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {str(folder.parent)!r}", hint="make it first")
    if not target.exists():
        return target
    if not target.is_dir():
        raise UsageError(f"{str(folder)!r} is a file", hint="name a folder")
    there = sorted(path for path in target.rglob("*") if path.is_symlink() or not path.is_dir())
    held = [path.relative_to(target) for path in there]
    foreign = [path.as_posix() for path in held if not ours(path)]
    if foreign and force:
        raise UsageError(
            f"{str(folder)!r} holds {foreign[0]!r}, which no export wrote",
            hint="name another folder; --force replaces an earlier export and nothing else",
        )
    if held and not force:
        raise UsageError(
            f"{str(folder)!r} is not empty",
            hint="name another folder, or replace an earlier export with --force",
        )
    return target


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Yield a temporary folder next to ``target``; its remains are always removed.

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
    """
    try:
        with new_folder(Folder(target.parent), target.name) as name:
            yield target.with_name(name)
    except (OSError, SafetensorError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise StoreError(
            f"cannot be written: {reason}",
            where=str(target),
            hint="free some space, or name another folder",
        ) from error

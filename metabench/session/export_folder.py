"""Where an export goes: what may be replaced there, and nothing half-written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from safetensors import SafetensorError

from metabench.errors import StoreError, UsageError
from metabench.results.commit import make_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["beside", "check_target"]

_OURS = {
    "README.md", "config.json", "model.safetensors", "classifier.safetensors", "predict.py",
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.txt", "vocab.json", "merges.txt",
}  # fmt: skip


def check_target(folder: Path, *, force: bool) -> Path:
    """Return the folder of an export, resolved.

    Raises:
        UsageError: it cannot be made, or it holds something that may not be replaced.
    """
    target = folder.resolve()
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {str(folder.parent)!r}", hint="make it first")
    if not target.exists():
        return target
    if not target.is_dir():
        raise UsageError(f"{str(folder)!r} is a file", hint="name a folder")
    held = sorted(path.name for path in target.iterdir())
    if held and not force:
        raise UsageError(
            f"{str(folder)!r} is not empty",
            hint="name another folder, or replace an earlier export with --force",
        )
    foreign = [name for name in held if name not in _OURS]
    if foreign:
        raise UsageError(
            f"{str(folder)!r} holds {foreign[0]!r}, which no export wrote",
            hint="name another folder; --force replaces an earlier export and nothing else",
        )
    return target


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Yield a new folder beside ``target``; what is left of it goes, whatever happens.

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
    """
    folder = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        make_folder(folder)
        yield folder
    except (OSError, SafetensorError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise StoreError(
            f"cannot be written: {reason}",
            where=str(target),
            hint="free some space, or name another folder",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)

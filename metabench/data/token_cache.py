"""Arrays on disk as safetensors with their sha256; damaged files count as absent."""

from __future__ import annotations

import errno
import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from metabench.errors import StoreError
from metabench.store.atomic import commit_file
from metabench.store.folder import Folder
from metabench.store.problems import NotOwnError, store_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["read_arrays", "write_arrays"]


def read_arrays(
    cache: Path, name: str, names: Sequence[str], *, most: int
) -> Mapping[str, npt.NDArray[np.int32]] | None:
    """Return the arrays of a file; None where it is missing, damaged or not one of ours.

    Args:
        cache: the folder that holds it.
        name: the file.
        names: those of its arrays.
        most: bytes of the file, at most.

    Raises:
        StoreError: the folder is a link.
    """
    try:
        with _folder(cache).opened() as here:
            data = here.read(name, most=most)
        arrays = load(data)
        wanted = _noted(data)
    except NotOwnError as error:
        if error.errno != errno.ELOOP:
            return None
        raise store_error(error, cache / name) from error
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RecursionError):
        return None
    sound = sorted(arrays) == sorted(names) and all(
        array.dtype == np.int32 and array.ndim == 1 for array in arrays.values()
    )
    return arrays if sound and _digest(arrays) == wanted else None


def write_arrays(cache: Path, name: str, arrays: Mapping[str, npt.NDArray[np.int32]]) -> None:
    """Write arrays durably; where the disk does not take them, there is no cache, and no error.

    Raises:
        StoreError: the folder is a link.
    """
    data = save(dict(arrays), metadata={"sha256": _digest(arrays)})
    try:
        commit_file(_folder(cache), name, data)
    except StoreError as error:
        if isinstance(error.__cause__, NotOwnError) and error.__cause__.errno == errno.ELOOP:
            raise


def _folder(cache: Path) -> Folder:
    """Return the cache, to be opened from the folder of runs, which a user named."""
    return Folder(cache.parent) / cache.name


def _noted(data: bytes) -> str | None:
    """Return the sha256 that the header of a safetensors file notes."""
    end = 8 + int.from_bytes(data[:8], "little")
    noted: str | None = json.loads(data[8:end]).get("__metadata__", {}).get("sha256")
    return noted


def _digest(arrays: Mapping[str, npt.NDArray[np.int32]]) -> str:
    content = hashlib.sha256()
    for name in sorted(arrays):
        content.update(f"{name} {arrays[name].shape}\n".encode())
        content.update(np.ascontiguousarray(arrays[name]).data)
    return content.hexdigest()

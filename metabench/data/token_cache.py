"""Arrays on disk as safetensors with their sha256; what cannot be trusted counts as not there."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from metabench.errors import StoreError
from metabench.store.atomic import commit_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["read_arrays", "write_arrays"]


def read_arrays(path: Path, names: Sequence[str]) -> Mapping[str, npt.NDArray[np.int32]] | None:
    """Return the arrays of a file; None where it is missing, damaged or not one of ours."""
    try:
        with safe_open(path, framework="numpy") as file:
            wanted = (file.metadata() or {}).get("sha256")
            if sorted(file.keys()) != sorted(names):
                return None
            arrays = {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError, ValueError):
        return None
    sound = all(array.dtype == np.int32 and array.ndim == 1 for array in arrays.values())
    return arrays if sound and _digest(arrays) == wanted else None


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[np.int32]]) -> None:
    """Write arrays durably; where the disk does not take them, there is no cache, and no error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        commit_bytes(path, save(dict(arrays), metadata={"sha256": _digest(arrays)}))
    except (OSError, StoreError):
        return


def _digest(arrays: Mapping[str, npt.NDArray[np.int32]]) -> str:
    content = hashlib.sha256()
    for name in sorted(arrays):
        content.update(f"{name} {arrays[name].shape}\n".encode())
        content.update(np.ascontiguousarray(arrays[name]).data)
    return content.hexdigest()

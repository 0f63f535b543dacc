"""The configuration of an encoder, from its folder or from the hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from metabench.tasks.weights import read_object

if TYPE_CHECKING:
    from metabench.tasks.hub import Hub

__all__ = ["encoder_config"]


def encoder_config(
    id: str,  # noqa: A002  (the hub's own word)
    *,
    revision: str | None,
    hub: Hub,
) -> dict[str, Any]:
    """Return the content of an encoder's ``config.json``; empty where it is not available.

    Raises:
        DataError: the file is in a folder and cannot be read.
    """
    folder = hub.model_folder(id)
    if folder is not None:
        file = folder / "config.json"
        return read_object(file) if file.is_file() else {}
    from huggingface_hub import hf_hub_download  # noqa: PLC0415  (light until it is needed)

    try:
        return read_object(
            Path(
                hf_hub_download(id, "config.json", revision=revision, local_files_only=hub.offline)
            )
        )
    except Exception:  # noqa: BLE001  (whatever fails, nothing is known)
        return {}

"""What an encoder is, without loading it: a hash over config, tokenizer and weights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from metabench.errors import DataError
from metabench.fingerprint import fingerprint
from metabench.tasks.commit import hub_commit
from metabench.tasks.mirror import file_hash

if TYPE_CHECKING:
    from pathlib import Path

    from metabench.tasks.hub import Hub

__all__ = ["model_identity", "tokenizer_identity"]

_TOKENIZER_FILES = (
    "added_tokens.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "special_tokens_map.json",
    "spiece.model",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
)


def model_identity(
    id: str,  # noqa: A002  (the hub's own word)
    *,
    revision: str | None,
    weights: str,
    hub: Hub,
) -> str:
    """Return the hash of an encoder: files by their sha256, the hub by its commit.

    With ``weights="random"`` the weights file does not count and need not be there.

    Raises:
        DataError: the encoder cannot be had, lacks a file, or wants to run code of its own.
    """
    folder = hub.model_folder(id)
    if folder is None:
        commit = hub_commit("model", id, revision, hub=hub)
        return fingerprint({"hub": id, "commit": commit, "weights": weights})
    _check_config(folder)
    files = ["config.json", *_TOKENIZER_FILES]
    if weights != "random":
        files += _weight_files(folder)
    return fingerprint(_hashes(folder, files))


def tokenizer_identity(folder: Path) -> str:
    """Return the hash of a folder's tokenizer files.

    Raises:
        DataError: there is none.
    """
    hashes = _hashes(folder, list(_TOKENIZER_FILES))
    if not hashes:
        raise DataError(
            "holds no tokenizer", where=str(folder), hint="add tokenizer.json beside config.json"
        )
    return fingerprint(hashes)


def _hashes(folder: Path, names: list[str]) -> dict[str, str]:
    return {name: file_hash(folder / name) for name in names if (folder / name).is_file()}


def _check_config(folder: Path) -> None:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"no encoder: config.json cannot be read ({error})",
            where=str(folder),
            hint="give model.id a hub id, or a folder that transformers has saved",
        ) from error
    if "auto_map" in config:
        raise DataError(
            "config.json asks to run code that comes with the encoder, which metabench never does",
            where=str(folder),
            hint="choose an encoder that transformers knows",
        )


def _weight_files(folder: Path) -> list[str]:
    if (folder / "model.safetensors").is_file():
        return ["model.safetensors"]
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        shards = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return [index.name, *sorted(set(shards))]
    raise DataError(
        "holds no weights (model.safetensors)",
        where=str(folder),
        hint='set model.weights = "random" to build the encoder from its config, or add the file',
    )

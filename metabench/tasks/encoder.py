"""The identity of an encoder without loading it: a hash of config, tokenizer and weights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metabench.errors import DataError
from metabench.fingerprint import fingerprint
from metabench.tasks.architectures import USABLE
from metabench.tasks.commit import hub_commit
from metabench.tasks.mirror import file_hash
from metabench.tasks.weights import LARGEST_TOKENIZER, check_weights, read_object, refuse_large

if TYPE_CHECKING:
    from pathlib import Path

    from metabench.tasks.hub import Hub

__all__ = ["check_encoder", "model_identity"]

_SUFFIX = ".safetensors"
_PLAIN = re.compile(r"[\w-][\w.-]{0,200}\.safetensors", re.ASCII)
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

    With ``weights="random"`` the weights file is ignored and need not exist.

    Raises:
        DataError: the encoder is not available, lacks a file, or requires remote code.
    """
    folder = hub.model_folder(id)
    if folder is None:
        commit = hub_commit("model", id, revision, hub=hub)
        return fingerprint({"hub": id, "commit": commit, "weights": weights})
    _check_config(folder)
    if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        raise DataError(  # transformers would make one that knows no word
            "holds no tokenizer", where=str(folder), hint="add tokenizer.json next to config.json"
        )
    files = ["config.json", *_TOKENIZER_FILES]
    if weights != "random":
        files += _shards(folder)
        _whole_numbers(folder)
    return fingerprint(_hashes(folder, files))


def check_encoder(folder: Path, *, weights: str) -> frozenset[str]:
    """Check an encoder's folder before it is loaded; none of its code is ever run.

    Returns the names of its tensors that hold no real numbers.

    Raises:
        DataError: it lacks a file, requires remote code, or its weights are not safetensors.
    """
    _check_config(folder)
    return frozenset() if weights == "random" else _whole_numbers(folder)


def _hashes(folder: Path, names: list[str]) -> dict[str, str]:
    return {name: file_hash(folder / name) for name in names if (folder / name).is_file()}


def _check_config(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise DataError(
            "no encoder: config.json cannot be read, for it is not there",
            where=str(folder),
            hint="give model.id a hub id, or a folder that transformers has saved",
        )
    if (folder / "adapter_config.json").exists():
        raise DataError(
            "holds an adapter, which names another encoder to be loaded with it",
            where=str(folder),
            hint="merge the adapter into its encoder and save that",
        )
    kind = read_object(folder / "config.json").get("model_type")
    for name in ("config.json", "tokenizer_config.json"):
        if not (folder / name).exists() or "auto_map" not in read_object(folder / name):
            continue
        if kind not in USABLE:  # else transformers has the architecture, and its own code is run
            raise DataError(
                f"{name} asks to run code that comes with the encoder, which metabench never does",
                where=str(folder),
                hint="choose an encoder that transformers knows",
            )
    for name in _TOKENIZER_FILES:
        refuse_large(folder / name, LARGEST_TOKENIZER)


def _whole_numbers(folder: Path) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for name in _shards(folder):
        if not (folder / name).is_file():
            raise DataError(
                f"lacks the file {name!r}, which its index names",
                where=str(folder),
                hint="copy that file too",
            )
        if name.endswith(_SUFFIX):
            found |= check_weights(folder / name)
    return found


def _shards(folder: Path) -> list[str]:
    if (folder / "model.safetensors").is_file():
        return ["model.safetensors"]
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        raise DataError(
            "holds no weights (model.safetensors)",
            where=str(folder),
            hint='set model.weights = "random" to build the encoder from its config, or add the'
            " file",
        )
    listed = read_object(index).get("weight_map")
    shards: set[str] = set()
    for name in listed.values() if isinstance(listed, dict) else [None]:
        if not isinstance(name, str) or not _PLAIN.fullmatch(name):
            raise DataError(
                f"names {name!r}, which is no safetensors file next to it",
                where=str(index),
                hint="copy the file again, or choose another encoder",
            )
        shards.add(name)
    return [index.name, *sorted(shards)]
